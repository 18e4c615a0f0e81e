package columns

import (
	corev1 "k8s.io/api/core/v1"
)

// PersistentVolume are the columns of persistent volumes.
func PersistentVolume() []Column {
	return named[corev1.PersistentVolume](
		text("Capacity", "Size of the volume.", func(v *corev1.PersistentVolume) string { return quantity(v.Spec.Capacity, corev1.ResourceStorage) }),
		text("Access Modes", "Ways in which it can be mounted.", func(v *corev1.PersistentVolume) string { return accessModes(v.Spec.AccessModes) }),
		text("Reclaim Policy", "What becomes of it after its claim.", func(v *corev1.PersistentVolume) string {
			return string(v.Spec.PersistentVolumeReclaimPolicy)
		}),
		text("Status", "Phase of the volume.", func(v *corev1.PersistentVolume) string {
			if v.DeletionTimestamp != nil {
				return "Terminating"
			}
			return string(v.Status.Phase)
		}),
		text("Claim", "Claim that is bound to it.", func(v *corev1.PersistentVolume) string {
			if v.Spec.ClaimRef == nil {
				return ""
			}
			return v.Spec.ClaimRef.Namespace + "/" + v.Spec.ClaimRef.Name
		}),
		text("StorageClass", "Class of the volume.", func(v *corev1.PersistentVolume) string {
			if class, ok := v.Annotations[corev1.BetaStorageClassAnnotation]; ok {
				return class
			}
			return v.Spec.StorageClassName
		}),
		text("VolumeAttributesClass", "Class of its attributes.", func(v *corev1.PersistentVolume) string {
			return or(deref(v.Spec.VolumeAttributesClassName), unset)
		}),
		text("Reason", "Why it is in its phase.", func(v *corev1.PersistentVolume) string { return v.Status.Reason }),
		age[corev1.PersistentVolume](),
		wide(text("VolumeMode", "File system or block device.", func(v *corev1.PersistentVolume) string { return or(string(deref(v.Spec.VolumeMode)), unset) })),
	)
}

// PersistentVolumeClaim are the columns of claims; size and modes are those of the volume.
func PersistentVolumeClaim() []Column {
	return named[corev1.PersistentVolumeClaim](
		text("Status", "Phase of the claim.", func(c *corev1.PersistentVolumeClaim) string {
			if c.DeletionTimestamp != nil {
				return "Terminating"
			}
			return string(c.Status.Phase)
		}),
		text("Volume", "Volume that is bound to it.", func(c *corev1.PersistentVolumeClaim) string { return c.Spec.VolumeName }),
		text("Capacity", "Size of the volume.", func(c *corev1.PersistentVolumeClaim) string {
			if c.Spec.VolumeName == "" {
				return ""
			}
			capacity := c.Status.Capacity[corev1.ResourceStorage] // zero when it is not known
			return capacity.String()
		}),
		text("Access Modes", "Ways in which it can be mounted.", func(c *corev1.PersistentVolumeClaim) string {
			if c.Spec.VolumeName == "" {
				return ""
			}
			return accessModes(c.Status.AccessModes)
		}),
		text("StorageClass", "Class of the volume.", func(c *corev1.PersistentVolumeClaim) string {
			if class, ok := c.Annotations[corev1.BetaStorageClassAnnotation]; ok {
				return class
			}
			return deref(c.Spec.StorageClassName)
		}),
		text("VolumeAttributesClass", "Class of its attributes.", func(c *corev1.PersistentVolumeClaim) string {
			return or(deref(c.Spec.VolumeAttributesClassName), unset)
		}),
		age[corev1.PersistentVolumeClaim](),
		wide(text("VolumeMode", "File system or block device.", func(c *corev1.PersistentVolumeClaim) string {
			return or(string(deref(c.Spec.VolumeMode)), unset)
		})),
	)
}
