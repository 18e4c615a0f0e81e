package validation

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podNetworkSource checks the sources of network storage that a pod may name itself. Most of them have no plugin any more, but are still
// checked.
func podNetworkSource(path *field.Path, v *corev1.VolumeSource) field.ErrorList {
	switch {
	case v.NFS != nil:
		return nfs(path.Child("nfs"), v.NFS)
	case v.ISCSI != nil:
		return podISCSI(path.Child("iscsi"), v.ISCSI)
	case v.FC != nil:
		return fibreChannel(path.Child("fc"), v.FC)
	case v.Glusterfs != nil:
		at := path.Child("glusterfs")
		return all(required(at.Child("endpoints"), v.Glusterfs.EndpointsName), required(at.Child("path"), v.Glusterfs.Path))
	case v.RBD != nil:
		at := path.Child("rbd")
		return all(requiredList(at.Child("monitors"), v.RBD.CephMonitors), required(at.Child("image"), v.RBD.RBDImage))
	case v.CephFS != nil:
		return requiredList(path.Child("cephfs", "monitors"), v.CephFS.Monitors)
	case v.Flocker != nil:
		return flocker(path.Child("flocker"), v.Flocker)
	case v.Quobyte != nil:
		return quobyte(path.Child("quobyte"), v.Quobyte)
	case v.FlexVolume != nil:
		at := path.Child("flexVolume")
		return all(required(at.Child("driver"), v.FlexVolume.Driver), flexOptions(at.Child("options"), v.FlexVolume.Options))
	}
	return podCloudSource(path, v)
}

// podCloudSource checks the sources of storage of one provider.
func podCloudSource(path *field.Path, v *corev1.VolumeSource) field.ErrorList {
	switch {
	case v.GCEPersistentDisk != nil:
		at := path.Child("persistentDisk") // as upstream calls it
		return all(required(at.Child("pdName"), v.GCEPersistentDisk.PDName), partition(at.Child("partition"), v.GCEPersistentDisk.Partition))
	case v.AWSElasticBlockStore != nil:
		at := path.Child("awsElasticBlockStore")
		return all(required(at.Child("volumeID"), v.AWSElasticBlockStore.VolumeID), partition(at.Child("partition"), v.AWSElasticBlockStore.Partition))
	case v.Cinder != nil:
		return append(required(path.Child("cinder", "volumeID"), v.Cinder.VolumeID), secretOf(path.Child("cinder"), v.Cinder.SecretRef)...)
	case v.VsphereVolume != nil:
		return required(path.Child("vsphereVolume", "volumePath"), v.VsphereVolume.VolumePath)
	case v.PhotonPersistentDisk != nil:
		return required(path.Child("photonPersistentDisk", "pdID"), v.PhotonPersistentDisk.PdID)
	case v.PortworxVolume != nil:
		return required(path.Child("portworxVolume", "volumeID"), v.PortworxVolume.VolumeID)
	case v.AzureFile != nil:
		at := path.Child("azureFile")
		return all(required(at.Child("secretName"), v.AzureFile.SecretName), required(at.Child("shareName"), v.AzureFile.ShareName))
	case v.AzureDisk != nil:
		return azureDisk(path.Child("azureDisk"), v.AzureDisk)
	case v.StorageOS != nil:
		at := path.Child("storageos")
		return all(requiredAnd(at.Child("volumeName"), v.StorageOS.VolumeName, isLabel), optional(at.Child("volumeNamespace"), v.StorageOS.VolumeNamespace, isLabel),
			secretOf(at, v.StorageOS.SecretRef))
	case v.ScaleIO != nil:
		at := path.Child("scaleIO")
		return all(required(at.Child("gateway"), v.ScaleIO.Gateway), required(at.Child("system"), v.ScaleIO.System), required(at.Child("volumeName"), v.ScaleIO.VolumeName))
	}
	return nil
}

func secretOf(path *field.Path, ref *corev1.LocalObjectReference) field.ErrorList {
	if ref == nil {
		return nil
	}
	return required(path.Child("secretRef", "name"), ref.Name)
}

func gitRepo(path *field.Path, s *corev1.GitRepoVolumeSource) field.ErrorList {
	return append(required(path.Child("repository"), s.Repository), descendingPath(path.Child("directory"), s.Directory)...)
}

// podISCSI checks a target that a pod names itself.
func podISCSI(path *field.Path, s *corev1.ISCSIVolumeSource) field.ErrorList {
	like := corev1.ISCSIPersistentVolumeSource{
		TargetPortal: s.TargetPortal, IQN: s.IQN, Lun: s.Lun, InitiatorName: s.InitiatorName,
		DiscoveryCHAPAuth: s.DiscoveryCHAPAuth, SessionCHAPAuth: s.SessionCHAPAuth,
	}
	if s.SecretRef != nil {
		like.SecretRef = &corev1.SecretReference{Name: "any"} // only that there is one is checked
	}
	return iscsi(path, &like)
}
