package validation

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
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
		pointerOneOf(field.NewPath("reclaimPolicy"), c.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain),
	)
	if c.VolumeBindingMode == nil {
		errs = append(errs, field.Required(field.NewPath("volumeBindingMode"), ""))
	} else {
		errs = append(errs, pointerOneOf(field.NewPath("volumeBindingMode"), c.VolumeBindingMode, storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer)...)
	}
	return append(errs, allowedTopologies(field.NewPath("allowedTopologies"), c.AllowedTopologies)...)
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

// StorageClassUpdate checks an update of a storage class: how volumes are made stays.
func StorageClassUpdate(c, old *storagev1.StorageClass) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if !same(c.Parameters, old.Parameters) {
		errs = append(errs, field.Forbidden(field.NewPath("parameters"), "updates to parameters are forbidden."))
	}
	if c.Provisioner != old.Provisioner {
		errs = append(errs, field.Forbidden(field.NewPath("provisioner"), "updates to provisioner are forbidden."))
	}
	if !same(c.ReclaimPolicy, old.ReclaimPolicy) {
		errs = append(errs, field.Forbidden(field.NewPath("reclaimPolicy"), "updates to reclaimPolicy are forbidden."))
	}
	errs = append(errs, unchanged(field.NewPath("volumeBindingMode"), c.VolumeBindingMode, old.VolumeBindingMode)...)
	return append(errs, StorageClass(c)...)
}

// VolumeAttributesClass checks a volume attributes class.
func VolumeAttributesClass(c *storagev1.VolumeAttributesClass) field.ErrorList {
	return all(clusterScoped(&c.ObjectMeta, subdomainName), provisioner(field.NewPath("driverName"), c.DriverName),
		parameters(field.NewPath("parameters"), c.Parameters, false))
}

// VolumeAttributesClassUpdate checks an update of a volume attributes class: it stays as it is.
func VolumeAttributesClassUpdate(c, old *storagev1.VolumeAttributesClass) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
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
		requiredAnd(path.Child("nodeName"), spec.NodeName, isSubdomain),
	)
	source, name := path.Child("source"), spec.Source.PersistentVolumeName
	switch {
	case spec.Source.InlineVolumeSpec == nil && name == nil:
		errs = append(errs, field.Required(source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case spec.Source.InlineVolumeSpec != nil && name != nil:
		errs = append(errs, field.Forbidden(source, "must specify exactly one of inlineVolumeSpec and persistentVolumeName"))
	case name != nil:
		errs = append(errs, requiredAnd(source.Child("persistentVolumeName"), *name, isSubdomain)...)
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
	return metaUpdate(&a.ObjectMeta, &old.ObjectMeta)
}

// CSIDriver checks a CSI driver.
func CSIDriver(d *storagev1.CSIDriver) field.ErrorList {
	path, spec := specPath(), &d.Spec
	errs := all(clusterScoped(&d.ObjectMeta, subdomainName), csiDriverName(field.NewPath("name"), d.Name))
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
	audiences := seen[string]{}
	for i, r := range spec.TokenRequests {
		at := path.Child("tokenRequests").Index(i)
		errs = append(errs, audiences.add(at.Child("audience"), r.Audience)...)
		if r.ExpirationSeconds != nil && *r.ExpirationSeconds < minTokenSeconds {
			errs = append(errs, field.Invalid(at.Child("expirationSeconds"), *r.ExpirationSeconds, "may not specify a duration less than 10 minutes"))
		}
	}
	for _, mode := range spec.VolumeLifecycleModes {
		errs = append(errs, optionalOneOf(path.Child("volumeLifecycleModes"), mode, storagev1.VolumeLifecyclePersistent, storagev1.VolumeLifecycleEphemeral)...)
	}
	return errs
}

// CSIDriverUpdate checks an update of a CSI driver.
func CSIDriverUpdate(d, old *storagev1.CSIDriver) field.ErrorList {
	return all(
		metaUpdate(&d.ObjectMeta, &old.ObjectMeta),
		CSIDriver(d),
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
			at := path.Child("topologyKeys")
			errs = all(errs, requiredAnd(at, key, utilvalidation.IsQualifiedName), keys.add(at, key))
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
				errs = append(errs, field.Invalid(field.NewPath("CSINodeDriver"), now, immutable))
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
	if c.MaximumVolumeSize != nil && c.MaximumVolumeSize.Sign() < 0 {
		errs = append(errs, field.Invalid(field.NewPath("maximumVolumeSize"), c.MaximumVolumeSize.String(), notNegative))
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
