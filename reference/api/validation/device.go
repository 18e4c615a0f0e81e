package validation

import (
	"fmt"
	"maps"
	"regexp"
	"slices"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// device checks a device of a slice, but for where it can be reached from.
func device(path *field.Path, d *resourcev1.Device) field.ErrorList {
	errs := matches(path.Child("name"), d.Name, isLabel(d.Name))
	if n := len(d.Attributes) + len(d.Capacity); n > resourcev1.ResourceSliceMaxAttributesAndCapacitiesPerDevice {
		errs = append(errs, field.Invalid(path, n, fmt.Sprintf("the total number of attributes and capacities must not exceed %d", resourcev1.ResourceSliceMaxAttributesAndCapacitiesPerDevice)))
	}
	shared := notShared
	if d.AllowMultipleAllocations != nil && *d.AllowMultipleAllocations {
		shared = requestPolicy
	}
	sets := seen[string]{}
	return all(errs,
		byName(path.Child("attributes"), d.Attributes, deviceAttribute),
		byName(path.Child("capacity"), d.Capacity, func(at *field.Path, c resourcev1.DeviceCapacity) field.ErrorList {
			if c.RequestPolicy == nil {
				return nil
			}
			return shared(at.Child("requestPolicy"), &c)
		}),
		atMost(path.Child("taints"), d.Taints, resourcev1.DeviceTaintsMaxLength, deviceTaint),
		atMost(path.Child("consumesCounters"), d.ConsumesCounters, resourcev1.ResourceSliceMaxDeviceCounterConsumptionsPerDevice, func(at *field.Path, c *resourcev1.DeviceCounterConsumption) field.ErrorList {
			return all(
				requiredAnd(at.Child("counterSet"), c.CounterSet, isLabel),
				counters(at.Child("counters"), c.Counters, resourcev1.ResourceSliceMaxCountersPerDeviceCounterConsumption),
				sets.add(at, c.CounterSet),
			)
		}),
		bindingConditions(path, d.BindingConditions, d.BindingFailureConditions),
	)
}

// byName checks what has qualified names.
func byName[T any](path *field.Path, m map[resourcev1.QualifiedName]T, check func(*field.Path, T) field.ErrorList) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(m)) {
		errs = all(errs, qualifiedName(path, string(name)), check(path.Key(string(name)), m[name]))
	}
	return errs
}

// semanticVersion is the grammar of semver.org 2.0.0.
var semanticVersion = regexp.MustCompile(`^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)` +
	`(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?` +
	`(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$`)

func deviceAttribute(path *field.Path, a resourcev1.DeviceAttribute) field.ErrorList {
	values := 0
	var errs field.ErrorList
	if a.IntValue != nil {
		values++
	}
	if a.BoolValue != nil {
		values++
	}
	if a.StringValue != nil {
		values++
		errs = append(errs, attributeLength(path.Child("string"), *a.StringValue)...)
	}
	if a.VersionValue != nil {
		values++
		at := path.Child("version")
		if !semanticVersion.MatchString(*a.VersionValue) {
			errs = append(errs, field.Invalid(at, *a.VersionValue, "must be a string compatible with semver.org spec 2.0.0"))
		}
		errs = append(errs, attributeLength(at, *a.VersionValue)...)
	}
	if values != 1 {
		errs = append(errs, field.Invalid(path, "", "exactly one value must be specified"))
	}
	return errs
}

func attributeLength(path *field.Path, value string) field.ErrorList {
	if len(value) > resourcev1.DeviceAttributeMaxValueLength {
		return one(field.TooLong(path, value, resourcev1.DeviceAttributeMaxValueLength))
	}
	return nil
}

func deviceTaint(path *field.Path, t *resourcev1.DeviceTaint) field.ErrorList {
	return all(
		matches(path.Child("key"), t.Key, content.IsLabelKey(t.Key)),
		matches(path.Child("value"), t.Value, content.IsLabelValue(t.Value)),
		oneOf(path.Child("effect"), t.Effect, deviceTaintEffects()...),
	)
}
