package validation

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// Node checks a node.
func Node(n *corev1.Node) field.ErrorList {
	path := specPath()
	errs := all(
		clusterScoped(&n.ObjectMeta, subdomainName),
		taints(metadataPath().Child("taints"), n.Spec.Taints), // where upstream says that they are
		avoidedPods(n),
		nodeAmounts(&n.Status),
		podCIDRs(path, n),
	)
	return errs
}

// nodeAmounts checks how much a node has; it may have resources of any name.
func nodeAmounts(s *corev1.NodeStatus) field.ErrorList {
	var errs field.ErrorList
	for name, q := range s.Capacity {
		errs = append(errs, quantity(statusPath().Child("capacity", string(name)), name, q)...)
	}
	for name, q := range s.Allocatable {
		errs = append(errs, quantity(statusPath().Child("allocatable", string(name)), name, q)...)
	}
	return errs
}

// avoidedPods checks the annotation that keeps the pods of a controller away.
func avoidedPods(n *corev1.Node) field.ErrorList {
	value, ok := n.Annotations[corev1.PreferAvoidPodsAnnotationKey]
	if !ok {
		return nil
	}
	path := metadataPath().Child("annotations")
	var avoided corev1.AvoidPods
	if err := json.Unmarshal([]byte(value), &avoided); err != nil {
		return one(field.Invalid(path.Child("AvoidPods"), corev1.PreferAvoidPodsAnnotationKey, err.Error()))
	}
	var errs field.ErrorList
	for i, entry := range avoided.PreferAvoidPods {
		at, owner := path.Child(corev1.PreferAvoidPodsAnnotationKey).Index(i).Child("PodSignature"), entry.PodSignature.PodController
		switch {
		case owner == nil:
			errs = append(errs, field.Required(at, ""))
		case !isTrue(owner.Controller):
			errs = append(errs, field.Invalid(at.Child("PodController"), isTrue(owner.Controller), "must point to a controller"))
		}
	}
	return errs
}

// declaredFeatures demands the features of a node in order (KEP-5328).
// featureName is a name in upper camel case, or several words separated by slashes of which the first is.
var featureName = regexp.MustCompile(`^[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*$`)

func declaredFeatures(path *field.Path, names []string) field.ErrorList {
	var errs field.ErrorList
	for i := range names {
		if !featureName.MatchString(names[i]) {
			errs = append(errs, field.Invalid(path.Index(i), names[i], fmt.Sprintf("invalid feature name %q: must be words in upper camel case, separated by slashes", names[i])))
		}
		switch {
		case i > 0 && names[i] == names[i-1]:
			errs = append(errs, field.Duplicate(path.Index(i), names[i]))
		case i > 0 && names[i] < names[i-1]:
			errs = append(errs, field.Invalid(path.Index(i), names[i], "list must be sorted alphabetically"))
		}
	}
	return errs
}

func podCIDRs(path *field.Path, n *corev1.Node) field.ErrorList {
	var errs field.ErrorList
	for i, cidr := range n.Spec.PodCIDRs {
		errs = append(errs, utilvalidation.IsValidCIDRForLegacyField(path.Child("podCIDRs").Index(i), cidr, true, nil)...)
	}
	dual, err := netutils.IsDualStackCIDRStrings(n.Spec.PodCIDRs)
	if err != nil && len(n.Spec.PodCIDRs) > 1 {
		errs = append(errs, field.InternalError(path.Child("podCIDRs"), fmt.Errorf("invalid PodCIDRs: %w", err)))
	}
	if count := len(n.Spec.PodCIDRs); count > 2 || count == 2 && !dual {
		errs = append(errs, field.Invalid(path.Child("podCIDRs"), n.Spec.PodCIDRs, "may specify no more than one CIDR for each IP family"))
	}
	return errs
}

