package scheme

import (
	"net/url"
	"testing"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func FuzzQueryParameters(f *testing.F) {
	f.Add("container=a&stdin=true&command=sh&command=-c")
	f.Add("tailLines=x&sinceTime=2026-01-02T03:04:05Z&limitBytes=-1&ports=80,443")
	f.Fuzz(func(_ *testing.T, query string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		_ = Scheme.Convert(&values, &corev1.PodExecOptions{}, nil)
		_ = Scheme.Convert(&values, &corev1.PodLogOptions{}, nil)
		_ = Scheme.Convert(&values, &corev1.PodPortForwardOptions{}, nil)
	})
}

func FuzzAutoscalerAnnotations(f *testing.F) {
	f.Add(`[{"type":"Resource","resource":{"name":"cpu"}},{"type":"Pods"}]`, `[{"type":"External"}]`, `[{"type":"AbleToScale"}]`, `{"scaleUp":{}}`)
	f.Add(`[{}]`, `[null]`, `null`, `{`)
	f.Fuzz(func(_ *testing.T, metrics, current, conditions, behavior string) {
		in := &autoscalingv1.HorizontalPodAutoscaler{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{
			metricsAnnotation: metrics, currentMetricsAnnotation: current, conditionsAnnotation: conditions, behaviorAnnotation: behavior,
		}}}
		out := &autoscalingv2.HorizontalPodAutoscaler{}
		if autoscalerToV2(in, out) == nil {
			_ = autoscalerToV1(out, &autoscalingv1.HorizontalPodAutoscaler{})
		}
	})
}
