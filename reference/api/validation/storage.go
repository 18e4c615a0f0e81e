package validation

import (
	"fmt"
	"math"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// What parameters of a class may be at most.
const (
	maxParameters     = 512
	maxParameterBytes = 256 * 1024
	maxNodeIDLength   = 192
)

// StorageClass checks a storage class.
func StorageClass(c *storagev1.StorageClass) field.ErrorList {
	errs := all(
		clusterScoped(&c.ObjectMeta, subdomainName),
		provisioner(field.NewPath("provisioner"), c.Provisioner),
		parameters(field.NewPath("parameters"), c.Parameters, true),
		reclaimPolicy(field.NewPath("reclaimPolicy"), c.ReclaimPolicy),
	)
	if c.VolumeBindingMode == nil {
		errs = append(errs, field.Required(field.NewPath("volumeBindingMode"), ""))
	} else {
		errs = append(errs, pointerOneOf(field.NewPath("volumeBindingMode"), c.VolumeBindingMode, storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer)...)
	}
	return append(errs, allowedTopologies(field.NewPath("allowedTopologies"), c.AllowedTopologies)...)
}

// reclaimPolicy lets volumes be kept or deleted; nothing at all is as good as the default.
func reclaimPolicy(path *field.Path, policy *corev1.PersistentVolumeReclaimPolicy) field.ErrorList {
	if policy == nil {
		return nil
	}
	return optionalOneOf(path, *policy, corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain)
}

func provisioner(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return one(field.Required(path, name))
	}
	return matches(path, name, utilvalidation.IsQualifiedName(strings.ToLower(name)))
}

func parameters(path *field.Path, list map[string]string, emptyAllowed bool) field.ErrorList {
	var errs field.ErrorList
	if len(list) > maxParameters {
		errs = append(errs, field.TooLong(path, "", maxParameters))
	}
	if len(list) == 0 && !emptyAllowed {
		errs = append(errs, field.Required(path, "must contain at least one key/value pair"))
	}
	size := 0
	for key, value := range list {
		if key == "" {
			errs = append(errs, field.Invalid(path, key, "field can not be empty."))
		}
		size += len(key) + len(value)
	}
	if size > maxParameterBytes {
		errs = append(errs, field.TooLong(path, "", maxParameterBytes))
	}
	return errs
}

func allowedTopologies(path *field.Path, terms []corev1.TopologySelectorTerm) field.ErrorList {
	var errs field.ErrorList
	for i, term := range terms {
		again := func(before corev1.TopologySelectorTerm) bool { return sameTopology(term, before) }
		if len(term.MatchLabelExpressions) == 0 || slices.ContainsFunc(terms[:i], again) { // a term without any says what no term says
			errs = append(errs, field.Duplicate(path.Index(i).Child("matchLabelExpressions"), ""))
		}
		keys := map[string]bool{}
		for j, e := range term.MatchLabelExpressions {
			at := path.Index(i).Child("matchLabelExpressions").Index(j)
			errs = append(errs, metav1validation.ValidateLabelName(e.Key, at.Child("key"))...)
			if keys[e.Key] {
				errs = append(errs, field.Duplicate(at.Child("key"), e.Key))
			}
			keys[e.Key] = true
			if len(e.Values) == 0 {
				errs = append(errs, field.Required(at.Child("values"), ""))
			}
			values := seen[string]{}
			for k, value := range e.Values {
				errs = append(errs, values.add(at.Child("values").Index(k), value)...)
			}
		}
	}
	return errs
}

// sameTopology says whether two terms select the same, in whatever order they list it.
func sameTopology(a, b corev1.TopologySelectorTerm) bool {
	values := func(term corev1.TopologySelectorTerm) map[string]sets.Set[string] {
		m := map[string]sets.Set[string]{}
		for _, e := range term.MatchLabelExpressions {
			m[e.Key] = sets.New(e.Values...)
		}
		return m
	}
	return same(values(a), values(b))
}

// StorageClassUpdate checks an update of a storage class: how volumes are made stays.
func StorageClassUpdate(c, old *storagev1.StorageClass) field.ErrorList {
	return all(
		metaUpdate(&c.ObjectMeta, &old.ObjectMeta),
		StorageClass(c),
		unchanged(field.NewPath("parameters"), c.Parameters, old.Parameters),
		unchanged(field.NewPath("provisioner"), c.Provisioner, old.Provisioner),
		unchanged(field.NewPath("reclaimPolicy"), c.ReclaimPolicy, old.ReclaimPolicy),
		unchanged(field.NewPath("volumeBindingMode"), c.VolumeBindingMode, old.VolumeBindingMode),
	)
}

