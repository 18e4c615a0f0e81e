package prepare

import (
	"context"

	corev1 "k8s.io/api/core/v1"
)

// PersistentVolumeClaimCreate makes a claim pending and its two data sources agree.
func PersistentVolumeClaimCreate(_ context.Context, claim *corev1.PersistentVolumeClaim) {
	claim.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimPending}
	dropSources(&claim.Spec)
	sameDataSource(&claim.Spec)
}

// PersistentVolumeClaimUpdate makes the data sources of a claim agree, as the
// stored ones may be of a time when there was only one.
func PersistentVolumeClaimUpdate(claim, old *corev1.PersistentVolumeClaim) {
	if old.Spec.DataSource == nil && old.Spec.DataSourceRef == nil {
		dropSources(&claim.Spec)
	}
	sameDataSource(&claim.Spec)
}

// dropSources forgets what no claim was ever filled from: a dataSource that is
// neither a claim nor a snapshot, and a reference to another namespace, which
// is an alpha feature (KEP-3294).
func dropSources(spec *corev1.PersistentVolumeClaimSpec) {
	if s := spec.DataSource; s != nil && spec.DataSourceRef == nil && !isClaimOrSnapshot(s) {
		spec.DataSource = nil
	}
	if ref := spec.DataSourceRef; ref != nil && ref.Namespace != nil && *ref.Namespace != "" {
		spec.DataSourceRef = nil
	}
}

func isClaimOrSnapshot(s *corev1.TypedLocalObjectReference) bool {
	group := ""
	if s.APIGroup != nil {
		group = *s.APIGroup
	}
	switch s.Kind {
	case "PersistentVolumeClaim":
		return group == ""
	case "VolumeSnapshot":
		return group == "snapshot.storage.k8s.io"
	}
	return false
}

// sameDataSource fills dataSource from dataSourceRef and the other way round.
func sameDataSource(spec *corev1.PersistentVolumeClaimSpec) {
	source, ref := spec.DataSource, spec.DataSourceRef
	switch {
	case source != nil && ref == nil:
		spec.DataSourceRef = &corev1.TypedObjectReference{APIGroup: source.APIGroup, Kind: source.Kind, Name: source.Name}
	case source == nil && ref != nil && (ref.Namespace == nil || *ref.Namespace == ""):
		spec.DataSource = &corev1.TypedLocalObjectReference{APIGroup: ref.APIGroup, Kind: ref.Kind, Name: ref.Name}
	}
}
