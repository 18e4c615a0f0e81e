package validation

import (
	"fmt"
	"strings"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ResourceClaim checks a resource claim.
func ResourceClaim(c *resourcev1.ResourceClaim) field.ErrorList {
	return all(namespaced(&c.ObjectMeta, subdomainName), resourceClaimSpec(specPath(), &c.Spec))
}

// ResourceClaimUpdate checks an update of a resource claim: its spec stays, and is not checked again.
func ResourceClaimUpdate(c, old *resourcev1.ResourceClaim) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), generated(&c.ObjectMeta, subdomainName), unchanged(specPath(), c.Spec, old.Spec))
}

// ResourceClaimTemplate checks a template of resource claims.
func ResourceClaimTemplate(t *resourcev1.ResourceClaimTemplate) field.ErrorList {
	return all(
		namespaced(&t.ObjectMeta, subdomainName),
		claimMetadata(specPath().Child("metadata"), &t.Spec.ObjectMeta),
		resourceClaimSpec(specPath().Child("spec"), &t.Spec.Spec),
	)
}

// ResourceClaimTemplateUpdate checks an update of a template: its spec stays.
func ResourceClaimTemplateUpdate(t, old *resourcev1.ResourceClaimTemplate) field.ErrorList {
	return all(metaUpdate(&t.ObjectMeta, &old.ObjectMeta), unchanged(specPath(), t.Spec, old.Spec), ResourceClaimTemplate(t))
}

// claimRequests are the names by which a claim's requests can be referred to.
type claimRequests sets.Set[string]

func requestsOf(spec *resourcev1.ResourceClaimSpec) claimRequests {
	names := claimRequests{}
	for _, r := range spec.Devices.Requests {
		names[r.Name] = sets.Empty{}
		for _, sub := range r.FirstAvailable {
			names[r.Name+"/"+sub.Name] = sets.Empty{}
		}
	}
	return names
}

