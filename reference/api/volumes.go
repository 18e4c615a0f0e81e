package api

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// volumeResources are the rows of persistent volumes and their claims.
func volumeResources() []Resource {
	core := in(corev1.SchemeGroupVersion)
	return []Resource{
		row[corev1.PersistentVolume, corev1.PersistentVolumeList](Resource{
			Served: core, Plural: "persistentvolumes", DeleteReturnsObject: true, Scope: Cluster, Short: names("pv"), Status: true, NoGeneration: true,
			Columns: columns.PersistentVolume(),
		}, hooks[corev1.PersistentVolume]{
			create: prepare.PersistentVolumeCreate, status: prepare.PersistentVolumeStatusUpdate,
			validate: validation.PersistentVolume, validateUpdate: validation.PersistentVolumeUpdate, validateStatus: validation.PersistentVolumeStatusUpdate,
			warnings: warnings.PersistentVolume,
		}),

		row[corev1.PersistentVolumeClaim, corev1.PersistentVolumeClaimList](Resource{
			Served: core, Plural: "persistentvolumeclaims", DeleteReturnsObject: true, Short: names("pvc"), Status: true, NoGeneration: true,
			Columns: columns.PersistentVolumeClaim(),
		}, hooks[corev1.PersistentVolumeClaim]{
			create: prepare.PersistentVolumeClaimCreate, update: prepare.PersistentVolumeClaimUpdate,
			validate: validation.PersistentVolumeClaim, validateUpdate: validation.PersistentVolumeClaimUpdate, validateStatus: validation.PersistentVolumeClaimStatusUpdate,
			warnings: warnings.PersistentVolumeClaim,
		}),
	}
}
