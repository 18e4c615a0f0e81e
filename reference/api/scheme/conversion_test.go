package scheme

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAutoscalerKeepsAllOfV2InV1(t *testing.T) {
	quantity := new(resource.MustParse("3"))
	selector := &metav1.LabelSelector{MatchLabels: map[string]string{"k": "v"}}
	metric := autoscalingv2.MetricIdentifier{Name: "m", Selector: selector}
	object := autoscalingv2.CrossVersionObjectReference{Kind: "Service", Name: "s", APIVersion: "v1"}
	average := autoscalingv2.MetricTarget{Type: autoscalingv2.AverageValueMetricType, AverageValue: quantity}
	utilization := autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(70))}
	in := &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "h", Annotations: map[string]string{"mine": "kept"}},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: object, MinReplicas: new(int32(2)), MaxReplicas: 5,
			Metrics: []autoscalingv2.MetricSpec{
				{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceCPU, Target: utilization}},
				{Type: "Resource", Resource: &autoscalingv2.ResourceMetricSource{Name: corev1.ResourceMemory, Target: average}},
				{Type: "ContainerResource", ContainerResource: &autoscalingv2.ContainerResourceMetricSource{Name: "cpu", Container: "c", Target: utilization}},
				{Type: "Pods", Pods: &autoscalingv2.PodsMetricSource{Metric: metric, Target: average}},
				{Type: "Object", Object: &autoscalingv2.ObjectMetricSource{
					DescribedObject: object, Metric: metric,
					Target: autoscalingv2.MetricTarget{Type: autoscalingv2.ValueMetricType, Value: quantity},
				}},
				{Type: "External", External: &autoscalingv2.ExternalMetricSource{Metric: metric, Target: average}},
			},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{
				StabilizationWindowSeconds: new(int32(60)), SelectPolicy: new(autoscalingv2.MinChangePolicySelect), Tolerance: quantity,
				Policies: []autoscalingv2.HPAScalingPolicy{{Type: "Pods", Value: 1, PeriodSeconds: 15}},
			}},
		},
		Status: autoscalingv2.HorizontalPodAutoscalerStatus{
			ObservedGeneration: new(int64(4)), CurrentReplicas: 3, DesiredReplicas: 4,
			CurrentMetrics: []autoscalingv2.MetricStatus{
				{Type: "Pods", Pods: &autoscalingv2.PodsMetricStatus{Metric: metric, Current: autoscalingv2.MetricValueStatus{AverageValue: quantity}}},
				{Type: "Resource", Resource: &autoscalingv2.ResourceMetricStatus{
					Name:    corev1.ResourceCPU,
					Current: autoscalingv2.MetricValueStatus{AverageValue: quantity, AverageUtilization: new(int32(71))},
				}},
			},
			Conditions: []autoscalingv2.HorizontalPodAutoscalerCondition{{Type: autoscalingv2.AbleToScale, Status: corev1.ConditionTrue, Reason: "r"}},
		},
	}
	var v1 autoscalingv1.HorizontalPodAutoscaler
	var out autoscalingv2.HorizontalPodAutoscaler
	convert(t, in.DeepCopy(), &v1)
	if got := *v1.Spec.TargetCPUUtilizationPercentage; got != 70 {
		t.Errorf("v1 targetCPUUtilizationPercentage = %d, want 70", got)
	}
	if got := *v1.Status.CurrentCPUUtilizationPercentage; got != 71 {
		t.Errorf("v1 currentCPUUtilizationPercentage = %d, want 71", got)
	}
	convert(t, &v1, &out)
	if diff := cmp.Diff(in, &out); diff != "" {
		t.Errorf("v2 -> v1 -> v2 (-before +after):\n%s", diff)
	}
}

func TestAutoscalerV1RoundTripsThroughV2(t *testing.T) {
	random := randomObjects(t)
	for range 200 {
		in := &autoscalingv1.HorizontalPodAutoscaler{}
		random.Fill(in)
		in.TypeMeta = metav1.TypeMeta{}
		var v2 autoscalingv2.HorizontalPodAutoscaler
		var out autoscalingv1.HorizontalPodAutoscaler
		convert(t, in.DeepCopy(), &v2)
		convert(t, &v2, &out)
		delete(out.Annotations, currentMetricsAnnotation) // repeats the CPU percentage
		if !equality.Semantic.DeepEqual(in, &out) {
			t.Fatalf("v1 -> v2 -> v1 (-before +after):\n%s", cmp.Diff(in, &out))
		}
	}
}

func TestAutoscalerDropsBrokenAnnotation(t *testing.T) {
	in := &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{metricsAnnotation: "{", "mine": "kept"}}}
	var out autoscalingv2.HorizontalPodAutoscaler
	convert(t, in, &out)
	if diff := cmp.Diff(map[string]string{"mine": "kept"}, out.Annotations); diff != "" || out.Spec.Metrics != nil {
		t.Errorf("annotations (-want +got): %s; metrics %v", diff, out.Spec.Metrics)
	}
	if in.Annotations[metricsAnnotation] != "{" {
		t.Error("the conversion changed its input")
	}
}

func TestEventsAreTheSameInBothGroups(t *testing.T) {
	random := randomObjects(t)
	for range 200 {
		in := &eventsv1.Event{}
		random.Fill(in)
		in.TypeMeta = metav1.TypeMeta{}
		var core corev1.Event
		var out eventsv1.Event
		convert(t, in.DeepCopy(), &core)
		convert(t, &core, &out)
		if !equality.Semantic.DeepEqual(in, &out) {
			t.Fatalf("events.k8s.io -> core -> events.k8s.io (-before +after):\n%s", cmp.Diff(in, &out))
		}
	}
}

func convert(t *testing.T, in, out any) {
	t.Helper()
	if err := Scheme.Convert(in, out, nil); err != nil {
		t.Fatal(err)
	}
}