// check demands the name of a request, or of a request and of one of those of which it takes the first available.
func (names claimRequests) check(at *field.Path, name string) field.ErrorList {
	var errs field.ErrorList
	for part := range strings.SplitSeq(name, "/") {
		errs = append(errs, matches(at, part, isLabel(part))...)
	}
	if _, known := names[name]; !known {
		errs = append(errs, field.Invalid(at, name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"))
	}
	return errs
}

func (names claimRequests) checkAll(path *field.Path, list []string, most int) field.ErrorList {
	return atMostOnce(path, list, most, func(at *field.Path, name *string) field.ErrorList { return names.check(at, *name) })
}

func resourceClaimSpec(path *field.Path, spec *resourcev1.ResourceClaimSpec) field.ErrorList {
	devices, known, names := path.Child("devices"), requestsOf(spec), seen[string]{}
	return all(
		atMost(devices.Child("requests"), spec.Devices.Requests, resourcev1.DeviceRequestsMaxSize, func(at *field.Path, r *resourcev1.DeviceRequest) field.ErrorList {
			return all(matches(at.Child("name"), r.Name, isLabel(r.Name)), deviceRequest(at, r), names.add(at, r.Name))
		}),
		atMost(devices.Child("constraints"), spec.Devices.Constraints, resourcev1.DeviceConstraintsMaxSize, func(at *field.Path, c *resourcev1.DeviceConstraint) field.ErrorList {
			return all(known.checkAll(at.Child("requests"), c.Requests, resourcev1.DeviceRequestsMaxSize), deviceConstraint(at, c))
		}),
		atMost(devices.Child("config"), spec.Devices.Config, resourcev1.DeviceConfigMaxSize, func(at *field.Path, c *resourcev1.DeviceClaimConfiguration) field.ErrorList {
			return all(known.checkAll(at.Child("requests"), c.Requests, resourcev1.DeviceRequestsMaxSize), deviceConfig(at, &c.DeviceConfiguration))
		}),
	)
}

func deviceConstraint(path *field.Path, c *resourcev1.DeviceConstraint) field.ErrorList {
	if c.MatchAttribute == nil && c.DistinctAttribute == nil {
		return one(field.Required(path, `exactly one of "matchAttribute" or "distinctAttribute" is required`))
	}
	var errs field.ErrorList
	if c.MatchAttribute != nil {
		errs = fullyQualifiedName(path.Child("matchAttribute"), string(*c.MatchAttribute))
	}
	if c.DistinctAttribute != nil {
		errs = append(errs, fullyQualifiedName(path.Child("distinctAttribute"), string(*c.DistinctAttribute))...)
	}
	return errs
}

func deviceRequest(path *field.Path, r *resourcev1.DeviceRequest) field.ErrorList {
	const rule = "exactly one of `exactly` or `firstAvailable` is required"
	switch {
	case r.Exactly != nil && len(r.FirstAvailable) > 0:
		return one(field.Invalid(path, nil, rule+", but multiple fields are set"))
	case r.Exactly == nil && len(r.FirstAvailable) == 0:
		return one(field.Required(path, rule))
	case r.Exactly != nil:
		e := r.Exactly
		return requestedDevices(path.Child("exactly"), &resourcev1.DeviceSubRequest{
			DeviceClassName: e.DeviceClassName, Selectors: e.Selectors, AllocationMode: e.AllocationMode, Count: e.Count, Tolerations: e.Tolerations,
		})
	}
	names := seen[string]{}
	return atMost(path.Child("firstAvailable"), r.FirstAvailable, resourcev1.FirstAvailableDeviceRequestMaxSize, func(at *field.Path, sub *resourcev1.DeviceSubRequest) field.ErrorList {
		return all(matches(at.Child("name"), sub.Name, isLabel(sub.Name)), requestedDevices(at, sub), names.add(at, sub.Name))
	})
}

// requestedDevices checks what both kinds of requests say about devices. Their capacities and the number of their tolerations are not looked at.
func requestedDevices(path *field.Path, r *resourcev1.DeviceSubRequest) field.ErrorList {
	errs := all(
		requiredAnd(path.Child("deviceClassName"), r.DeviceClassName, isSubdomain),
		deviceSelectors(path.Child("selectors"), r.Selectors),
		deviceCount(path, r.AllocationMode, r.Count),
	)
	for i := range r.Tolerations {
		errs = append(errs, deviceToleration(path.Child("tolerations").Index(i), &r.Tolerations[i])...)
	}
	return errs
}

func deviceCount(path *field.Path, mode resourcev1.DeviceAllocationMode, count int64) field.ErrorList {
	switch mode {
	case resourcev1.DeviceAllocationModeAll:
		if count != 0 {
			return one(field.Invalid(path.Child("count"), count, fmt.Sprintf("must not be specified when allocationMode is '%s'", mode)))
		}
	case resourcev1.DeviceAllocationModeExactCount:
		if count <= 0 {
			return one(field.Invalid(path.Child("count"), count, "must be greater than zero"))
		}
	default:
		return one(field.NotSupported(path.Child("allocationMode"), mode,
			[]resourcev1.DeviceAllocationMode{resourcev1.DeviceAllocationModeAll, resourcev1.DeviceAllocationModeExactCount}))
	}
	return nil
}

func deviceToleration(path *field.Path, t *resourcev1.DeviceToleration) field.ErrorList {
	errs := all(
		optional(path.Child("key"), t.Key, content.IsLabelKey),
		optionalOneOf(path.Child("operator"), t.Operator, resourcev1.DeviceTolerationOpEqual, resourcev1.DeviceTolerationOpExists),
		optionalOneOf(path.Child("effect"), t.Effect, deviceTaintEffects()...),
	)
	switch t.Operator {
	case resourcev1.DeviceTolerationOpExists:
		if t.Value != "" {
			errs = append(errs, field.Invalid(path.Child("value"), t.Value, "must be empty for operator `Exists`"))
		}
	case resourcev1.DeviceTolerationOpEqual:
		errs = append(errs, matches(path.Child("value"), t.Value, content.IsLabelValue(t.Value))...)
	}
	return errs
}

func deviceTaintEffects() []resourcev1.DeviceTaintEffect {
	return []resourcev1.DeviceTaintEffect{resourcev1.DeviceTaintEffectNoExecute, resourcev1.DeviceTaintEffectNoSchedule, resourcev1.DeviceTaintEffectNone}
}

// claimMetadata checks the metadata of claims to be: labels and annotations.
func claimMetadata(path *field.Path, m *metav1.ObjectMeta) field.ErrorList {
	return all(
		apivalidation.ValidateAnnotations(m.Annotations, path.Child("annotations")),
		metav1validation.ValidateLabels(m.Labels, path.Child("labels")),
		claimMeta(path, m),
	)
}