func taints(path *field.Path, list []corev1.Taint) field.ErrorList {
	var errs field.ErrorList
	type key struct {
		name   string
		effect corev1.TaintEffect
	}
	had := map[key]bool{}
	for i, t := range list {
		at := path.Index(i)
		errs = all(errs,
			metav1validation.ValidateLabelName(t.Key, at.Child("key")),
			matches(at.Child("value"), t.Value, utilvalidation.IsValidLabelValue(t.Value)),
			oneOf(at.Child("effect"), t.Effect, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute),
		)
		k := key{t.Key, t.Effect}
		if had[k] {
			err := field.Duplicate(at, t)
			err.Detail = "taints must be unique by key and effect pair"
			errs = append(errs, err)
		}
		had[k] = true
	}
	return errs
}

// NodeUpdate checks an update of a node: what names it to a cloud and a network is set once.
func NodeUpdate(n, old *corev1.Node) field.ErrorList {
	errs := all(metaUpdate(&n.ObjectMeta, &old.ObjectMeta), Node(n))
	path := specPath()
	if len(old.Spec.PodCIDRs) > 0 && !same(n.Spec.PodCIDRs, old.Spec.PodCIDRs) {
		errs = append(errs, field.Forbidden(path.Child("podCIDRs"), "node updates may not change podCIDR except from \"\" to valid"))
	}
	if old.Spec.ProviderID != "" && n.Spec.ProviderID != old.Spec.ProviderID {
		errs = append(errs, field.Forbidden(path.Child("providerID"), "node updates may not change providerID except from \"\" to valid"))
	}
	if n.Spec.DoNotUseExternalID != old.Spec.DoNotUseExternalID {
		errs = append(errs, field.Forbidden(path.Child("externalID"), "may not be updated"))
	}
	return errs
}

// NodeStatusUpdate checks a write of nodes/status.
func NodeStatusUpdate(n, old *corev1.Node) field.ErrorList {
	errs := all(
		metaUpdate(&n.ObjectMeta, &old.ObjectMeta),
		nodeAmounts(&n.Status),
		declaredFeatures(statusPath().Child("declaredFeatures"), n.Status.DeclaredFeatures),
	)
	had := seen[corev1.NodeAddress]{}
	for i, a := range n.Status.Addresses {
		errs = append(errs, had.add(statusPath().Child("addresses").Index(i), a)...)
	}
	return errs
}

// RuntimeClass checks a runtime class.
func RuntimeClass(c *nodev1.RuntimeClass) field.ErrorList {
	errs := all(
		freeClusterScoped(&c.ObjectMeta, subdomainName),
		requiredAnd(field.NewPath("handler"), c.Handler, isLabel),
	)
	if c.Overhead != nil {
		for name, q := range c.Overhead.PodFixed {
			errs = append(errs, containerResource(field.NewPath("overhead", "limits"), name, q)...) // as upstream names it
		}
	}
	if c.Scheduling != nil {
		at := field.NewPath("scheduling")
		errs = append(errs, metav1validation.ValidateLabels(c.Scheduling.NodeSelector, at.Child("nodeSelector"))...)
		errs = append(errs, differentTolerations(at.Child("tolerations"), c.Scheduling.Tolerations)...)
	}
	return errs
}

// differentTolerations checks tolerations of which no two tolerate the same, for whatever time.
func differentTolerations(path *field.Path, list []corev1.Toleration) field.ErrorList {
	errs := tolerations(path, list)
	for i := range list {
		if slices.ContainsFunc(list[:i], func(t corev1.Toleration) bool { return t.MatchToleration(&list[i]) }) {
			errs = append(errs, field.Duplicate(path.Index(i), list[i]))
		}
	}
	return errs
}

// RuntimeClassUpdate checks an update of a runtime class: its handler stays.
func RuntimeClassUpdate(c, old *nodev1.RuntimeClass) field.ErrorList {
	return all(freeMetaUpdate(&c.ObjectMeta, &old.ObjectMeta), unchanged(field.NewPath("handler"), c.Handler, old.Handler), RuntimeClass(c))
}
