package validation

import (
	"errors"
	"fmt"

	resourcev1 "k8s.io/api/resource/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	devicecel "k8s.io/dynamic-resource-allocation/cel"
)

// DeviceClass checks a device class.
func DeviceClass(c *resourcev1.DeviceClass) field.ErrorList {
	path := specPath()
	errs := all(clusterScoped(&c.ObjectMeta, subdomainName), deviceSelectors(path.Child("selectors"), c.Spec.Selectors))
	if len(c.Spec.Config) > resourcev1.DeviceConfigMaxSize {
		errs = append(errs, field.TooMany(path.Child("config"), len(c.Spec.Config), resourcev1.DeviceConfigMaxSize))
	}
	for i := range c.Spec.Config {
		errs = append(errs, deviceConfig(path.Child("config").Index(i), &c.Spec.Config[i].DeviceConfiguration)...)
	}
	return errs
}

// DeviceClassUpdate checks an update of a device class.
func DeviceClassUpdate(c, old *resourcev1.DeviceClass) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), DeviceClass(c))
}

// deviceSelectors compiles the expressions that choose devices.
func deviceSelectors(path *field.Path, list []resourcev1.DeviceSelector) field.ErrorList {
	var errs field.ErrorList
	if len(list) > resourcev1.DeviceSelectorsMaxSize {
		errs = append(errs, field.TooMany(path, len(list), resourcev1.DeviceSelectorsMaxSize))
	}
	for i, s := range list {
		if s.CEL == nil {
			errs = append(errs, field.Required(path.Index(i).Child("cel"), ""))
			continue
		}
		at := path.Index(i).Child("cel", "expression")
		if len(s.CEL.Expression) > resourcev1.CELSelectorExpressionMaxLength {
			errs = append(errs, field.TooLong(at, s.CEL.Expression, resourcev1.CELSelectorExpressionMaxLength))
			continue
		}
		compiler := devicecel.GetCompiler(devicecel.Features{EnableConsumableCapacity: true})
		result := compiler.CompileCELExpression(s.CEL.Expression, devicecel.Options{EnvType: new(environment.NewExpressions)})
		switch {
		case result.Error == nil:
			if result.MaxCost > resourcev1.CELSelectorExpressionMaxCost {
				errs = append(errs, field.Forbidden(at, "too complex, exceeds cost limit"))
			}
		case result.Error.Type == apiservercel.ErrorTypeRequired:
			errs = append(errs, field.Required(at, result.Error.Detail))
		case result.Error.Type == apiservercel.ErrorTypeInvalid:
			errs = append(errs, field.Invalid(at, s.CEL.Expression, result.Error.Detail))
		default:
			errs = append(errs, field.InternalError(at, errors.New(result.Error.Detail)))
		}
	}
	return errs
}

func deviceConfig(path *field.Path, c *resourcev1.DeviceConfiguration) field.ErrorList {
	if c.Opaque == nil {
		return one(field.Required(path.Child("opaque"), ""))
	}
	at := path.Child("opaque")
	errs := csiDriverName(at.Child("driver"), c.Opaque.Driver)
	switch size := len(c.Opaque.Parameters.Raw); {
	case size == 0:
		errs = append(errs, field.Required(at.Child("parameters"), ""))
	case size > resourcev1.OpaqueParametersMaxLength:
		errs = append(errs, field.TooLong(at.Child("parameters"), "", resourcev1.OpaqueParametersMaxLength))
	}
	return errs
}

// ResourceClaim checks a resource claim.
func ResourceClaim(c *resourcev1.ResourceClaim) field.ErrorList {
	return all(namespaced(&c.ObjectMeta, subdomainName), resourceClaimSpec(specPath(), &c.Spec))
}

