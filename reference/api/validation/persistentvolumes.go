package validation

import (
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

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
		portalNameLength(path, pv),
		volumeAttributesOf(path, spec),
		mountOptions(pv),
	)
	if spec.HostPath != nil && filepath.Clean(spec.HostPath.Path) == "/" && spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimRecycle {
		errs = append(errs, field.Forbidden(path.Child("persistentVolumeReclaimPolicy"), "may not be 'recycle' for a hostPath mount of '/'"))
	}
	return errs
}

// mountOptions allows the old annotation with those kinds of storage that had it.
func mountOptions(pv *corev1.PersistentVolume) field.ErrorList {
	s := &pv.Spec
	_, asked := pv.Annotations[corev1.MountOptionAnnotation]
	without := s.HostPath != nil || s.Local != nil || s.FC != nil || s.Flocker != nil || s.CSI != nil ||
		s.FlexVolume != nil || s.PortworxVolume != nil || s.ScaleIO != nil || s.StorageOS != nil
	if !asked || !without {
		return nil
	}
	return one(field.Forbidden(metadataPath().Child("annotations", corev1.MountOptionAnnotation), "may not specify mount options for this volume type"))
}

// inlineVolume checks a volume within an attachment: it has no object of its own, so no claim and no place.
func inlineVolume(path *field.Path, spec *corev1.PersistentVolumeSpec) field.ErrorList {
	const inline = "in the context of inline volumes"
	errs := all(
		accessModes(path.Child("accessModes"), spec.AccessModes),
		persistentSource(path, &spec.PersistentVolumeSource),
	)
	if spec.CSI == nil {
		errs = append(errs, field.Required(path.Child("csi"), "has to be specified "+inline))
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"claimRef", spec.ClaimRef != nil},
		{"capacity", len(spec.Capacity) > 0},
		{"nodeAffinity", spec.NodeAffinity != nil},
		{"storageClassName", spec.StorageClassName != ""},
	} {
		if f.set {
			errs = append(errs, field.Forbidden(path.Child(f.name), "may not be specified "+inline))
		}
	}
	if spec.Local != nil {
		errs = append(errs, field.Required(path.Child("nodeAffinity"), "Local volume requires node affinity")) // which it may not have either
	}
	if p := spec.PersistentVolumeReclaimPolicy; p != "" && p != corev1.PersistentVolumeReclaimRetain {
		errs = append(errs, field.Forbidden(path.Child("persistentVolumeReclaimPolicy"), "may only be Retain "+inline))
	}
	if spec.VolumeMode != nil && *spec.VolumeMode != corev1.PersistentVolumeFilesystem {
		errs = append(errs, field.Forbidden(path.Child("volumeMode"), "may not specify volumeMode other than Filesystem "+inline))
	}
	return errs
}

func volumeCapacity(path *field.Path, capacity corev1.ResourceList) field.ErrorList {
	var errs field.ErrorList
	if len(capacity) == 0 {
		errs = append(errs, field.Required(path, ""))
	}
	if _, ok := capacity[corev1.ResourceStorage]; !ok || len(capacity) > 1 {
		errs = append(errs, field.NotSupported(path, capacity, []corev1.ResourceName{corev1.ResourceStorage}))
	}
	for name, size := range capacity {
		if size.Sign() <= 0 {
			errs = append(errs, field.Invalid(path.Key(string(name)), size.String(), positive))
		}
	}
	return errs
}

func volumeAttributesOf(path *field.Path, spec *corev1.PersistentVolumeSpec) field.ErrorList {
	name := spec.VolumeAttributesClassName
	if name == nil {
		return nil
	}
	errs := requiredAnd(path.Child("volumeAttributesClassName"), *name, isSubdomain)
	if spec.CSI == nil {
		errs = append(errs, field.Required(path.Child("csi"), "has to be specified when using volumeAttributesClassName"))
	}
	return errs
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

// PersistentVolumeUpdate checks an update of a volume: what it is made of stays.
func PersistentVolumeUpdate(pv, old *corev1.PersistentVolume) field.ErrorList {
	errs := all(
		metaUpdate(&pv.ObjectMeta, &old.ObjectMeta),
		PersistentVolume(pv),
		unchanged(field.NewPath("volumeMode"), pv.Spec.VolumeMode, old.Spec.VolumeMode),
	)
	if !same(pv.Spec.PersistentVolumeSource, old.Spec.PersistentVolumeSource) {
		errs = append(errs, field.Forbidden(specPath().Child("persistentvolumesource"), "spec.persistentvolumesource is immutable after creation"))
	}
	if !keepsPlace(pv.Spec.NodeAffinity, old.Spec.NodeAffinity) {
		errs = append(errs, field.Invalid(field.NewPath("nodeAffinity"), pv.Spec.NodeAffinity, "field is immutable, except for updating from beta label to GA"))
	}
	if pv.Spec.VolumeAttributesClassName == nil && old.Spec.VolumeAttributesClassName != nil {
		errs = append(errs, field.Forbidden(specPath().Child("volumeAttributesClassName"), "update from non-nil value to nil is forbidden"))
	}
	return errs
}

// keepsPlace says whether a volume stays on the nodes where it was. A volume
// without a place may get one, and labels may get the names that replaced them.
func keepsPlace(now, before *corev1.VolumeNodeAffinity) bool {
	if before == nil || same(now, before) {
		return true
	}
	if now == nil || now.Required == nil || before.Required == nil || len(now.Required.NodeSelectorTerms) != len(before.Required.NodeSelectorTerms) {
		return false
	}
	for i, was := range before.Required.NodeSelectorTerms {
		if !keepsTerm(&now.Required.NodeSelectorTerms[i], &was) {
			return false
		}
	}
	return true
}

func keepsTerm(now, before *corev1.NodeSelectorTerm) bool {
	return keepsRequirements(now.MatchFields, before.MatchFields) && keepsRequirements(now.MatchExpressions, before.MatchExpressions)
}

func keepsRequirements(now, before []corev1.NodeSelectorRequirement) bool {
	if len(now) != len(before) {
		return false
	}
	successors := map[string]string{
		corev1.LabelFailureDomainBetaZone:   corev1.LabelTopologyZone,
		corev1.LabelFailureDomainBetaRegion: corev1.LabelTopologyRegion,
		corev1.LabelInstanceType:            corev1.LabelInstanceTypeStable,
		"beta.kubernetes.io/os":             corev1.LabelOSStable,
		"beta.kubernetes.io/arch":           corev1.LabelArchStable,
	}
	for i, e := range now {
		was := before[i]
		if e.Key == successors[was.Key] { // or both are empty, as upstream
			e.Key = was.Key
		}
		if !same(e, was) {
			return false
		}
	}
	return true
}

// PersistentVolumeStatusUpdate checks a write of persistentvolumes/status.
func PersistentVolumeStatusUpdate(pv, old *corev1.PersistentVolume) field.ErrorList {
	return metaUpdate(&pv.ObjectMeta, &old.ObjectMeta)
}
