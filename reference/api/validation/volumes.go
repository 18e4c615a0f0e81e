package validation

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// claimSpec checks the spec of a claim, also of one within a pod.
func claimSpec(path *field.Path, spec *corev1.PersistentVolumeClaimSpec) field.ErrorList {
	errs := all(
		accessModes(path.Child("accessModes"), spec.AccessModes),
		labelSelector(path.Child("selector"), spec.Selector),
	)
	if size, ok := spec.Resources.Requests[corev1.ResourceStorage]; !ok {
		errs = append(errs, field.Required(path.Child("resources").Key(string(corev1.ResourceStorage)), ""))
	} else if size.Sign() <= 0 {
		errs = append(errs, field.Invalid(path.Child("resources").Key(string(corev1.ResourceStorage)), size.String(), positive))
	}
	if name := spec.StorageClassName; name != nil {
		errs = append(errs, optional(path.Child("storageClassName"), *name, isSubdomain)...)
	}
	if name := spec.VolumeAttributesClassName; name != nil {
		errs = append(errs, optional(path.Child("volumeAttributesClassName"), *name, isSubdomain)...)
	}
	errs = append(errs, pointerOneOf(path.Child("volumeMode"), spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)...)
	return append(errs, dataSources(path, spec)...)
}

func accessModes(path *field.Path, modes []corev1.PersistentVolumeAccessMode) field.ErrorList {
	if len(modes) == 0 {
		return one(field.Required(path, "at least 1 access mode is required"))
	}
	var errs field.ErrorList
	alone := false
	for _, mode := range modes {
		errs = append(errs, optionalOneOf(path, mode, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod)...)
		alone = alone || mode == corev1.ReadWriteOncePod
	}
	if alone && len(modes) > 1 {
		errs = append(errs, field.Forbidden(path, "may not use ReadWriteOncePod with other access modes"))
	}
	return errs
}

func dataSources(path *field.Path, spec *corev1.PersistentVolumeClaimSpec) field.ErrorList {
	var errs field.ErrorList
	check := func(name string, group *string, kind, object string) {
		at := path.Child(name)
		errs = append(errs, required(at.Child("name"), object)...)
		errs = append(errs, required(at.Child("kind"), kind)...)
		if (group == nil || *group == "") && kind != "PersistentVolumeClaim" {
			errs = append(errs, field.Invalid(at, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
		}
	}
	if s := spec.DataSource; s != nil {
		check("dataSource", s.APIGroup, s.Kind, s.Name)
	}
	if s := spec.DataSourceRef; s != nil {
		check("dataSourceRef", s.APIGroup, s.Kind, s.Name)
	}
	a, b := spec.DataSource, spec.DataSourceRef
	if a != nil && b != nil && (a.Kind != b.Kind || a.Name != b.Name || !same(a.APIGroup, b.APIGroup)) {
		errs = append(errs, field.Invalid(path, path.Child("dataSource"), "must match dataSourceRef"))
	}
	return errs
}

// PersistentVolumeClaim checks a claim.
func PersistentVolumeClaim(c *corev1.PersistentVolumeClaim) field.ErrorList {
	return all(namespaced(&c.ObjectMeta, subdomainName), claimSpec(specPath(), &c.Spec))
}

const immutableClaim = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"

// PersistentVolumeClaimUpdate checks an update of a claim: it is bound once, and a bound claim may grow.
func PersistentVolumeClaimUpdate(c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	errs := all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), PersistentVolumeClaim(c))
	kept, before := c.Spec.DeepCopy(), old.Spec.DeepCopy()
	if before.VolumeName == "" {
		kept.VolumeName = ""
	}
	if before.StorageClassName == nil && kept.StorageClassName != nil {
		kept.StorageClassName = nil // a default class may be filled in later (KEP-3333)
	}
	path := specPath()
	bound := old.Status.Phase == corev1.ClaimBound
	size, was := kept.Resources.Requests[corev1.ResourceStorage], before.Resources.Requests[corev1.ResourceStorage]
	if bound {
		if size.Cmp(was) < 0 {
			capacity := old.Status.Capacity[corev1.ResourceStorage]
			if size.Cmp(capacity) <= 0 {
				errs = append(errs, field.Forbidden(path.Child("resources", "requests", "storage"), "field can not be less than status.capacity"))
			}
		}
		kept.Resources.Requests = before.Resources.Requests
		kept.VolumeAttributesClassName = before.VolumeAttributesClassName
	}
	if !same(kept, before) {
		errs = append(errs, field.Forbidden(path, immutableClaim))
	}
	return errs
}

// PersistentVolumeClaimStatusUpdate checks a write of persistentvolumeclaims/status.
func PersistentVolumeClaimStatusUpdate(c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	errs := all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), resourceList(statusPath().Child("capacity"), c.Status.Capacity))
	if len(c.Spec.AccessModes) == 0 {
		errs = append(errs, field.Required(specPath().Child("accessModes"), ""))
	}
	return errs
}