func resourceClaimSpec(path *field.Path, spec *resourcev1.ResourceClaimSpec) field.ErrorList {
	devices := path.Child("devices")
	requests := devices.Child("requests")
	var errs field.ErrorList
	if len(spec.Devices.Requests) > resourcev1.DeviceRequestsMaxSize {
		errs = append(errs, field.TooMany(requests, len(spec.Devices.Requests), resourcev1.DeviceRequestsMaxSize))
	}
	names, known := seen[string]{}, map[string]bool{}
	for i := range spec.Devices.Requests {
		r, at := &spec.Devices.Requests[i], requests.Index(i)
		errs = all(errs, requiredAnd(at.Child("name"), r.Name, isLabel), names.add(at.Child("name"), r.Name), deviceRequest(at, r))
		known[r.Name] = true
		for _, sub := range r.FirstAvailable {
			known[r.Name+"/"+sub.Name] = true
		}
	}
	for i, c := range spec.Devices.Constraints {
		at := devices.Child("constraints").Index(i)
		errs = append(errs, knownRequests(at.Child("requests"), c.Requests, known)...)
		if c.MatchAttribute == nil && c.DistinctAttribute == nil {
			errs = append(errs, field.Required(at.Child("matchAttribute"), ""))
		}
	}
	for i := range spec.Devices.Config {
		c, at := &spec.Devices.Config[i], devices.Child("config").Index(i)
		errs = append(errs, knownRequests(at.Child("requests"), c.Requests, known)...)
		errs = append(errs, deviceConfig(at, &c.DeviceConfiguration)...)
	}
	return errs
}

func knownRequests(path *field.Path, names []string, known map[string]bool) field.ErrorList {
	var errs field.ErrorList
	had := seen[string]{}
	for i, name := range names {
		if !known[name] {
			errs = append(errs, field.Invalid(path.Index(i), name, "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"))
		}
		errs = append(errs, had.add(path.Index(i), name)...)
	}
	return errs
}

func deviceRequest(path *field.Path, r *resourcev1.DeviceRequest) field.ErrorList {
	switch {
	case r.Exactly != nil && len(r.FirstAvailable) > 0:
		return one(field.Invalid(path, nil, "exactly one of `exactly` or `firstAvailable` must be specified"))
	case r.Exactly != nil:
		e, at := r.Exactly, path.Child("exactly")
		return all(requiredAnd(at.Child("deviceClassName"), e.DeviceClassName, isSubdomain),
			deviceSelectors(at.Child("selectors"), e.Selectors), deviceCount(at, e.AllocationMode, e.Count))
	case len(r.FirstAvailable) == 0:
		return one(field.Required(path, "exactly one of `exactly` or `firstAvailable` is required"))
	}
	var errs field.ErrorList
	at := path.Child("firstAvailable")
	if len(r.FirstAvailable) > resourcev1.FirstAvailableDeviceRequestMaxSize {
		errs = append(errs, field.TooMany(at, len(r.FirstAvailable), resourcev1.FirstAvailableDeviceRequestMaxSize))
	}
	names := seen[string]{}
	for i := range r.FirstAvailable {
		sub, at := &r.FirstAvailable[i], at.Index(i)
		errs = all(errs, requiredAnd(at.Child("name"), sub.Name, isLabel), names.add(at.Child("name"), sub.Name),
			requiredAnd(at.Child("deviceClassName"), sub.DeviceClassName, isSubdomain),
			deviceSelectors(at.Child("selectors"), sub.Selectors), deviceCount(at, sub.AllocationMode, sub.Count))
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

// ResourceClaimUpdate checks an update of a resource claim: its spec stays.
func ResourceClaimUpdate(c, old *resourcev1.ResourceClaim) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), unchanged(specPath(), c.Spec, old.Spec), ResourceClaim(c))
}

// ResourceClaimStatusUpdate checks a write of resourceclaims/status: an allocation
// stays until it is given back, and only an allocated claim is reserved.
func ResourceClaimStatusUpdate(c, old *resourcev1.ResourceClaim) field.ErrorList {
	path, s := statusPath(), &c.Status
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	if old.Status.Allocation != nil && s.Allocation != nil {
		errs = append(errs, unchanged(path.Child("allocation"), s.Allocation, old.Status.Allocation)...)
	}
	if len(s.ReservedFor) > 0 && s.Allocation == nil {
		errs = append(errs, field.Forbidden(path.Child("reservedFor"), "may not be specified when `allocated` is not set"))
	}
	if len(s.ReservedFor) > len(old.Status.ReservedFor) && c.DeletionTimestamp != nil {
		errs = append(errs, field.Forbidden(path.Child("reservedFor"), "new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set"))
	}
	if len(s.ReservedFor) > resourcev1.ResourceClaimReservedForMaxSize {
		errs = append(errs, field.TooMany(path.Child("reservedFor"), len(s.ReservedFor), resourcev1.ResourceClaimReservedForMaxSize))
	}
	consumers := seen[string]{}
	for i, r := range s.ReservedFor {
		at := path.Child("reservedFor").Index(i)
		errs = all(errs, required(at.Child("resource"), r.Resource), required(at.Child("name"), r.Name), required(at.Child("uid"), r.UID),
			consumers.add(at.Child("uid"), string(r.UID)))
	}
	for i, d := range s.Devices {
		errs = append(errs, conditions(path.Child("devices").Index(i).Child("conditions"), d.Conditions)...)
	}
	return errs
}

