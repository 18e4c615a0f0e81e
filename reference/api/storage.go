package api

import (
	storagev1 "k8s.io/api/storage/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// storageResources are the rows of storage.k8s.io/v1.
func storageResources() []Resource {
	storage := in(storagev1.SchemeGroupVersion)
	return []Resource{
		row[storagev1.StorageClass, storagev1.StorageClassList](Resource{
			Served: storage, Plural: "storageclasses", DeleteReturnsObject: true, Scope: Cluster, Short: names("sc"),
			Columns: columns.StorageClass(),
		}, hooks[storagev1.StorageClass]{
			validate: validation.StorageClass, validateUpdate: validation.StorageClassUpdate,
			warnings: warnings.StorageClass,
		}),

		row[storagev1.VolumeAttachment, storagev1.VolumeAttachmentList](Resource{
			Served: storage, Plural: "volumeattachments", DeleteReturnsObject: true, Scope: Cluster, Status: true, NoGeneration: true, ConditionalUpdate: true,
			StatusResets: names("metadata"),
			Columns:      columns.VolumeAttachment(),
		}, hooks[storagev1.VolumeAttachment]{
			status:   prepare.KeepMetadata[*storagev1.VolumeAttachment],
			validate: validation.VolumeAttachment, validateUpdate: validation.VolumeAttachmentUpdate, validateStatus: validation.VolumeAttachmentStatusUpdate,
		}),

		row[storagev1.CSIDriver, storagev1.CSIDriverList](Resource{
			Served: storage, Plural: "csidrivers", DeleteReturnsObject: true, Scope: Cluster, NoGeneration: true, ConditionalUpdate: true,
			Columns: columns.CSIDriver(),
		}, hooks[storagev1.CSIDriver]{
			create: prepare.CSIDriverCreate, update: prepare.CSIDriverUpdate,
			validate: validation.CSIDriver, validateUpdate: validation.CSIDriverUpdate,
			warnings: warnings.CSIDriver,
		}),

		row[storagev1.CSINode, storagev1.CSINodeList](Resource{
			Served: storage, Plural: "csinodes", DeleteReturnsObject: true, Scope: Cluster, NoGeneration: true, ConditionalUpdate: true,
			Columns: columns.CSINode(),
		}, hooks[storagev1.CSINode]{
			validate: validation.CSINode, validateUpdate: validation.CSINodeUpdate,
		}),

		row[storagev1.CSIStorageCapacity, storagev1.CSIStorageCapacityList](Resource{
			Served: storage, Plural: "csistoragecapacities", ConditionalUpdate: true,
		}, hooks[storagev1.CSIStorageCapacity]{
			validate: validation.CSIStorageCapacity, validateUpdate: validation.CSIStorageCapacityUpdate,
		}),

		row[storagev1.VolumeAttributesClass, storagev1.VolumeAttributesClassList](Resource{
			Served: storage, Plural: "volumeattributesclasses", DeleteReturnsObject: true, Scope: Cluster, Short: names("vac"),
			Columns: columns.VolumeAttributesClass(),
		}, hooks[storagev1.VolumeAttributesClass]{
			validate: validation.VolumeAttributesClass, validateUpdate: validation.VolumeAttributesClassUpdate,
		}),
	}
}
