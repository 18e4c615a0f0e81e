package defaults

import (
	corev1 "k8s.io/api/core/v1"
)

// tokenExpirationSeconds is how long a projected service account token is valid.
const tokenExpirationSeconds = 3600

func volume(v *corev1.VolumeSource) {
	if *v == (corev1.VolumeSource{}) {
		v.EmptyDir = &corev1.EmptyDirVolumeSource{}
	}
	if v.HostPath != nil {
		pointer(&v.HostPath.Type, corev1.HostPathUnset)
	}
	if v.Secret != nil {
		pointer(&v.Secret.DefaultMode, corev1.SecretVolumeSourceDefaultMode)
	}
	if v.ConfigMap != nil {
		pointer(&v.ConfigMap.DefaultMode, corev1.ConfigMapVolumeSourceDefaultMode)
	}
	if v.DownwardAPI != nil {
		pointer(&v.DownwardAPI.DefaultMode, corev1.DownwardAPIVolumeSourceDefaultMode)
		downwardItems(v.DownwardAPI.Items)
	}
	if v.Projected != nil {
		projected(v.Projected)
	}
	if v.Ephemeral != nil && v.Ephemeral.VolumeClaimTemplate != nil {
		claimSpec(&v.Ephemeral.VolumeClaimTemplate.Spec)
	}
	if v.Image != nil {
		value(&v.Image.PullPolicy, pullPolicy(v.Image.Reference))
	}
	if v.ISCSI != nil {
		value(&v.ISCSI.ISCSIInterface, "default")
	}
	if v.RBD != nil {
		rbd(&v.RBD.RBDPool, &v.RBD.RadosUser, &v.RBD.Keyring)
	}
	if v.ScaleIO != nil {
		scaleIO(&v.ScaleIO.StorageMode, &v.ScaleIO.FSType)
	}
	azureDisk(v.AzureDisk)
}

func projected(v *corev1.ProjectedVolumeSource) {
	pointer(&v.DefaultMode, corev1.ProjectedVolumeSourceDefaultMode)
	for i := range v.Sources {
		if d := v.Sources[i].DownwardAPI; d != nil {
			downwardItems(d.Items)
		}
		if token := v.Sources[i].ServiceAccountToken; token != nil {
			pointer(&token.ExpirationSeconds, tokenExpirationSeconds)
		}
	}
}

func downwardItems(items []corev1.DownwardAPIVolumeFile) {
	for i := range items {
		fieldRef(items[i].FieldRef)
	}
}

func persistentVolume(pv *corev1.PersistentVolume) {
	value(&pv.Status.Phase, corev1.VolumePending)
	value(&pv.Spec.PersistentVolumeReclaimPolicy, corev1.PersistentVolumeReclaimRetain)
	pointer(&pv.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	resourceList(pv.Spec.Capacity)
	source := &pv.Spec.PersistentVolumeSource
	if source.HostPath != nil {
		pointer(&source.HostPath.Type, corev1.HostPathUnset)
	}
	if source.ISCSI != nil {
		value(&source.ISCSI.ISCSIInterface, "default")
	}
	if source.RBD != nil {
		rbd(&source.RBD.RBDPool, &source.RBD.RadosUser, &source.RBD.Keyring)
	}
	if source.ScaleIO != nil {
		scaleIO(&source.ScaleIO.StorageMode, &source.ScaleIO.FSType)
	}
	azureDisk(source.AzureDisk)
}

func persistentVolumeClaim(claim *corev1.PersistentVolumeClaim) {
	value(&claim.Status.Phase, corev1.ClaimPending)
	claimSpec(&claim.Spec)
	resourceList(claim.Status.Capacity)
	resourceList(claim.Status.AllocatedResources)
}

func claimSpec(spec *corev1.PersistentVolumeClaimSpec) {
	pointer(&spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	resourceList(spec.Resources.Limits)
	resourceList(spec.Resources.Requests)
}

func rbd(pool, user, keyring *string) {
	value(pool, "rbd")
	value(user, "admin")
	value(keyring, "/etc/ceph/keyring")
}

func scaleIO(mode, fsType *string) {
	value(mode, "ThinProvisioned")
	value(fsType, "xfs")
}

func azureDisk(disk *corev1.AzureDiskVolumeSource) {
	if disk != nil {
		pointer(&disk.CachingMode, corev1.AzureDataDiskCachingReadWrite)
		pointer(&disk.Kind, corev1.AzureSharedBlobDisk)
		pointer(&disk.FSType, "ext4")
		pointer(&disk.ReadOnly, false)
	}
}
