package validation

import (
	"maps"
	"slices"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ResourceSlice checks a resource slice.
func ResourceSlice(s *resourcev1.ResourceSlice) field.ErrorList {
	return all(clusterScoped(&s.ObjectMeta, subdomainName), csiDriverName(specPath().Child("driver"), s.Spec.Driver), poolName(specPath().Child("pool", "name"), s.Spec.Pool.Name), resourceSliceSpec(&s.Spec))
}

// ResourceSliceUpdate checks an update of a resource slice: its driver, pool and node stay.
func ResourceSliceUpdate(s, old *resourcev1.ResourceSlice) field.ErrorList {
	path := specPath()
	return all(
		metaUpdate(&s.ObjectMeta, &old.ObjectMeta),
		named(ResourceSlice(s)),
		unchanged(path.Child("driver"), s.Spec.Driver, old.Spec.Driver),
		unchanged(path.Child("pool", "name"), s.Spec.Pool.Name, old.Spec.Pool.Name),
		unchanged(path.Child("nodeName"), s.Spec.NodeName, old.Spec.NodeName),
	)
}

func resourceSliceSpec(spec *resourcev1.ResourceSliceSpec) field.ErrorList {
	path, names := specPath(), seen[string]{}
	errs := resourceSliceNodes(path, spec)
	if pool := path.Child("pool"); spec.Pool.Generation < 0 {
		errs = append(errs, field.Invalid(pool.Child("generation"), spec.Pool.Generation, "must be greater than or equal to zero"))
	}
	if spec.Pool.ResourceSliceCount <= 0 {
		errs = append(errs, field.Invalid(path.Child("pool", "resourceSliceCount"), spec.Pool.ResourceSliceCount, "must be greater than zero"))
	}
	if len(spec.SharedCounters) > 0 && len(spec.Devices) > 0 {
		errs = append(errs, field.Invalid(path, nil, "only one of `sharedCounters` or `devices` is allowed"))
	}
	perDevice := spec.PerDeviceNodeSelection != nil && *spec.PerDeviceNodeSelection
	sets := seen[string]{}
	return all(errs,
		atMost(path.Child("devices"), spec.Devices, mostDevices(spec.Devices), func(at *field.Path, d *resourcev1.Device) field.ErrorList {
			nodes := sharedNodes
			if perDevice {
				nodes = deviceNodes
			}
			return all(device(at, d), nodes(at, d), names.add(at, d.Name))
		}),
		atMost(path.Child("sharedCounters"), spec.SharedCounters, resourcev1.ResourceSliceMaxCounterSets, func(at *field.Path, s *resourcev1.CounterSet) field.ErrorList {
			return all(
				requiredAnd(at.Child("name"), s.Name, isLabel),
				counters(at.Child("counters"), s.Counters, resourcev1.ResourceSliceMaxCountersPerCounterSet),
				sets.add(at, s.Name),
			)
		}),
	)
}

// mostDevices is how many devices one slice may have; taints and counters make them large.
func mostDevices(devices []resourcev1.Device) int {
	if slices.ContainsFunc(devices, func(d resourcev1.Device) bool { return len(d.Taints) > 0 || len(d.ConsumesCounters) > 0 }) {
		return resourcev1.ResourceSliceMaxDevicesWithAdvancedFeatures
	}
	return resourcev1.ResourceSliceMaxDevices
}

func counters(path *field.Path, m map[string]resourcev1.Counter, most int) field.ErrorList {
	switch {
	case len(m) == 0:
		return one(field.Required(path, ""))
	case len(m) > most:
		return one(field.TooMany(path, len(m), most))
	}
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(m)) {
		errs = append(errs, matches(path, name, isLabel(name))...)
	}
	return errs
}

const (
	unsetOrTrue   = "must be either unset or set to true"
	oneOfAllNodes = "exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required"
	oneOfNodes    = "exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
	noNodes       = "`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec"
)

// resourceSliceNodes checks from where the devices of a slice can be reached.
func resourceSliceNodes(path *field.Path, spec *resourcev1.ResourceSliceSpec) field.ErrorList {
	set := 0
	var errs field.ErrorList
	if spec.NodeName != nil {
		if *spec.NodeName == "" {
			errs = append(errs, field.Invalid(path.Child("nodeName"), "", "must be either unset or set to a non-empty string"))
		} else {
			set++
			errs = append(errs, matches(path.Child("nodeName"), *spec.NodeName, isSubdomain(*spec.NodeName))...)
		}
	}
	if s := spec.NodeSelector; s != nil {
		set++
		errs = append(errs, nodeSelector(path.Child("nodeSelector"), s)...)
		if len(s.NodeSelectorTerms) != 1 {
			errs = append(errs, field.Invalid(path.Child("nodeSelector", "nodeSelectorTerms"), s.NodeSelectorTerms, "must have exactly one node selector term"))
		}
	}
	for name, value := range map[string]*bool{"allNodes": spec.AllNodes, "perDeviceNodeSelection": spec.PerDeviceNodeSelection} {
		switch {
		case value == nil:
		case *value:
			set++
		default:
			errs = append(errs, field.Invalid(path.Child(name), false, unsetOrTrue))
		}
	}
	switch set {
	case 0:
		errs = append(errs, field.Required(path, oneOfAllNodes))
	case 1:
	default:
		errs = append(errs, field.Invalid(path, nil, oneOfAllNodes+", but multiple fields are set"))
	}
	return errs
}

// sharedNodes refuses nodes of a device in a slice whose devices are all reached from the same nodes.
func sharedNodes(path *field.Path, d *resourcev1.Device) field.ErrorList {
	if d.NodeName == nil && d.NodeSelector == nil && d.AllNodes == nil {
		return nil
	}
	return one(field.Invalid(path, nil, noNodes))
}

// deviceNodes checks from where one device can be reached.
func deviceNodes(path *field.Path, d *resourcev1.Device) field.ErrorList {
	set := 0
	var errs field.ErrorList
	if d.NodeName != nil {
		if *d.NodeName == "" {
			errs = append(errs, field.Invalid(path.Child("nodeName"), "", "must not be empty"))
		} else {
			set++
			errs = append(errs, matches(path.Child("nodeName"), *d.NodeName, isSubdomain(*d.NodeName))...)
		}
	}
	if d.NodeSelector != nil {
		set++
		errs = append(errs, nodeSelector(path.Child("nodeSelector"), d.NodeSelector)...)
	}
	if d.AllNodes != nil {
		if *d.AllNodes {
			set++
		} else {
			errs = append(errs, field.Invalid(path.Child("allNodes"), false, unsetOrTrue))
		}
	}
	switch set {
	case 0:
		errs = append(errs, field.Required(path, oneOfNodes))
	case 1:
	default:
		errs = append(errs, field.Invalid(path, nil, oneOfNodes))
	}
	return errs
}
