package columns

import (
	"fmt"
	"strconv"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/api/resource"
)

// HorizontalPodAutoscaler are the columns of autoscalers.
func HorizontalPodAutoscaler() []Column {
	return named[autoscalingv2.HorizontalPodAutoscaler](
		text("Reference", "What is scaled.", func(h *autoscalingv2.HorizontalPodAutoscaler) string {
			return h.Spec.ScaleTargetRef.Kind + "/" + h.Spec.ScaleTargetRef.Name
		}),
		text("Targets", "Current and wanted values of the metrics.", targets),
		text("MinPods", "Least number of pods.", func(h *autoscalingv2.HorizontalPodAutoscaler) string {
			if h.Spec.MinReplicas == nil {
				return unset
			}
			return strconv.Itoa(int(*h.Spec.MinReplicas))
		}),
		declared("string", number("MaxPods", "Largest number of pods.", func(h *autoscalingv2.HorizontalPodAutoscaler) int32 { return h.Spec.MaxReplicas })),
		declared("string", number("Replicas", "Pods that are there.", func(h *autoscalingv2.HorizontalPodAutoscaler) int32 { return h.Status.CurrentReplicas })),
		age[autoscalingv2.HorizontalPodAutoscaler](),
	)
}

// listedMetrics is how many metrics a cell lists.
const listedMetrics = 2

func targets(h *autoscalingv2.HorizontalPodAutoscaler) string {
	var list []string
	for i, spec := range h.Spec.Metrics {
		var status autoscalingv2.MetricStatus
		if i < len(h.Status.CurrentMetrics) {
			status = h.Status.CurrentMetrics[i]
		}
		list = append(list, target(spec, status))
	}
	return or(first(listedMetrics, ", ", list), none)
}

func target(spec autoscalingv2.MetricSpec, status autoscalingv2.MetricStatus) string {
	var current autoscalingv2.MetricValueStatus
	switch {
	case spec.External != nil:
		if status.External != nil {
			current = status.External.Current
		}
		if spec.External.Target.AverageValue != nil {
			return ratio(current.AverageValue, spec.External.Target.AverageValue) + " (avg)"
		}
		return ratio(current.Value, spec.External.Target.Value)
	case spec.Pods != nil:
		if status.Pods != nil {
			current = status.Pods.Current
		}
		return ratio(current.AverageValue, spec.Pods.Target.AverageValue)
	case spec.Object != nil:
		if status.Object != nil {
			current = status.Object.Current
		}
		if spec.Object.Target.AverageValue != nil {
			return ratio(current.AverageValue, spec.Object.Target.AverageValue) + " (avg)"
		}
		return ratio(current.Value, spec.Object.Target.Value)
	case spec.Resource != nil:
		if status.Resource != nil {
			current = status.Resource.Current
		}
		return string(spec.Resource.Name) + ": " + resourceRatio(current, spec.Resource.Target)
	case spec.ContainerResource != nil:
		if status.ContainerResource != nil {
			current = status.ContainerResource.Current
		}
		return string(spec.ContainerResource.Name) + ": " + resourceRatio(current, spec.ContainerResource.Target)
	default:
		return unknown
	}
}

func resourceRatio(current autoscalingv2.MetricValueStatus, target autoscalingv2.MetricTarget) string {
	if target.AverageValue != nil {
		return ratio(current.AverageValue, target.AverageValue)
	}
	return percent(current.AverageUtilization, unknown) + "/" + percent(target.AverageUtilization, "<auto>")
}

func percent(value *int32, instead string) string {
	if value == nil {
		return instead
	}
	return fmt.Sprintf("%d%%", *value)
}

func ratio(current, target *resource.Quantity) string {
	now := unknown
	if current != nil {
		now = current.String()
	}
	if target == nil {
		return now + "/" + unknown
	}
	return now + "/" + target.String()
}

// Scale are the columns of what /scale answers.
func Scale() []Column {
	return []Column{
		text("Name", "Name of the object that is scaled.", func(s *autoscalingv1.Scale) string { return s.Name }),
		number("Desired", "Pods that are wanted.", func(s *autoscalingv1.Scale) int32 { return s.Spec.Replicas }),
		number("Available", "Pods that are there.", func(s *autoscalingv1.Scale) int32 { return s.Status.Replicas }),
		age[autoscalingv1.Scale](),
	}
}
