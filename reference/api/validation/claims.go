package validation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// claimSpec checks the spec of a claim, also of one within a pod.
func claimSpec(path *field.Path, spec *corev1.PersistentVolumeClaimSpec) field.ErrorList {
	errs := all(
		accessModes(path.Child("accessModes"), spec.AccessModes),
		labelSelector(path.Child("selector"), spec.Selector),
		claimSize(path.Child("resources").Key(string(corev1.ResourceStorage)), spec),
	)
	if name := spec.StorageClassName; name != nil {
		errs = append(errs, optional(path.Child("storageClassName"), *name, isSubdomain)...)
	}
	if name := spec.VolumeAttributesClassName; name != nil {
		errs = append(errs, optional(path.Child("volumeAttributesClassName"), *name, isSubdomain)...)
	}
	errs = append(errs, pointerOneOf(path.Child("volumeMode"), spec.VolumeMode, corev1.PersistentVolumeBlock, corev1.PersistentVolumeFilesystem)...)
	return append(errs, dataSources(path, spec)...)
}

func claimSize(path *field.Path, spec *corev1.PersistentVolumeClaimSpec) field.ErrorList {
	size, ok := spec.Resources.Requests[corev1.ResourceStorage]
	switch {
	case !ok:
		return one(field.Required(path, ""))
	case size.Sign() <= 0:
		return one(field.Invalid(path, size.String(), positive))
	}
	return nil
}

func accessModes(path *field.Path, modes []corev1.PersistentVolumeAccessMode) field.ErrorList {
	if len(modes) == 0 {
		return one(field.Required(path, "at least 1 access mode is required"))
	}
	var errs field.ErrorList
	for _, mode := range modes {
		errs = append(errs, pointerOneOf(path, &mode, corev1.ReadOnlyMany, corev1.ReadWriteMany, corev1.ReadWriteOnce, corev1.ReadWriteOncePod)...)
	}
	shared := func(mode corev1.PersistentVolumeAccessMode) bool { return mode != corev1.ReadWriteOncePod }
	if slices.Contains(modes, corev1.ReadWriteOncePod) && slices.ContainsFunc(modes, shared) {
		errs = append(errs, field.Forbidden(path, "may not use ReadWriteOncePod with other access modes"))
	}
	return errs
}

func dataSources(path *field.Path, spec *corev1.PersistentVolumeClaimSpec) field.ErrorList {
	var errs field.ErrorList
	a, b := spec.DataSource, spec.DataSourceRef
	if a != nil {
		errs = append(errs, dataSource(path.Child("dataSource"), a)...)
	}
	if b == nil {
		return errs
	}
	errs = append(errs, dataSource(path.Child("dataSourceRef"), &corev1.TypedLocalObjectReference{APIGroup: b.APIGroup, Kind: b.Kind, Name: b.Name})...)
	if b.Namespace != nil && *b.Namespace != "" { // of a template: a claim has lost it by now
		errs = append(errs, matches(path.Child("dataSourceRef", "namespace"), *b.Namespace, isLabel(*b.Namespace))...)
		if a != nil {
			errs = append(errs, field.Invalid(path, path.Child("dataSource"), "may not be specified when dataSourceRef.namespace is specified"))
		}
		return errs
	}
	if a != nil && (a.Kind != b.Kind || a.Name != b.Name || !same(a.APIGroup, b.APIGroup)) {
		errs = append(errs, field.Invalid(path, path.Child("dataSource"), "must match dataSourceRef"))
	}
	return errs
}