// VolumeAttributesClass checks a volume attributes class.
func VolumeAttributesClass(c *storagev1.VolumeAttributesClass) field.ErrorList {
	return all(clusterScoped(&c.ObjectMeta, subdomainName), provisioner(field.NewPath("driverName"), c.DriverName),
		parameters(field.NewPath("parameters"), c.Parameters, false))
}

// VolumeAttributesClassUpdate checks an update of a volume attributes class: it stays as it is.
func VolumeAttributesClassUpdate(c, old *storagev1.VolumeAttributesClass) field.ErrorList {
	errs := all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), VolumeAttributesClass(c))
	if c.DriverName != old.DriverName {
		errs = append(errs, field.Forbidden(field.NewPath("driverName"), "updates to driverName are forbidden."))
	}
	if !same(c.Parameters, old.Parameters) {
		errs = append(errs, field.Forbidden(field.NewPath("parameters"), "updates to parameters are forbidden."))
	}
	return errs
}

// VolumeAttachment checks a volume attachment.
func VolumeAttachment(a *storagev1.VolumeAttachment) field.ErrorList {
	path, spec := specPath(), &a.Spec
	errs := all(
		clusterScoped(&a.ObjectMeta, subdomainName),
		csiDriverName(path.Child("attacher"), spec.Attacher),
		matches(path.Child("nodeName"), spec.NodeName, isSubdomain(spec.NodeName)),
	)
	source, name := path.Child("source"), spec.Source.PersistentVolumeName
	switch {
	case spec.Source.InlineVolumeSpec == nil && name == nil:
		errs = append(errs, field.Required(source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case spec.Source.InlineVolumeSpec != nil && name != nil:
		errs = append(errs, field.Forbidden(source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case spec.Source.InlineVolumeSpec != nil:
		errs = append(errs, inlineVolume(source.Child("inlineVolumeSpec"), spec.Source.InlineVolumeSpec)...)
	default:
		at := source.Child("persistentVolumeName")
		errs = all(errs, required(at, *name), matches(at, *name, isSubdomain(*name)))
	}
	return errs
}

// VolumeAttachmentUpdate checks an update of a volume attachment: its spec stays.
func VolumeAttachmentUpdate(a, old *storagev1.VolumeAttachment) field.ErrorList {
	errs := all(metaUpdate(&a.ObjectMeta, &old.ObjectMeta), VolumeAttachment(a))
	if !same(a.Spec, old.Spec) {
		errs = append(errs, field.Invalid(specPath(), a.Spec, immutable))
	}
	return errs
}

// VolumeAttachmentStatusUpdate checks a write of volumeattachments/status.
func VolumeAttachmentStatusUpdate(a, old *storagev1.VolumeAttachment) field.ErrorList {
	path := statusPath()
	return all(metaUpdate(&a.ObjectMeta, &old.ObjectMeta),
		volumeError(path.Child("attachError"), a.Status.AttachError), volumeError(path.Child("detachError"), a.Status.DetachError))
}

// volumeError checks the code of gRPC with which a driver failed.
func volumeError(path *field.Path, e *storagev1.VolumeError) field.ErrorList {
	if e == nil || e.ErrorCode == nil || *e.ErrorCode >= 0 {
		return nil
	}
	return one(field.Invalid(path.Child("errorCode"), *e.ErrorCode, utilvalidation.InclusiveRangeError(0, math.MaxInt32)))
}

// minAllocatableSeconds is how often at most a driver may be asked what it can still attach (KEP-4876).
const minAllocatableSeconds = 10

// CSIDriver checks a CSI driver.
func CSIDriver(d *storagev1.CSIDriver) field.ErrorList {
	path, spec := specPath(), &d.Spec
	errs := clusterScoped(&d.ObjectMeta, subdomainName)
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"attachRequired", spec.AttachRequired != nil},
		{"podInfoOnMount", spec.PodInfoOnMount != nil},
		{"storageCapacity", spec.StorageCapacity != nil},
		{"seLinuxMount", spec.SELinuxMount != nil},
	} {
		if !f.set {
			errs = append(errs, field.Required(path.Child(f.name), ""))
		}
	}
	errs = append(errs, pointerOneOf(path.Child("fsGroupPolicy"), spec.FSGroupPolicy,
		storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy, storagev1.FileFSGroupPolicy, storagev1.NoneFSGroupPolicy)...)
	errs = append(errs, driverTokens(path, spec)...)
	if seconds := spec.NodeAllocatableUpdatePeriodSeconds; seconds != nil && *seconds < minAllocatableSeconds {
		errs = append(errs, field.Invalid(path.Child("nodeAllocatableUpdatePeriodSeconds"), *seconds, fmt.Sprintf("must be greater than or equal to %d seconds", minAllocatableSeconds)))
	}
	for _, mode := range spec.VolumeLifecycleModes {
		errs = append(errs, pointerOneOf(path.Child("volumeLifecycleModes"), &mode, storagev1.VolumeLifecyclePersistent, storagev1.VolumeLifecycleEphemeral)...)
	}
	return errs
}

// driverTokens checks the tokens that a driver gets to act for a pod.
func driverTokens(path *field.Path, spec *storagev1.CSIDriverSpec) field.ErrorList {
	var errs field.ErrorList
	audiences := seen[string]{}
	for i, r := range spec.TokenRequests {
		at := path.Child("tokenRequests").Index(i)
		errs = append(errs, audiences.add(at.Child("audience"), r.Audience)...)
		switch seconds := r.ExpirationSeconds; {
		case seconds == nil:
		case *seconds < minTokenSeconds:
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *seconds, "may not specify a duration less than 10 minutes"))
		case *seconds > maxTokenSeconds:
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *seconds, "may not specify a duration larger than 2^32 seconds"))
		}
	}
	if spec.ServiceAccountTokenInSecrets != nil && len(spec.TokenRequests) == 0 {
		errs = append(errs, field.Invalid(path.Child("serviceAccountTokenInSecrets"), *spec.ServiceAccountTokenInSecrets,
			"serviceAccountTokenInSecrets is set but no tokenRequests are specified"))
	}
	return errs
}

