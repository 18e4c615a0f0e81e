package columns

import (
	"strings"

	storagev1 "k8s.io/api/storage/v1"
)

// isDefaultBeta is the old form of the annotation of the default class.
const (
	isDefault     = "storageclass.kubernetes.io/is-default-class"
	isDefaultBeta = "storageclass.beta.kubernetes.io/is-default-class"
)

// StorageClass are the columns of storage classes.
func StorageClass() []Column {
	return []Column{
		nameColumn(func(c *storagev1.StorageClass) string {
			return defaultName(c.Name, c.Annotations[isDefault] == "true" || c.Annotations[isDefaultBeta] == "true")
		}),
		text("Provisioner", "What makes the volumes.", func(c *storagev1.StorageClass) string { return c.Provisioner }),
		text("ReclaimPolicy", "What becomes of a volume after its claim.", func(c *storagev1.StorageClass) string {
			return or(string(deref(c.ReclaimPolicy)), "Delete")
		}),
		text("VolumeBindingMode", "When volumes are made and bound.", func(c *storagev1.StorageClass) string {
			return or(string(deref(c.VolumeBindingMode)), "Immediate")
		}),
		declared("string", boolean("AllowVolumeExpansion", "Whether claims may grow.", func(c *storagev1.StorageClass) bool { return deref(c.AllowVolumeExpansion) })),
		age[storagev1.StorageClass](),
	}
}

// VolumeAttributesClass are the columns of volume attributes classes.
func VolumeAttributesClass() []Column {
	return named[storagev1.VolumeAttributesClass](
		text("DriverName", "Driver of the volumes.", func(c *storagev1.VolumeAttributesClass) string { return c.DriverName }),
		age[storagev1.VolumeAttributesClass](),
	)
}

// VolumeAttachment are the columns of volume attachments.
func VolumeAttachment() []Column {
	attacher := text("Attacher", "Driver that attaches the volume.", func(a *storagev1.VolumeAttachment) string { return a.Spec.Attacher })
	attacher.Format = "name"
	return named[storagev1.VolumeAttachment](
		attacher,
		text("PV", "Volume.", func(a *storagev1.VolumeAttachment) string { return deref(a.Spec.Source.PersistentVolumeName) }),
		text("Node", "Node.", func(a *storagev1.VolumeAttachment) string { return a.Spec.NodeName }),
		boolean("Attached", "Whether the volume is attached.", func(a *storagev1.VolumeAttachment) bool { return a.Status.Attached }),
		age[storagev1.VolumeAttachment](),
	)
}

// CSIDriver are the columns of CSI drivers.
func CSIDriver() []Column {
	return named[storagev1.CSIDriver](
		boolean("AttachRequired", "Whether volumes must be attached.", func(d *storagev1.CSIDriver) bool { return d.Spec.AttachRequired == nil || *d.Spec.AttachRequired }),
		boolean("PodInfoOnMount", "Whether the driver is told about the pod.", func(d *storagev1.CSIDriver) bool { return deref(d.Spec.PodInfoOnMount) }),
		boolean("StorageCapacity", "Whether the scheduler looks at capacity.", func(d *storagev1.CSIDriver) bool { return deref(d.Spec.StorageCapacity) }),
		text("TokenRequests", "Audiences of tokens for the driver.", func(d *storagev1.CSIDriver) string {
			var audiences []string
			for _, r := range d.Spec.TokenRequests {
				audiences = append(audiences, r.Audience)
			}
			return or(strings.Join(audiences, ","), unset)
		}),
		boolean("RequiresRepublish", "Whether volumes are mounted again and again.", func(d *storagev1.CSIDriver) bool { return deref(d.Spec.RequiresRepublish) }),
		text("Modes", "Life cycles of volumes.", func(d *storagev1.CSIDriver) string {
			var modes []string
			for _, m := range d.Spec.VolumeLifecycleModes {
				modes = append(modes, string(m))
			}
			return or(strings.Join(modes, ","), none)
		}),
		age[storagev1.CSIDriver](),
	)
}

// CSINode are the columns of CSI nodes.
func CSINode() []Column {
	return named[storagev1.CSINode](
		number("Drivers", "Number of drivers on the node.", func(n *storagev1.CSINode) int32 { return int32(len(n.Spec.Drivers)) }),
		age[storagev1.CSINode](),
	)
}