func dataSource(at *field.Path, ref *corev1.TypedLocalObjectReference) field.ErrorList {
	errs := all(required(at.Child("name"), ref.Name), required(at.Child("kind"), ref.Kind))
	if ref.APIGroup != nil {
		errs = append(errs, optional(at.Child("apiGroup"), *ref.APIGroup, isSubdomain)...)
	}
	if (ref.APIGroup == nil || *ref.APIGroup == "") && ref.Kind != "PersistentVolumeClaim" {
		errs = append(errs, field.Invalid(at, ref.Kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"))
	}
	return errs
}

// PersistentVolumeClaim checks a claim.
func PersistentVolumeClaim(c *corev1.PersistentVolumeClaim) field.ErrorList {
	return all(namespaced(&c.ObjectMeta, subdomainName), claimSpec(specPath(), &c.Spec))
}

// PersistentVolumeClaimUpdate checks an update of a claim: it is bound once, and a bound claim may grow and change its attributes.
func PersistentVolumeClaimUpdate(c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	path := specPath()
	errs := all(
		metaUpdate(&c.ObjectMeta, &old.ObjectMeta),
		PersistentVolumeClaim(c),
		unchanged(field.NewPath("volumeMode"), c.Spec.VolumeMode, old.Spec.VolumeMode),
		shrunk(path.Child("resources", "requests", "storage"), c, old),
	)
	if !same(frozen(c, old), &old.Spec) {
		errs = append(errs, field.Forbidden(path, "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"))
	}
	return errs
}

// frozen is the spec with what may change as it was.
func frozen(c, old *corev1.PersistentVolumeClaim) *corev1.PersistentVolumeClaimSpec {
	spec, before := c.Spec.DeepCopy(), old.Spec.DeepCopy()
	if before.VolumeName == "" {
		spec.VolumeName = ""
	}
	if before.StorageClassName == nil {
		spec.StorageClassName = nil // a default class may be filled in later (KEP-3333)
	}
	if c.Status.Phase != corev1.ClaimBound {
		return spec
	}
	if spec.Resources.Requests != nil {
		spec.Resources.Requests[corev1.ResourceStorage] = before.Resources.Requests[corev1.ResourceStorage]
	}
	spec.VolumeAttributesClassName = before.VolumeAttributesClassName
	return spec
}

// shrunk refuses to ask for no more than there already is; less than was asked for before is fine (KEP-1790).
func shrunk(path *field.Path, c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	size, was := c.Spec.Resources.Requests[corev1.ResourceStorage], old.Spec.Resources.Requests[corev1.ResourceStorage]
	if size.Cmp(was) >= 0 {
		return nil
	}
	if capacity := old.Status.Capacity[corev1.ResourceStorage]; size.Cmp(capacity) > 0 {
		return nil
	}
	return one(field.Forbidden(path, "field can not be less than status.capacity"))
}

// claimResource allows storage, and resources that only others know.
func claimResource(path *field.Path, name corev1.ResourceName) field.ErrorList {
	errs := matches(path, name, utilvalidation.IsQualifiedName(string(name)))
	if len(errs) == 0 && isNative(name) && name != corev1.ResourceStorage {
		errs = append(errs, field.NotSupported(path, name, []corev1.ResourceName{corev1.ResourceStorage}))
	}
	return errs
}

func allocatedResources(path *field.Path, list corev1.ResourceList) field.ErrorList {
	var errs field.ErrorList
	for name, q := range list {
		errs = append(errs, claimResource(path, name)...)
		if q.Sign() < 0 {
			errs = append(errs, field.Invalid(path.Key(string(name)), q.String(), notNegative))
		}
	}
	return errs
}

// PersistentVolumeClaimStatusUpdate checks a write of persistentvolumeclaims/status.
func PersistentVolumeClaimStatusUpdate(c, old *corev1.PersistentVolumeClaim) field.ErrorList {
	path, s := statusPath(), &c.Status
	errs := all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), resourceList(path.Child("capacity"), s.Capacity), allocatedResources(path.Child("allocatedResources"), s.AllocatedResources))
	if len(c.Spec.AccessModes) == 0 {
		errs = append(errs, field.Required(specPath().Child("accessModes"), ""))
	}
	states := []corev1.ClaimResourceStatus{
		corev1.PersistentVolumeClaimControllerResizeInProgress, corev1.PersistentVolumeClaimControllerResizeInfeasible,
		corev1.PersistentVolumeClaimNodeResizePending, corev1.PersistentVolumeClaimNodeResizeInProgress, corev1.PersistentVolumeClaimNodeResizeInfeasible,
	}
	for name, state := range s.AllocatedResourceStatuses {
		errs = append(errs, claimResource(path.Child("allocatedResourceStatuses"), name)...)
		if !slices.Contains(states, state) {
			errs = append(errs, field.NotSupported(path.Child("allocatedResourceStatuses"), corev1.ClaimResourceStatus(name), states))
		}
	}
	return errs
}
