package prepare

import (
	appsv1 "k8s.io/api/apps/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// KeepMetadata is for kinds whose /status writes nothing but the status. For the others labels, annotations, finalizers and owners are written
// with it, a grown habit of upstream that clients rely on.
func KeepMetadata[P metav1.Object](obj, old P) { metav1.ResetObjectMetaForStatus(obj, old) }

// DeploymentStatusUpdate keeps the labels.
func DeploymentStatusUpdate(d, old *appsv1.Deployment) { d.Labels = old.Labels }

// FlowSchemaStatusUpdate keeps all of the metadata but who manages what; the resourceVersion is kept too, so no write of a status meets a conflict.
func FlowSchemaStatusUpdate(f, old *flowcontrolv1.FlowSchema) {
	keepAllMetadata(&f.ObjectMeta, &old.ObjectMeta)
}

// PriorityLevelStatusUpdate is like FlowSchemaStatusUpdate.
func PriorityLevelStatusUpdate(p, old *flowcontrolv1.PriorityLevelConfiguration) {
	keepAllMetadata(&p.ObjectMeta, &old.ObjectMeta)
}

func keepAllMetadata(meta, old *metav1.ObjectMeta) {
	managers := meta.ManagedFields
	old.DeepCopyInto(meta)
	meta.ManagedFields = managers
}
