package defaults

import (
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	storagev1 "k8s.io/api/storage/v1"
)

func storageClass(c *storagev1.StorageClass) {
	pointer(&c.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)
	pointer(&c.VolumeBindingMode, storagev1.VolumeBindingImmediate)
}

func csiDriver(d *storagev1.CSIDriver) {
	pointer(&d.Spec.AttachRequired, true)
	pointer(&d.Spec.PodInfoOnMount, false)
	pointer(&d.Spec.StorageCapacity, false)
	pointer(&d.Spec.FSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)
	pointer(&d.Spec.RequiresRepublish, false)
	pointer(&d.Spec.SELinuxMount, false)
	if len(d.Spec.VolumeLifecycleModes) == 0 {
		d.Spec.VolumeLifecycleModes = []storagev1.VolumeLifecycleMode{storagev1.VolumeLifecyclePersistent}
	}
}

func runtimeClass(c *nodev1.RuntimeClass) {
	if c.Overhead != nil {
		resourceList(c.Overhead.PodFixed)
	}
}
