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

// PersistentVolumeClaimCreate makes a claim pending and its two data sources agree.
func PersistentVolumeClaimCreate(_ context.Context, claim *corev1.PersistentVolumeClaim) {
	claim.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending}
	sameDataSource(&claim.Spec)
}

// PersistentVolumeClaimUpdate makes the data sources of a claim agree, as the
// stored ones may be of a time when there was only one.
func PersistentVolumeClaimUpdate(claim, _ *corev1.PersistentVolumeClaim) {
	sameDataSource(&claim.Spec)
}

// sameDataSource fills dataSource from dataSourceRef and the other way round. A
// reference to another namespace has no equal in dataSource (KEP-3294).
func sameDataSource(spec *corev1.PersistentVolumeClaimSpec) {
	source, ref := spec.DataSource, spec.DataSourceRef
	switch {
	case source != nil && ref == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: source.APIGroup, Kind: source.Kind, Name: source.Name}
	case source == nil && ref != nil && (ref.Namespace == nil || *ref.Namespace == ""):
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: ref.APIGroup, Kind: ref.Kind, Name: ref.Name}
	}
}
