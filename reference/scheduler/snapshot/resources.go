package snapshot

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
)

// Resources is a sum of requests or of capacity, in the units in which the
// scheduler compares: milli-CPU, bytes, and whole numbers for the rest.
type Resources struct {
	MilliCPU         int64
	Memory           int64
	EphemeralStorage int64
	Scalar           map[corev1.ResourceName]int64 // extended resources and huge pages; nil when there are none
}

// ResourcesOf converts a list of quantities; the number of pods is not part of it.
func ResourcesOf(list corev1.ResourceList) Resources {
	var r Resources
	for name, quantity := range list {
		switch name {
		case corev1.ResourceCPU:
			r.MilliCPU = quantity.MilliValue()
		case corev1.ResourceMemory:
			r.Memory = quantity.Value()
		case corev1.ResourceEphemeralStorage:
			r.EphemeralStorage = quantity.Value()
		case corev1.ResourcePods:
		default:
			if r.Scalar == nil {
				r.Scalar = map[corev1.ResourceName]int64{}
			}
			r.Scalar[name] = quantity.Value()
		}
	}
	return r
}

// Plus returns the sum; neither operand is changed.
func (r Resources) Plus(o Resources) Resources { return r.combine(o, 1) }

// Minus returns the difference; neither operand is changed.
func (r Resources) Minus(o Resources) Resources { return r.combine(o, -1) }

func (r Resources) combine(o Resources, sign int64) Resources {
	sum := Resources{
		MilliCPU:         r.MilliCPU + sign*o.MilliCPU,
		Memory:           r.Memory + sign*o.Memory,
		EphemeralStorage: r.EphemeralStorage + sign*o.EphemeralStorage,
		Scalar:           r.Scalar,
	}
	if len(o.Scalar) == 0 {
		return sum
	}
	sum.Scalar = maps.Clone(r.Scalar)
	if sum.Scalar == nil {
		sum.Scalar = make(map[corev1.ResourceName]int64, len(o.Scalar))
	}
	for name, value := range o.Scalar {
		sum.Scalar[name] += sign * value
	}
	return sum
}
