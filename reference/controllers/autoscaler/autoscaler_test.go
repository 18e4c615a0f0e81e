package autoscaler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
	"github.com/seatrial/seatrial/reference/controllers/scales"
)

func pod(name string, ready bool, age time.Duration) *corev1.Pod {
	start := metav1.NewTime(time.Now().Add(-age))
	status := corev1.ConditionFalse
	if ready {
		status = corev1.ConditionTrue
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name, Labels: map[string]string{"app": "web"}},
		Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{
			Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1")},
		}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, StartTime: &start, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: status, LastTransitionTime: start},
		}},
	}
}

// "desiredReplicas = ceil[currentReplicas * ( currentMetricValue / desiredMetricValue )]", with a tolerance of 0.1.
func TestReplicasFor(t *testing.T) {
	const old, young = time.Hour, time.Minute
	for _, tt := range []struct {
		name    string
		pods    map[string]int64 // use in thousandths of a CPU; -1 without a sample, -2 not ready
		percent int32
		want    int32
	}{
		{"at the target", map[string]int64{"a": 500, "b": 500}, 50, 2},
		{"within the tolerance", map[string]int64{"a": 540, "b": 540}, 50, 2},
		{"twice the target", map[string]int64{"a": 1000, "b": 1000}, 50, 4},
		{"half the target", map[string]int64{"a": 250, "b": 250}, 50, 1},
		{"growth is rounded up", map[string]int64{"a": 600, "b": 600}, 50, 3},
		{"a missing sample counts as idle when growing", map[string]int64{"a": 1000, "b": -1}, 50, 2},
		{"a missing sample counts as at the target when shrinking", map[string]int64{"a": 100, "b": 100, "c": 100, "d": -1}, 50, 3},
		{"a pod that starts counts as idle when growing", map[string]int64{"a": 1500, "b": -2}, 50, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var all []*corev1.Pod
			samples := map[string]Sample{}
			for name, use := range tt.pods {
				if use == -2 {
					all = append(all, pod(name, false, young))
					samples[name] = Sample{Milli: 0, At: time.Now(), Window: time.Minute}
					continue
				}
				all = append(all, pod(name, true, old))
				if use >= 0 {
					samples[name] = Sample{Milli: use, At: time.Now(), Window: time.Minute}
				}
			}
			c := sortPods(all, samples, corev1.ResourceCPU, time.Now())
			requests, err := requestsOf(c.pods, corev1.ResourceCPU, "")
			if err != nil {
				t.Fatal(err)
			}
			got, _, err := c.replicasFor(int32(len(all)), byUtilization(tt.percent, requests), func(p string) int64 { return requests[p] })
			if err != nil || got != tt.want {
				t.Errorf("replicas = %d, %v; want %d", got, err, tt.want)
			}
		})
	}
}

func TestLimit(t *testing.T) {
	at := time.Now()
	pods := func(n, period int32) []autoscalingv2.HPAScalingPolicy {
		return []autoscalingv2.HPAScalingPolicy{{Type: autoscalingv2.PodsScalingPolicy, Value: n, PeriodSeconds: period}}
	}
	for _, tt := range []struct {
		name             string
		behavior         *autoscalingv2.HorizontalPodAutoscalerBehavior
		memory           memory
		now, recommended int32
		want             int32
		reason           string
	}{
		{"within the range", nil, memory{}, 2, 3, 3, "DesiredWithinRange"},
		{"above the maximum", nil, memory{}, 8, 20, 10, "TooManyReplicas"},
		{"below the minimum", nil, memory{}, 2, 0, 1, "TooFewReplicas"},
		{"default growth: doubled or four more", nil, memory{}, 1, 9, 5, "ScaleUpLimit"},
		{"shrinking waits five minutes", nil, memory{recommended: []entry{{at.Add(-4 * time.Minute), 6}}}, 6, 2, 6, "DesiredWithinRange"},
		{"and goes on after that", nil, memory{recommended: []entry{{at.Add(-6 * time.Minute), 6}}}, 6, 2, 2, "DesiredWithinRange"},
		{"a policy of one pod a minute", &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{Policies: pods(1, 60)}}, memory{}, 2, 9, 3, "ScaleUpLimit"},
		{
			"that was used up", &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleUp: &autoscalingv2.HPAScalingRules{Policies: pods(1, 60)}},
			memory{changes: []entry{{at.Add(-30 * time.Second), 1}}},
			3, 9, 3, "ScaleUpLimit",
		},
		{"shrinking disabled", &autoscalingv2.HorizontalPodAutoscalerBehavior{ScaleDown: &autoscalingv2.HPAScalingRules{
			StabilizationWindowSeconds: new(int32(0)), SelectPolicy: new(autoscalingv2.DisabledPolicySelect),
		}}, memory{}, 5, 2, 5, "ScaleDownLimit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			hpa := &autoscalingv2.HorizontalPodAutoscaler{Spec: autoscalingv2.HorizontalPodAutoscalerSpec{Behavior: tt.behavior}}
			l := tt.memory.limit(behaviorOf(hpa), tt.now, tt.recommended, 1, 10, at)
			if l.replicas != tt.want || l.reason != tt.reason {
				t.Errorf("limit = %d, %s; want %d, %s", l.replicas, l.reason, tt.want, tt.reason)
			}
		})
	}
}

