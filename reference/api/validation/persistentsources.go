package validation

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// persistentSource demands one source and checks it.
func persistentSource(path *field.Path, s *corev1.PersistentVolumeSource) field.ErrorList {
	value := reflect.ValueOf(*s)
	var errs field.ErrorList
	checked := corev1.PersistentVolumeSource{} // only the first: the others are refused as such
	sources := 0
	for i := range value.NumField() {
		if value.Field(i).IsNil() {
			continue
		}
		sources++
		if sources > 1 {
			name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
			errs = append(errs, field.Forbidden(path.Child(name), "may not specify more than 1 volume type"))
			continue
		}
		reflect.ValueOf(&checked).Elem().Field(i).Set(value.Field(i))
	}
	if sources == 0 {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	return all(errs, nodeSource(path, &checked), networkSource(path, &checked), cloudSource(path, &checked), driverSource(path, &checked))
}

// nodeSource checks storage that a node has.
func nodeSource(path *field.Path, s *corev1.PersistentVolumeSource) field.ErrorList {
	switch {
	case s.HostPath != nil:
		return hostPath(path.Child("hostPath"), s.HostPath)
	case s.Local != nil:
		at := path.Child("local", "path")
		if s.Local.Path == "" {
			return one(field.Required(at, ""))
		}
		return noBacksteps(at, s.Local.Path)
	case s.FC != nil:
		return fibreChannel(path.Child("fc"), s.FC)
	case s.ISCSI != nil:
		return iscsi(path.Child("iscsi"), s.ISCSI)
	}
	return nil
}

// networkSource checks storage that servers of a network export.
func networkSource(path *field.Path, s *corev1.PersistentVolumeSource) field.ErrorList {
	switch {
	case s.NFS != nil:
		return nfs(path.Child("nfs"), s.NFS)
	case s.Glusterfs != nil:
		at := path.Child("glusterfs")
		errs := all(required(at.Child("endpoints"), s.Glusterfs.EndpointsName), required(at.Child("path"), s.Glusterfs.Path))
		if namespace := s.Glusterfs.EndpointsNamespace; namespace != nil {
			errs = append(errs, matches(at.Child("endpointsNamespace"), *namespace, isLabel(*namespace))...)
		}
		return errs
	case s.RBD != nil:
		return all(requiredList(path.Child("rbd", "monitors"), s.RBD.CephMonitors), required(path.Child("rbd", "image"), s.RBD.RBDImage))
	case s.CephFS != nil:
		return requiredList(path.Child("cephfs", "monitors"), s.CephFS.Monitors)
	case s.Quobyte != nil:
		return quobyte(path.Child("quobyte"), s.Quobyte)
	case s.Flocker != nil:
		return flocker(path.Child("flocker"), s.Flocker)
	case s.StorageOS != nil:
		return storageOS(path.Child("storageos"), s.StorageOS)
	case s.ScaleIO != nil:
		at := path.Child("scaleIO")
		return all(required(at.Child("gateway"), s.ScaleIO.Gateway), required(at.Child("system"), s.ScaleIO.System), required(at.Child("volumeName"), s.ScaleIO.VolumeName))
	}
	return nil
}

// cloudSource checks the disks of clouds, which only drivers mount today.
func cloudSource(path *field.Path, s *corev1.PersistentVolumeSource) field.ErrorList {
	switch {
	case s.GCEPersistentDisk != nil:
		at := path.Child("persistentDisk") // where upstream says that it is
		return all(required(at.Child("pdName"), s.GCEPersistentDisk.PDName), partition(at.Child("partition"), s.GCEPersistentDisk.Partition))
	case s.AWSElasticBlockStore != nil:
		at := path.Child("awsElasticBlockStore")
		return all(required(at.Child("volumeID"), s.AWSElasticBlockStore.VolumeID), partition(at.Child("partition"), s.AWSElasticBlockStore.Partition))
	case s.Cinder != nil:
		at := path.Child("cinder")
		errs := required(at.Child("volumeID"), s.Cinder.VolumeID)
		if ref := s.Cinder.SecretRef; ref != nil {
			errs = append(errs, requiredSecret(at.Child("secretRef"), ref.Name, ref.Namespace)...)
		}
		return errs
	case s.AzureFile != nil:
		return azureFile(path.Child("azureFile"), s.AzureFile)
	case s.AzureDisk != nil:
		return azureDisk(path.Child("azureDisk"), s.AzureDisk)
	case s.VsphereVolume != nil:
		return required(path.Child("vsphereVolume", "volumePath"), s.VsphereVolume.VolumePath)
	case s.PhotonPersistentDisk != nil:
		return required(path.Child("photonPersistentDisk", "pdID"), s.PhotonPersistentDisk.PdID)
	case s.PortworxVolume != nil:
		return required(path.Child("portworxVolume", "volumeID"), s.PortworxVolume.VolumeID)
	}
	return nil
}

// driverSource checks storage that a driver attaches.
func driverSource(path *field.Path, s *corev1.PersistentVolumeSource) field.ErrorList {
	switch {
	case s.CSI != nil:
		return csiSource(path.Child("csi"), s.CSI)
	case s.FlexVolume != nil:
		at := path.Child("flexVolume")
		return all(required(at.Child("driver"), s.FlexVolume.Driver), flexOptions(at.Child("options"), s.FlexVolume.Options))
	}
	return nil
}

func csiSource(path *field.Path, s *corev1.CSIPersistentVolumeSource) field.ErrorList {
	errs := all(csiDriverName(path.Child("driver"), s.Driver), required(path.Child("volumeHandle"), s.VolumeHandle))
	for _, secret := range []struct {
		name string
		ref  *corev1.SecretReference
	}{ // nodeStageSecretRef is taken as it is, as upstream does
		{"controllerPublishSecretRef", s.ControllerPublishSecretRef},
		{"controllerExpandSecretRef", s.ControllerExpandSecretRef},
		{"nodePublishSecretRef", s.NodePublishSecretRef},
		{"nodeExpandSecretRef", s.NodeExpandSecretRef},
	} {
		if secret.ref != nil {
			at := path.Child(secret.name)
			errs = append(errs, requiredAnd(at.Child("name"), secret.ref.Name, isSubdomain)...)
			errs = append(errs, requiredAnd(at.Child("namespace"), secret.ref.Namespace, isLabel)...)
		}
	}
	return errs
}

func requiredSecret(path *field.Path, name, namespace string) field.ErrorList {
	return all(required(path.Child("name"), name), required(path.Child("namespace"), namespace))
}

func requiredList(path *field.Path, list []string) field.ErrorList {
	if len(list) == 0 {
		return one(field.Required(path, ""))
	}
	return nil
}

// maxPortalName is what the node's tools can hold of "volume:portal".
const maxPortalName = 64

func portalNameLength(path *field.Path, pv *corev1.PersistentVolume) field.ErrorList {
	s := pv.Spec.ISCSI
	if s == nil || s.InitiatorName == nil || len(pv.Name+":"+s.TargetPortal) <= maxPortalName {
		return nil
	}
	return one(field.Invalid(path.Child("iscsi", "targetportal"), s.TargetPortal,
		"Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified."))
}
