package scheme

import (
	"encoding/json"
	"maps"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// What autoscaling/v1 has no field for travels in these annotations as JSON
// (https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#api-object).
const (
	metricsAnnotation        = "autoscaling.alpha.kubernetes.io/metrics"
	currentMetricsAnnotation = "autoscaling.alpha.kubernetes.io/current-metrics"
	conditionsAnnotation     = "autoscaling.alpha.kubernetes.io/conditions"
	behaviorAnnotation       = "autoscaling.alpha.kubernetes.io/behavior"
)

// addAutoscaling makes autoscaling/v2 the hub of HorizontalPodAutoscaler. Scale exists in v1 only.
func addAutoscaling(s *runtime.Scheme) {
	s.AddKnownTypes(schema.GroupVersion{Group: autoscalingv1.GroupName, Version: runtime.APIVersionInternal}, &autoscalingv1.Scale{})
	addConversions(s, autoscalerToV2, autoscalerToV1)
	addConversions(s,
		func(in *autoscalingv1.HorizontalPodAutoscalerList, out *autoscalingv2.HorizontalPodAutoscalerList) (err error) {
			out.ListMeta = in.ListMeta
			out.Items, err = convertItems(in.Items, autoscalerToV2)
			return err
		},
		func(in *autoscalingv2.HorizontalPodAutoscalerList, out *autoscalingv1.HorizontalPodAutoscalerList) (err error) {
			out.ListMeta = in.ListMeta
			out.Items, err = convertItems(in.Items, autoscalerToV1)
			return err
		})
}

// autoscalerToV2 reads the annotations back into fields. An annotation that is
// not valid JSON is dropped, since its writer can not be told.
func autoscalerToV2(in *autoscalingv1.HorizontalPodAutoscaler, out *autoscalingv2.HorizontalPodAutoscaler) error {
	*out = autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: in.ObjectMeta,
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
			MinReplicas:    in.Spec.MinReplicas,
			MaxReplicas:    in.Spec.MaxReplicas,
		},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{
			ObservedGeneration: in.Status.ObservedGeneration,
			LastScaleTime:      in.Status.LastScaleTime,
			CurrentReplicas:    in.Status.CurrentReplicas,
			DesiredReplicas:    in.Status.DesiredReplicas,
		},
	}
	if percent := in.Spec.TargetCPUUtilizationPercentage; percent != nil {
		out.Spec.Metrics = append(out.Spec.Metrics, cpuUtilization(percent))
	}

	var metrics []autoscalingv1.MetricSpec
	if decodeAnnotation(in.Annotations, metricsAnnotation, &metrics) {
		for i := range metrics {
			out.Spec.Metrics = append(out.Spec.Metrics, metricToV2(&metrics[i]))
		}
	}
	out.Status.CurrentMetrics = currentMetricsToV2(in)
	var conditions []autoscalingv1.HorizontalPodAutoscalerCondition
	if decodeAnnotation(in.Annotations, conditionsAnnotation, &conditions) {
		for _, c := range conditions {
			out.Status.Conditions = append(out.Status.Conditions, autoscalingv2.HorizontalPodAutoscalerCondition{
				Type: autoscalingv2.HorizontalPodAutoscalerConditionType(c.Type), Status: c.Status,
				LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message,
			})
		}
	}
	var behavior autoscalingv2.HorizontalPodAutoscalerBehavior
	if decodeAnnotation(in.Annotations, behaviorAnnotation, &behavior) {
		out.Spec.Behavior = &behavior
	}
	out.Annotations = withoutAutoscalingAnnotations(in.Annotations)
	return nil
}

// currentMetricsToV2 reads the annotation; the CPU percentage of the v1 field
// wins over the one in the annotation.
func currentMetricsToV2(in *autoscalingv1.HorizontalPodAutoscaler) []autoscalingv2.MetricStatus {
	percent := in.Status.CurrentCPUUtilizationPercentage
	var out []autoscalingv2.MetricStatus
	var current []autoscalingv1.MetricStatus
	if decodeAnnotation(in.Annotations, currentMetricsAnnotation, &current) {
		for i := range current {
			status := metricStatusToV2(&current[i])
			if percent != nil && isCurrentCPUUtilization(&status) {
				status.Resource.Current.AverageUtilization, percent = percent, nil
			}
			out = append(out, status)
		}
	}
	if percent != nil {
		out = append([]autoscalingv2.MetricStatus{currentCPUUtilization(percent)}, out...)
	}
	return out
}