// fixed is a metrics source where every pod uses the same.
type fixed struct {
	Metrics
	milli *atomic.Int64
}

func (f fixed) Resource(context.Context, string, labels.Selector, corev1.ResourceName, string) (map[string]Sample, error) {
	if f.milli.Load() < 0 {
		return nil, errors.New("the server could not find the requested resource")
	}
	s := Sample{Milli: f.milli.Load(), At: time.Now(), Window: 15 * time.Second}
	return map[string]Sample{"a": s, "b": s}, nil
}

// scaleServer serves the scale of one Deployment.
func scaleServer(size *int64) scales.Client {
	client := dynamicfake.NewSimpleDynamicClient(runtime.NewScheme())
	client.PrependReactor("*", "deployments", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if p, ok := a.(clienttesting.PatchAction); ok {
			var patch struct{ Spec struct{ Replicas int64 } }
			if err := json.Unmarshal(p.GetPatch(), &patch); err != nil {
				return true, nil, err
			}
			*size = patch.Spec.Replicas
		}
		return true, &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": map[string]any{"name": "web"},
			"spec": map[string]any{"replicas": *size}, "status": map[string]any{"replicas": *size, "selector": "app=web"},
		}}, nil
	})
	return scales.Client{Dynamic: client, Resource: func(k schema.GroupKind) (schema.GroupVersionResource, bool) {
		return schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}, k.Kind == "Deployment"
	}}
}

func TestWorkloadFollowsItsUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		size := int64(2)
		var use atomic.Int64
		use.Store(500)
		client := controllertest.NewClient(pod("a", true, time.Hour), pod("b", true, time.Hour), &autoscalingv2.HorizontalPodAutoscaler{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
			Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
				ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}, MaxReplicas: 10,
				Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
					Name: corev1.ResourceCPU, Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(50))},
				}}},
			},
		})
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) {
			return New(env, scaleServer(&size), fixed{milli: &use})
		})
		conditions := func() string {
			hpa, err := client.AutoscalingV2().HorizontalPodAutoscalers("ns").Get(t.Context(), "web", metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, c := range hpa.Status.Conditions {
				out = append(out, fmt.Sprintf("%s=%s:%s", c.Type, c.Status, c.Reason))
			}
			return strings.Join(out, " ")
		}
		b.Settle(time.Minute)
		if got := conditions(); size != 2 || got != "AbleToScale=True:ReadyForNewScale ScalingActive=True:ValidMetricFound ScalingLimited=False:DesiredWithinRange" {
			t.Errorf("at the target: size %d, %s", size, got)
		}
		use.Store(1000)
		b.Settle(16 * time.Second)
		if size != 4 {
			t.Errorf("at twice the target: size %d, want 4", size)
		}
		if events := strings.Join(b.Reasons(), "\n"); !strings.Contains(events, "SuccessfulRescale New size: 4; reason: cpu resource utilization (percentage of request) above target") {
			t.Errorf("events %s", events)
		}
		use.Store(-1)
		b.Settle(16 * time.Second)
		if got := conditions(); size != 4 || !strings.Contains(got, "ScalingActive=False:FailedGetResourceMetric") {
			t.Errorf("without metrics: size %d, %s", size, got)
		}
	})
}