// CSIDriverUpdate checks an update of a CSI driver.
func CSIDriverUpdate(d, old *storagev1.CSIDriver) field.ErrorList {
	return all(
		metaUpdate(&d.ObjectMeta, &old.ObjectMeta),
		named(CSIDriver(d)),
		unchanged(specPath().Child("attachedRequired"), d.Spec.AttachRequired, old.Spec.AttachRequired),
		unchanged(specPath().Child("volumeLifecycleModes"), d.Spec.VolumeLifecycleModes, old.Spec.VolumeLifecycleModes),
	)
}

// CSINode checks the CSI drivers of a node.
func CSINode(n *storagev1.CSINode) field.ErrorList {
	errs := clusterScoped(&n.ObjectMeta, subdomainName)
	names := seen[string]{}
	for i := range n.Spec.Drivers {
		d, path := &n.Spec.Drivers[i], specPath().Child("drivers").Index(i)
		errs = all(errs, csiDriverName(path.Child("name"), d.Name), names.add(path.Child("name"), d.Name), required(path.Child("nodeID"), d.NodeID))
		if len(d.NodeID) > maxNodeIDLength {
			errs = append(errs, field.Invalid(path.Child("nodeID"), d.NodeID, "must be 192 characters or less"))
		}
		if d.Allocatable != nil {
			errs = append(errs, atLeastZero(path.Child("allocatable", "count"), d.Allocatable.Count)...)
		}
		keys := seen[string]{}
		for _, key := range d.TopologyKeys {
			errs = all(errs, required(path, key), matches(path, key, utilvalidation.IsQualifiedName(key)), keys.add(path, key))
		}
	}
	return errs
}

// CSINodeUpdate checks an update: a driver that stays does not change, apart from its capacity.
func CSINodeUpdate(n, old *storagev1.CSINode) field.ErrorList {
	errs := all(metaUpdate(&n.ObjectMeta, &old.ObjectMeta), CSINode(n))
	for _, before := range old.Spec.Drivers {
		for _, now := range n.Spec.Drivers {
			if now.Name != before.Name {
				continue
			}
			now.Allocatable = before.Allocatable // mutable since v1.33 (KEP-4876)
			if !same(now, before) {
				errs = append(errs, field.Invalid(specPath().Child("drivers"), now, immutable))
			}
		}
	}
	return errs
}

// CSIStorageCapacity checks a storage capacity.
func CSIStorageCapacity(c *storagev1.CSIStorageCapacity) field.ErrorList {
	errs := all(
		namespaced(&c.ObjectMeta, subdomainName),
		labelSelector(field.NewPath("nodeTopology"), c.NodeTopology),
		matches(field.NewPath("storageClassName"), c.StorageClassName, isSubdomain(c.StorageClassName)),
	)
	if c.Capacity != nil && c.Capacity.Sign() < 0 {
		errs = append(errs, field.Invalid(field.NewPath("capacity"), c.Capacity.String(), notNegative))
	}
	return errs
}

// CSIStorageCapacityUpdate checks an update of a storage capacity: its place stays.
func CSIStorageCapacityUpdate(c, old *storagev1.CSIStorageCapacity) field.ErrorList {
	errs := all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), CSIStorageCapacity(c))
	if !same(c.NodeTopology, old.NodeTopology) {
		errs = append(errs, field.Invalid(field.NewPath("nodeTopology"), c.NodeTopology, immutable))
	}
	if c.StorageClassName != old.StorageClassName {
		errs = append(errs, field.Invalid(field.NewPath("storageClassName"), c.StorageClassName, immutable))
	}
	return errs
}