// PersistentVolume checks a volume.
func PersistentVolume(pv *corev1.PersistentVolume) field.ErrorList {
	path, spec := specPath(), &pv.Spec
	errs := all(
		clusterScoped(&pv.ObjectMeta, subdomainName),
		accessModes(path.Child("accessModes"), spec.AccessModes),
		volumeCapacity(path.Child("capacity"), spec.Capacity),
		optionalOneOf(path.Child("persistentVolumeReclaimPolicy"), spec.PersistentVolumeReclaimPolicy,
			corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRecycle, corev1.PersistentVolumeReclaimRetain),
		pointerOneOf(path.Child("volumeMode"), spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem),
		optional(path.Child("storageClassName"), spec.StorageClassName, isSubdomain),
		volumeAffinity(path.Child("nodeAffinity"), spec),
		persistentSource(path, &spec.PersistentVolumeSource),
	)
	if name := spec.VolumeAttributesClassName; name != nil {
		errs = append(errs, requiredAnd(path.Child("volumeAttributesClassName"), *name, isSubdomain)...)
		if spec.CSI == nil {
			errs = append(errs, field.Required(path.Child("csi"), "has to be specified when using volumeAttributesClassName"))
		}
	}
	if spec.HostPath != nil && spec.HostPath.Path == "/" && spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		errs = append(errs, field.Forbidden(path.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"))
	}
	return errs
}

func volumeCapacity(path *field.Path, capacity corev1.ResourceList) field.ErrorList {
	if len(capacity) == 0 {
		return one(field.Required(path, ""))
	}
	size, ok := capacity[corev1.ResourceStorage]
	if !ok || len(capacity) > 1 {
		return one(field.NotSupported(path, capacity, []corev1.ResourceName{corev1.ResourceStorage}))
	}
	if size.Sign() <= 0 {
		return one(field.Invalid(path.Key(string(corev1.ResourceStorage)), size.String(), positive))
	}
	return nil
}

func volumeAffinity(path *field.Path, spec *corev1.PersistentVolumeSpec) field.ErrorList {
	if spec.NodeAffinity == nil {
		if spec.Local != nil {
			return one(field.Required(path, "Local volume requires node affinity"))
		}
		return nil
	}
	if spec.NodeAffinity.Required == nil {
		return one(field.Required(path.Child("required"), "must specify required node constraints"))
	}
	return nodeSelector(path.Child("required"), spec.NodeAffinity.Required)
}

func persistentSource(path *field.Path, s *corev1.PersistentVolumeSource) field.ErrorList {
	var errs field.ErrorList
	sources, value := 0, reflect.ValueOf(*s)
	for i := range value.NumField() {
		if value.Field(i).IsNil() {
			continue
		}
		sources++
		if sources > 1 {
			name, _, _ := strings.Cut(value.Type().Field(i).Tag.Get("json"), ",")
			errs = append(errs, field.Forbidden(path.Child(name), "may not specify more than 1 volume type"))
		}
	}
	if sources == 0 {
		errs = append(errs, field.Required(path, "must specify a volume type"))
	}
	if s.HostPath != nil {
		errs = append(errs, hostPath(path.Child("hostPath"), s.HostPath)...)
	}
	if s.Local != nil {
		errs = append(errs, required(path.Child("local", "path"), s.Local.Path)...)
		errs = append(errs, noBacksteps(path.Child("local", "path"), s.Local.Path)...)
	}
	if s.NFS != nil {
		errs = all(errs, required(path.Child("nfs", "server"), s.NFS.Server), required(path.Child("nfs", "path"), s.NFS.Path))
	}
	if s.CSI != nil {
		errs = all(errs, csiDriverName(path.Child("csi", "driver"), s.CSI.Driver), required(path.Child("csi", "volumeHandle"), s.CSI.VolumeHandle))
	}
	return errs
}

// PersistentVolumeUpdate checks an update of a volume: what it is made of stays.
func PersistentVolumeUpdate(pv, old *corev1.PersistentVolume) field.ErrorList {
	errs := all(metaUpdate(&pv.ObjectMeta, &old.ObjectMeta), PersistentVolume(pv))
	if !same(pv.Spec.PersistentVolumeSource, old.Spec.PersistentVolumeSource) {
		errs = append(errs, field.Forbidden(specPath().Child("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation"))
	}
	errs = append(errs, unchanged(specPath().Child("volumeMode"), pv.Spec.VolumeMode, old.Spec.VolumeMode)...)
	if old.Spec.NodeAffinity != nil {
		errs = append(errs, unchanged(specPath().Child("nodeAffinity"), pv.Spec.NodeAffinity, old.Spec.NodeAffinity)...)
	}
	return errs
}

// PersistentVolumeStatusUpdate checks a write of persistentvolumes/status.
func PersistentVolumeStatusUpdate(pv, old *corev1.PersistentVolume) field.ErrorList {
	return metaUpdate(&pv.ObjectMeta, &old.ObjectMeta)
}
