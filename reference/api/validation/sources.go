package validation

import (
	"net"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The sources of storage that volumes of pods and persistent volumes describe alike.

func nfs(path *field.Path, s *corev1.NFSVolumeSource) field.ErrorList {
	errs := all(required(path.Child("server"), s.Server), required(path.Child("path"), s.Path))
	if !strings.HasPrefix(s.Path, "/") {
		errs = append(errs, field.Invalid(path.Child("path"), s.Path, "must be an absolute path"))
	}
	return errs
}

// partition checks the number of a partition or of a logical unit.
func partition(path *field.Path, n int32) field.ErrorList {
	if n < 0 || n > 255 {
		return one(field.Invalid(path, n, "must be between 0 and 255, inclusive"))
	}
	return nil
}

func fibreChannel(path *field.Path, s *corev1.FCVolumeSource) field.ErrorList {
	at := path.Child("targetWWNs")
	switch {
	case len(s.TargetWWNs) == 0 && len(s.WWIDs) == 0:
		return one(field.Required(at, "must specify either targetWWNs or wwids, but not both"))
	case len(s.TargetWWNs) > 0 && len(s.WWIDs) > 0:
		return one(field.Invalid(at, s.TargetWWNs, "targetWWNs and wwids can not be specified simultaneously"))
	case len(s.TargetWWNs) > 0 && s.Lun == nil:
		return one(field.Required(path.Child("lun"), "lun is required if targetWWNs is specified"))
	case len(s.TargetWWNs) > 0:
		return partition(path.Child("lun"), *s.Lun)
	}
	return nil
}

// maxTenant is the length of the name of a tenant of Quobyte.
const maxTenant = 64

func quobyte(path *field.Path, s *corev1.QuobyteVolumeSource) field.ErrorList {
	const pairs = "must be a host:port pair or multiple pairs separated by commas"
	var errs field.ErrorList
	switch {
	case s.Registry == "":
		errs = append(errs, field.Required(path.Child("registry"), pairs))
	case len(s.Tenant) > maxTenant:
		errs = append(errs, field.Required(path.Child("tenant"), "must be a UUID and may not exceed a length of 64 characters"))
	default:
		for pair := range strings.SplitSeq(s.Registry, ",") {
			if _, _, err := net.SplitHostPort(pair); err != nil {
				errs = append(errs, field.Invalid(path.Child("registry"), s.Registry, pairs))
			}
		}
	}
	return append(errs, required(path.Child("volume"), s.Volume)...)
}

func flocker(path *field.Path, s *corev1.FlockerVolumeSource) field.ErrorList {
	switch {
	case s.DatasetName == "" && s.DatasetUUID == "":
		return one(field.Required(path, "one of datasetName and datasetUUID is required"))
	case s.DatasetName != "" && s.DatasetUUID != "":
		return one(field.Invalid(path, "resource", "datasetName and datasetUUID can not be specified simultaneously"))
	case strings.Contains(s.DatasetName, "/"):
		return one(field.Invalid(path.Child("datasetName"), s.DatasetName, "must not contain '/'"))
	}
	return nil
}

func storageOS(path *field.Path, s *corev1.StorageOSPersistentVolumeSource) field.ErrorList {
	errs := all(
		requiredAnd(path.Child("volumeName"), s.VolumeName, isLabel),
		optional(path.Child("volumeNamespace"), s.VolumeNamespace, isLabel),
	)
	if s.SecretRef != nil {
		errs = append(errs, requiredSecret(path.Child("secretRef"), s.SecretRef.Name, s.SecretRef.Namespace)...)
	}
	return errs
}

func azureFile(path *field.Path, s *corev1.AzureFilePersistentVolumeSource) field.ErrorList {
	errs := all(required(path.Child("secretName"), s.SecretName), required(path.Child("shareName"), s.ShareName))
	if s.SecretNamespace != nil && *s.SecretNamespace == "" {
		errs = append(errs, field.Required(path.Child("secretNamespace"), ""))
	}
	return errs
}

func azureDisk(path *field.Path, s *corev1.AzureDiskVolumeSource) field.ErrorList {
	errs := all(
		required(path.Child("diskName"), s.DiskName),
		required(path.Child("diskURI"), s.DataDiskURI),
		pointerOneOf(path.Child("cachingMode"), s.CachingMode, corev1.AzureDataDiskCachingNone, corev1.AzureDataDiskCachingReadOnly, corev1.AzureDataDiskCachingReadWrite),
		pointerOneOf(path.Child("kind"), s.Kind, corev1.AzureSharedBlobDisk, corev1.AzureDedicatedBlobDisk, corev1.AzureManagedDisk),
	)
	if s.Kind == nil {
		return errs
	}
	managed := *s.Kind == corev1.AzureManagedDisk
	if managed && !strings.HasPrefix(s.DataDiskURI, "/subscriptions/") {
		errs = append(errs, field.NotSupported(path.Child("diskURI"), s.DataDiskURI, []string{"/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}"}))
	}
	if !managed && !strings.HasPrefix(s.DataDiskURI, "https://") {
		errs = append(errs, field.NotSupported(path.Child("diskURI"), s.DataDiskURI, []string{"https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"}))
	}
	return errs
}

// flexOptions keeps Kubernetes' own keys from users.
func flexOptions(path *field.Path, options map[string]string) field.ErrorList {
	var errs field.ErrorList
	for key := range options {
		domain, _, _ := strings.Cut(key, "/")
		for _, own := range []string{"kubernetes.io", "k8s.io"} {
			if domain == own || strings.HasSuffix(domain, "."+own) {
				errs = append(errs, field.Invalid(path.Key(key), key, "kubernetes.io and k8s.io namespaces are reserved"))
			}
		}
	}
	return errs
}
