package prepare

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
)

// NamespaceCreate makes a namespace active, with the finalizer that holds it
// until its contents are gone.
func NamespaceCreate(_ context.Context, ns *corev1.Namespace) {
	ns.Status.Phase = corev1.NamespaceActive
	if !slices.Contains(ns.Spec.Finalizers, corev1.FinalizerKubernetes) {
		ns.Spec.Finalizers = append(ns.Spec.Finalizers, corev1.FinalizerKubernetes)
	}
	if ns.Labels == nil {
		ns.Labels = map[string]string{}
	}
	ns.Labels[corev1.LabelMetadataName] = ns.Name
}

// NamespaceUpdate keeps the finalizers: they change through namespaces/finalize.
func NamespaceUpdate(ns, old *corev1.Namespace) {
	ns.Spec.Finalizers = slices.Clone(old.Spec.Finalizers)
}

// ServiceAccountCreate reduces references to secrets to their names.
func ServiceAccountCreate(_ context.Context, sa *corev1.ServiceAccount) { keepNamesOfSecrets(sa) }

// ServiceAccountUpdate reduces references to secrets to their names.
func ServiceAccountUpdate(sa, _ *corev1.ServiceAccount) { keepNamesOfSecrets(sa) }

func keepNamesOfSecrets(sa *corev1.ServiceAccount) {
	for i := range sa.Secrets {
		sa.Secrets[i] = corev1.ObjectReference{Name: sa.Secrets[i].Name}
	}
}

// LimitRangeCreate names a limit range that has no name.
func LimitRangeCreate(_ context.Context, l *corev1.LimitRange) {
	if l.Name == "" {
		l.Name = string(uuid.NewUUID())
	}
}

// PodTemplateCreate counts the first generation of the template.
func PodTemplateCreate(_ context.Context, t *corev1.PodTemplate) { t.Generation = 1 }

// PodTemplateUpdate counts a change of the template.
func PodTemplateUpdate(t, old *corev1.PodTemplate) {
	if !equality.Semantic.DeepEqual(t.Template, old.Template) {
		t.Generation = old.Generation + 1
	}
}

// PersistentVolumeCreate makes a volume pending, from now on.
func PersistentVolumeCreate(_ context.Context, pv *corev1.PersistentVolume) {
	pv.Status = corev1.PersistentVolumeStatus{Phase: corev1.VolumePending, LastPhaseTransitionTime: new(metav1.Now())}
}

// PersistentVolumeStatusUpdate notes when the phase changed, unless the writer does.
func PersistentVolumeStatusUpdate(pv, old *corev1.PersistentVolume) {
	stamp, before := pv.Status.LastPhaseTransitionTime, old.Status.LastPhaseTransitionTime
	switch {
	case pv.Status.Phase != old.Status.Phase && (stamp == nil || stamp.Equal(before)):
		pv.Status.LastPhaseTransitionTime = new(metav1.Now())
	case stamp == nil && pv.Status.Phase == old.Status.Phase:
		pv.Status.LastPhaseTransitionTime = before
	}
}

// NodeCreate forgets where a node once had its configuration from.
func NodeCreate(_ context.Context, n *corev1.Node) { forgetConfig(n) }

// NodeUpdate forgets where a node once had its configuration from.
func NodeUpdate(n, _ *corev1.Node) { forgetConfig(n) }

func forgetConfig(n *corev1.Node) {
	n.Spec.ConfigSource = nil //nolint:staticcheck // clients may still send it
	n.Status.Config = nil
}
