package validation

import (
	"fmt"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// notShared refuses a policy for the requests of one device that only one request gets.
func notShared(path *field.Path, _ *resourcev1.DeviceCapacity) field.ErrorList {
	return one(field.Forbidden(path, "allowMultipleAllocations must be true"))
}

// requestPolicy checks how much of a capacity requests may take: what is listed, or what lies in a range.
func requestPolicy(path *field.Path, c *resourcev1.DeviceCapacity) field.ErrorList {
	p, byDefault := c.RequestPolicy, path.Child("default")
	switch values := len(p.ValidValues) > 0; {
	case values && p.ValidRange != nil:
		return one(field.Forbidden(path, `exactly one policy can be specified, cannot specify "validValues" and "validRange" at the same time`))
	case values && p.Default == nil:
		return one(field.Required(byDefault, "required when validValues is defined"))
	case values:
		return validValues(path.Child("validValues"), c)
	case p.ValidRange != nil && p.Default == nil:
		return one(field.Required(byDefault, "required when validRange is defined"))
	case p.ValidRange != nil:
		return validRange(path.Child("validRange"), c)
	}
	return nil
}

const maxValidValues = 10

func validValues(path *field.Path, c *resourcev1.DeviceCapacity) field.ErrorList {
	values, found := c.RequestPolicy.ValidValues, false
	had := seen[string]{}
	var last *resource.Quantity
	errs := atMost(path, values, maxValidValues, func(at *field.Path, v *resource.Quantity) field.ErrorList {
		errs := had.add(at, v.String())
		if last != nil && v.Cmp(*last) < 0 {
			errs = append(errs, field.Invalid(at, v.String(), "values must be sorted in ascending order"))
		}
		if v.Cmp(c.Value) > 0 {
			errs = append(errs, field.Invalid(at, v.String(), "option is larger than capacity value: "+c.Value.String()))
		}
		last, found = v, found || v.Cmp(*c.RequestPolicy.Default) == 0
		return errs
	})
	if !found {
		errs = append(errs, field.Invalid(path, c.RequestPolicy.Default.String(), "default value is not valid according to the requestPolicy"))
	}
	return errs
}

func validRange(path *field.Path, c *resourcev1.DeviceCapacity) field.ErrorList {
	r, byDefault := c.RequestPolicy.ValidRange, c.RequestPolicy.Default
	if r.Min == nil {
		return one(field.Required(path.Child("min"), "required when validRange is defined"))
	}
	var errs field.ErrorList
	refuse := func(name string, value *resource.Quantity, format string, other *resource.Quantity) {
		errs = append(errs, field.Invalid(path.Child(name), value.String(), fmt.Sprintf(format, other)))
	}
	if r.Min.Cmp(c.Value) > 0 {
		refuse("min", r.Min, "min is larger than capacity value: %s", &c.Value)
	}
	if byDefault.Cmp(*r.Min) < 0 {
		refuse("min", byDefault, "default is less than min: %s", r.Min)
	}
	if r.Max != nil {
		if r.Max.Cmp(c.Value) > 0 {
			refuse("max", r.Max, "max is larger than capacity value: %s", &c.Value)
		}
		if r.Min.Cmp(*r.Max) > 0 {
			refuse("max", r.Min, "min is larger than max: %s", r.Max)
		}
		if byDefault.Cmp(*r.Max) > 0 {
			refuse("max", byDefault, "default is more than max: %s", r.Max)
		}
	}
	if r.Step != nil {
		errs = append(errs, validStep(path.Child("step"), c)...)
	}
	return errs
}

// validStep demands that the maximum and the default are some steps from the minimum.
func validStep(path *field.Path, c *resourcev1.DeviceCapacity) field.ErrorList {
	r, byDefault := c.RequestPolicy.ValidRange, c.RequestPolicy.Default
	if r.Step.IsZero() {
		return one(field.Invalid(path, r.Step.String(), "must not be zero")) // upstream divides by it and breaks the connection
	}
	var errs field.ErrorList
	first := r.Min.DeepCopy()
	if first.Add(*r.Step); first.Cmp(c.Value) > 0 {
		errs = append(errs, field.Invalid(path, r.Step.String(), fmt.Sprintf("one step %s is larger than capacity value: %s", &first, &c.Value)))
	}
	for _, value := range []*resource.Quantity{r.Max, byDefault} {
		if value != nil && !isSteps(value, r) {
			errs = append(errs, field.Invalid(path, value.String(), fmt.Sprintf("value is not a multiple of a given step (%s) from (%s)", r.Step, r.Min)))
		}
	}
	return errs
}

// isSteps computes in thousandths where these fit into an int64, else in whole units.
func isSteps(value *resource.Quantity, r *resourcev1.CapacityRequestPolicyRange) bool {
	const most = int64(1) << 52
	distance := value.DeepCopy()
	distance.Sub(*r.Min)
	if d, s := distance.Value(), r.Step.Value(); d > most || d < -most || s > most || s < -most {
		return divides(s, d)
	}
	return divides(r.Step.MilliValue(), distance.MilliValue())
}

// divides knows that a step which is rounded to nothing divides nothing.
func divides(step, distance int64) bool { return step != 0 && distance%step == 0 }
