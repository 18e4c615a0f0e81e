package columns

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// templateColumns are the wide columns of a workload: what runs, and how it is selected.
func templateColumns[T any, P object[T]](spec func(*T) *corev1.PodSpec, selected func(*T) *metav1.LabelSelector) []Column {
	columns := []Column{
		wide(text[T, P]("Containers", "Names of the containers.", func(obj *T) string { return containerNames(spec(obj).Containers) })),
		wide(text[T, P]("Images", "Images of the containers.", func(obj *T) string { return containerImages(spec(obj).Containers) })),
	}
	if selected != nil {
		columns = append(columns, wide(text[T, P]("Selector", "Labels of the pods.", func(obj *T) string { return selector(selected(obj)) })))
	}
	return columns
}

// Deployment are the columns of deployments.
func Deployment() []Column {
	return append(named[appsv1.Deployment](
		text("Ready", "Pods that are ready, of those wanted.", func(d *appsv1.Deployment) string {
			return fmt.Sprintf("%d/%d", d.Status.ReadyReplicas, deref(d.Spec.Replicas))
		}),
		declared("string", number("Up-to-date", "Pods of the latest template.", func(d *appsv1.Deployment) int32 { return d.Status.UpdatedReplicas })),
		declared("string", number("Available", "Pods that have been ready long enough.", func(d *appsv1.Deployment) int32 { return d.Status.AvailableReplicas })),
		age[appsv1.Deployment](),
	), templateColumns(
		func(d *appsv1.Deployment) *corev1.PodSpec { return &d.Spec.Template.Spec },
		func(d *appsv1.Deployment) *metav1.LabelSelector { return d.Spec.Selector })...)
}

// ReplicaSet are the columns of replica sets.
func ReplicaSet() []Column {
	return append(named[appsv1.ReplicaSet](
		number("Desired", "Pods that are wanted.", func(r *appsv1.ReplicaSet) int32 { return deref(r.Spec.Replicas) }),
		number("Current", "Pods that are there.", func(r *appsv1.ReplicaSet) int32 { return r.Status.Replicas }),
		number("Ready", "Pods that are ready.", func(r *appsv1.ReplicaSet) int32 { return r.Status.ReadyReplicas }),
		age[appsv1.ReplicaSet](),
	), templateColumns(
		func(r *appsv1.ReplicaSet) *corev1.PodSpec { return &r.Spec.Template.Spec },
		func(r *appsv1.ReplicaSet) *metav1.LabelSelector { return r.Spec.Selector })...)
}

// StatefulSet are the columns of stateful sets.
func StatefulSet() []Column {
	return append(named[appsv1.StatefulSet](
		text("Ready", "Pods that are ready, of those wanted.", func(s *appsv1.StatefulSet) string {
			return fmt.Sprintf("%d/%d", s.Status.ReadyReplicas, deref(s.Spec.Replicas))
		}),
		age[appsv1.StatefulSet](),
	), templateColumns(func(s *appsv1.StatefulSet) *corev1.PodSpec { return &s.Spec.Template.Spec }, nil)...)
}

// DaemonSet are the columns of daemon sets.
func DaemonSet() []Column {
	return append(named[appsv1.DaemonSet](
		number("Desired", "Nodes that should run a pod.", func(d *appsv1.DaemonSet) int32 { return d.Status.DesiredNumberScheduled }),
		number("Current", "Nodes that run a pod.", func(d *appsv1.DaemonSet) int32 { return d.Status.CurrentNumberScheduled }),
		number("Ready", "Pods that are ready.", func(d *appsv1.DaemonSet) int32 { return d.Status.NumberReady }),
		number("Up-to-date", "Pods of the latest template.", func(d *appsv1.DaemonSet) int32 { return d.Status.UpdatedNumberScheduled }),
		number("Available", "Pods that have been ready long enough.", func(d *appsv1.DaemonSet) int32 { return d.Status.NumberAvailable }),
		text("Node Selector", "Labels of the nodes.", func(d *appsv1.DaemonSet) string { return labelSet(d.Spec.Template.Spec.NodeSelector) }),
		age[appsv1.DaemonSet](),
	), templateColumns(
		func(d *appsv1.DaemonSet) *corev1.PodSpec { return &d.Spec.Template.Spec },
		func(d *appsv1.DaemonSet) *metav1.LabelSelector { return d.Spec.Selector })...)
}

// ControllerRevision are the columns of controller revisions.
func ControllerRevision() []Column {
	return named[appsv1.ControllerRevision](
		text("Controller", "Owner of the revision.", func(r *appsv1.ControllerRevision) string {
			owner := metav1.GetControllerOf(r)
			if owner == nil {
				return none
			}
			kind := strings.ToLower(owner.Kind)
			if gv, err := schema.ParseGroupVersion(owner.APIVersion); err == nil && gv.Group != "" {
				kind += "." + gv.Group
			}
			return kind + "/" + owner.Name
		}),
		column("Revision", "string", "Number of the revision.", func(r *appsv1.ControllerRevision) any { return r.Revision }),
		age[appsv1.ControllerRevision](),
	)
}

// PodDisruptionBudget are the columns of disruption budgets.
func PodDisruptionBudget() []Column {
	amount := func(n *intstr.IntOrString) string {
		if n == nil {
			return "N/A"
		}
		return n.String()
	}
	return named[policyv1.PodDisruptionBudget](
		text("Min Available", "Pods that must stay.", func(p *policyv1.PodDisruptionBudget) string { return amount(p.Spec.MinAvailable) }),
		text("Max Unavailable", "Pods that may be away.", func(p *policyv1.PodDisruptionBudget) string { return amount(p.Spec.MaxUnavailable) }),
		number("Allowed Disruptions", "Pods that may be evicted now.", func(p *policyv1.PodDisruptionBudget) int32 { return p.Status.DisruptionsAllowed }),
		age[policyv1.PodDisruptionBudget](),
	)
}
