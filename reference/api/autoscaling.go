package api

import (
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// autoscalingResources is the row of HorizontalPodAutoscaler: stored as v2, also served as v1.
func autoscalingResources() []Resource {
	return []Resource{
		row[autoscalingv2.HorizontalPodAutoscaler, autoscalingv2.HorizontalPodAutoscalerList](Resource{
			Served: in(autoscalingv2.SchemeGroupVersion, autoscalingv1.SchemeGroupVersion),
			Plural: "horizontalpodautoscalers", Short: names("hpa"), Categories: names("all"), Status: true, NoGeneration: true,
			Columns: columns.HorizontalPodAutoscaler(),
		}, hooks[autoscalingv2.HorizontalPodAutoscaler]{
			validate: validation.HorizontalPodAutoscaler, validateUpdate: validation.HorizontalPodAutoscalerUpdate, validateStatus: validation.HorizontalPodAutoscalerStatusUpdate,
		}),
	}
}