// ResourceClaimTemplate checks a template of resource claims.
func ResourceClaimTemplate(t *resourcev1.ResourceClaimTemplate) field.ErrorList {
	return all(namespaced(&t.ObjectMeta, subdomainName), resourceClaimSpec(specPath().Child("spec"), &t.Spec.Spec))
}

// ResourceClaimTemplateUpdate checks an update of a template: its spec stays.
func ResourceClaimTemplateUpdate(t, old *resourcev1.ResourceClaimTemplate) field.ErrorList {
	return all(metaUpdate(&t.ObjectMeta, &old.ObjectMeta), unchanged(specPath(), t.Spec, old.Spec), ResourceClaimTemplate(t))
}

// ResourceSlice checks a resource slice.
func ResourceSlice(s *resourcev1.ResourceSlice) field.ErrorList {
	path, spec := specPath(), &s.Spec
	errs := all(
		clusterScoped(&s.ObjectMeta, subdomainName),
		csiDriverName(path.Child("driver"), spec.Driver),
		required(path.Child("pool", "name"), spec.Pool.Name),
		atLeastZero(path.Child("pool", "generation"), &spec.Pool.Generation),
		resourceSliceNodes(path, spec),
	)
	if spec.Pool.ResourceSliceCount <= 0 {
		errs = append(errs, field.Invalid(path.Child("pool", "resourceSliceCount"), spec.Pool.ResourceSliceCount, "must be greater than zero"))
	}
	if len(spec.Devices) > resourcev1.ResourceSliceMaxDevices {
		errs = append(errs, field.TooMany(path.Child("devices"), len(spec.Devices), resourcev1.ResourceSliceMaxDevices))
	}
	names := seen[string]{}
	for i := range spec.Devices {
		d, at := &spec.Devices[i], path.Child("devices").Index(i)
		errs = all(errs, requiredAnd(at.Child("name"), d.Name, isLabel), names.add(at.Child("name"), d.Name))
		if n := len(d.Attributes) + len(d.Capacity); n > resourcev1.ResourceSliceMaxAttributesAndCapacitiesPerDevice {
			errs = append(errs, field.Invalid(at, n, fmt.Sprintf("the total number of attributes and capacities must not exceed %d", resourcev1.ResourceSliceMaxAttributesAndCapacitiesPerDevice)))
		}
		for j, taint := range d.Taints {
			where := at.Child("taints").Index(j)
			errs = append(errs, requiredAnd(where.Child("key"), taint.Key, utilvalidation.IsQualifiedName)...)
			errs = append(errs, required(where.Child("effect"), taint.Effect)...)
		}
	}
	return errs
}

func resourceSliceNodes(path *field.Path, spec *resourcev1.ResourceSliceSpec) field.ErrorList {
	set := 0
	var errs field.ErrorList
	if spec.NodeName != nil {
		set++
		errs = append(errs, requiredAnd(path.Child("nodeName"), *spec.NodeName, isSubdomain)...)
	}
	if spec.NodeSelector != nil {
		set++
		errs = append(errs, nodeSelector(path.Child("nodeSelector"), spec.NodeSelector)...)
	}
	if spec.AllNodes != nil {
		set++
	}
	if spec.PerDeviceNodeSelection != nil {
		set++
	}
	switch set {
	case 0:
		// A slice with shared counters only has no devices, and so no nodes.
		if len(spec.SharedCounters) == 0 {
			errs = append(errs, field.Required(path, "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"))
		}
	case 1:
	default:
		errs = append(errs, field.Invalid(path, nil, "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set"))
	}
	return errs
}

// ResourceSliceUpdate checks an update of a resource slice: its driver, pool and node stay.
func ResourceSliceUpdate(s, old *resourcev1.ResourceSlice) field.ErrorList {
	path := specPath()
	return all(
		metaUpdate(&s.ObjectMeta, &old.ObjectMeta),
		ResourceSlice(s),
		unchanged(path.Child("driver"), s.Spec.Driver, old.Spec.Driver),
		unchanged(path.Child("pool", "name"), s.Spec.Pool.Name, old.Spec.Pool.Name),
		unchanged(path.Child("nodeName"), s.Spec.NodeName, old.Spec.NodeName),
	)
}
