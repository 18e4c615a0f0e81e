package disruption

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
	"github.com/seatrial/seatrial/reference/controllers/scales"
)

func pod(i int, ready bool) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: fmt.Sprint(i), Labels: map[string]string{"app": "web"}}}
	if ready {
		p.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	}
	return p
}

func budget(minAvailable, maxUnavailable *intstr.IntOrString) *policyv1.PodDisruptionBudget {
	return &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: minAvailable, MaxUnavailable: maxUnavailable, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		},
	}
}

func TestPlan(t *testing.T) {
	n := func(i int32) *intstr.IntOrString { return new(intstr.FromInt32(i)) }
	p := func(s string) *intstr.IntOrString { return new(intstr.FromString(s)) }
	for _, tt := range []struct {
		name             string
		min, max         *intstr.IntOrString
		expected         int32
		ready, unready   int
		desired, allowed int32
	}{
		{"minAvailable", n(2), nil, 3, 3, 0, 2, 1},
		{"minAvailable with an unready pod", n(2), nil, 3, 2, 1, 2, 0},
		{"minAvailable in percent is rounded up", p("50%"), nil, 3, 3, 0, 2, 1},
		{"maxUnavailable", nil, n(1), 3, 3, 0, 2, 1},
		{"maxUnavailable in percent is rounded up", nil, p("50%"), 3, 3, 0, 1, 2},
		{"maxUnavailable above the size", nil, n(5), 3, 3, 0, 0, 3},
		{"fewer pods than expected", nil, n(1), 5, 3, 0, 4, 0},
		{"no pods", n(0), nil, 0, 0, 0, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var pods []*corev1.Pod
			for i := range tt.ready + tt.unready {
				pods = append(pods, pod(i, i < tt.ready))
			}
			s, _, err := plan(budget(tt.min, tt.max), pods, tt.expected, time.Now())
			if err != nil || s.DesiredHealthy != tt.desired || s.DisruptionsAllowed != tt.allowed || s.CurrentHealthy != int32(tt.ready) {
				t.Errorf("status %+v, err %v; want desired %d, allowed %d", s, err, tt.desired, tt.allowed)
			}
		})
	}
}

func TestAnAllowedEvictionCountsUntilItTimesOut(t *testing.T) {
	now := time.Now()
	pdb := budget(new(intstr.FromInt32(1)), nil)
	pdb.Status.DisruptedPods = map[string]metav1.Time{"0": metav1.NewTime(now.Add(-time.Minute)), "gone": metav1.NewTime(now)}
	pods := []*corev1.Pod{pod(0, true), pod(1, true)}
	s, again, err := plan(pdb, pods, 2, now)
	if err != nil || s.CurrentHealthy != 1 || len(s.DisruptedPods) != 1 || again != time.Minute {
		t.Errorf("status %+v, again in %v, err %v", s, again, err)
	}
	if s, _, _ = plan(pdb, pods, 2, now.Add(2*time.Minute)); s.CurrentHealthy != 2 || len(s.DisruptedPods) != 0 {
		t.Errorf("after the time-out: %+v", s)
	}
}

func TestStatusFollowsThePods(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(budget(new(intstr.FromInt32(1)), nil), pod(0, true))
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) { return New(env, scales.Client{}) })
		allowed := func() int32 {
			pdb, err := client.PolicyV1().PodDisruptionBudgets("ns").Get(t.Context(), "web", metav1.GetOptions{})
			if err != nil || len(pdb.Status.Conditions) != 1 {
				t.Fatalf("budget %+v, err %v", pdb, err)
			}
			return pdb.Status.DisruptionsAllowed
		}
		if got := allowed(); got != 0 {
			t.Errorf("%d allowed with one pod", got)
		}
		if _, err := client.CoreV1().Pods("ns").Create(t.Context(), pod(1, true), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if got := allowed(); got != 1 {
			t.Errorf("%d allowed with two pods, want 1", got)
		}
		b.Steady()
	})
}