func autoscalerToV1(in *autoscalingv2.HorizontalPodAutoscaler, out *autoscalingv1.HorizontalPodAutoscaler) error {
	*out = autoscalingv1.HorizontalPodAutoscaler{
		ObjectMeta: in.ObjectMeta,
		Spec: autoscalingv1.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv1.CrossVersionObjectReference(in.Spec.ScaleTargetRef),
			MinReplicas:    in.Spec.MinReplicas,
			MaxReplicas:    in.Spec.MaxReplicas,
		},
		Status: autoscalingv1.HorizontalPodAutoscalerStatus{
			ObservedGeneration: in.Status.ObservedGeneration,
			LastScaleTime:      in.Status.LastScaleTime,
			CurrentReplicas:    in.Status.CurrentReplicas,
			DesiredReplicas:    in.Status.DesiredReplicas,
		},
	}
	out.Annotations = withoutAutoscalingAnnotations(in.Annotations)

	var metrics []autoscalingv1.MetricSpec
	for i := range in.Spec.Metrics {
		metric := &in.Spec.Metrics[i]
		if isCPUUtilization(metric) && out.Spec.TargetCPUUtilizationPercentage == nil {
			out.Spec.TargetCPUUtilizationPercentage = metric.Resource.Target.AverageUtilization
			continue
		}
		metrics = append(metrics, metricToV1(metric))
	}
	var current []autoscalingv1.MetricStatus
	for i := range in.Status.CurrentMetrics {
		status := &in.Status.CurrentMetrics[i]
		if isCurrentCPUUtilization(status) && out.Status.CurrentCPUUtilizationPercentage == nil {
			out.Status.CurrentCPUUtilizationPercentage = status.Resource.Current.AverageUtilization
		}
		current = append(current, metricStatusToV1(status))
	}
	var conditions []autoscalingv1.HorizontalPodAutoscalerCondition
	for _, c := range in.Status.Conditions {
		conditions = append(conditions, autoscalingv1.HorizontalPodAutoscalerCondition{
			Type: autoscalingv1.HorizontalPodAutoscalerConditionType(c.Type), Status: c.Status,
			LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message,
		})
	}

	annotations := annotationWriter{annotations: out.Annotations}
	annotations.write(metricsAnnotation, metrics, len(metrics) > 0)
	annotations.write(currentMetricsAnnotation, current, len(current) > 0)
	annotations.write(conditionsAnnotation, conditions, len(conditions) > 0)
	annotations.write(behaviorAnnotation, in.Spec.Behavior, in.Spec.Behavior != nil)
	out.Annotations = annotations.annotations
	return annotations.err
}

func isCPUUtilization(metric *autoscalingv2.MetricSpec) bool {
	return metric.Type == autoscalingv2.ResourceMetricSourceType && metric.Resource != nil &&
		metric.Resource.Name == corev1.ResourceCPU && metric.Resource.Target.AverageUtilization != nil
}

func isCurrentCPUUtilization(status *autoscalingv2.MetricStatus) bool {
	return status.Type == autoscalingv2.ResourceMetricSourceType && status.Resource != nil &&
		status.Resource.Name == corev1.ResourceCPU && status.Resource.Current.AverageUtilization != nil
}

func decodeAnnotation(annotations map[string]string, key string, into any) bool {
	value, ok := annotations[key]
	return ok && json.Unmarshal([]byte(value), into) == nil
}

// withoutAutoscalingAnnotations copies annotations without those of this conversion; empty becomes nil.
func withoutAutoscalingAnnotations(annotations map[string]string) map[string]string {
	kept := maps.Clone(annotations)
	for _, key := range []string{metricsAnnotation, currentMetricsAnnotation, conditionsAnnotation, behaviorAnnotation} {
		delete(kept, key)
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// annotationWriter collects annotations and the first error.
type annotationWriter struct {
	annotations map[string]string
	err         error
}

func (w *annotationWriter) write(key string, value any, present bool) {
	if !present || w.err != nil {
		return
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		w.err = err
		return
	}
	if w.annotations == nil {
		w.annotations = map[string]string{}
	}
	w.annotations[key] = string(encoded)
}
