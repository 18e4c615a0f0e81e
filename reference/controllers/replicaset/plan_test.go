package replicaset

import (
	"fmt"
	"slices"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPlanCounts(t *testing.T) {
	for _, tt := range []struct {
		name                     string
		want, have, create, drop int
	}{
		{"empty", 0, 0, 0, 0},
		{"scale up", 3, 1, 2, 0},
		{"scale down", 1, 3, 0, 2},
		{"steady", 2, 2, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rs := &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(tt.want))}}
			var active []*corev1.Pod
			for i := range tt.have {
				active = append(active, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i)}})
			}
			create, remove := plan(rs, active, nil, time.Now())
			if create != tt.create || len(remove) != tt.drop {
				t.Errorf("plan = %d, %d; want %d, %d", create, len(remove), tt.create, tt.drop)
			}
		})
	}
}

// "If all of the above match, then selection is random"; everything above it is ordered, see the ReplicaSet page.
func TestScaleDownTakesTheMostExpendablePods(t *testing.T) {
	now := time.Now()
	ready := func(name, node string, age time.Duration, change ...func(*corev1.Pod)) *corev1.Pod {
		p := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(now.Add(-age))},
			Spec:       corev1.PodSpec{NodeName: node},
			Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
				{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now.Add(-age))},
			}},
		}
		for _, f := range change {
			f(p)
		}
		return p
	}
	unready := func(p *corev1.Pod) { p.Status.Conditions = nil }
	pending := func(p *corev1.Pod) { p.Status.Phase, p.Status.Conditions = corev1.PodPending, nil }
	cheap := func(p *corev1.Pod) { p.Annotations = map[string]string{corev1.PodDeletionCost: "-5"} }
	restarted := func(p *corev1.Pod) { p.Status.ContainerStatuses = []corev1.ContainerStatus{{RestartCount: 3}} }
	// In the order in which they should go.
	order := []*corev1.Pod{
		ready("unassigned", "", time.Hour, pending),
		ready("pending", "n1", time.Hour, pending),
		ready("not-ready", "n1", time.Hour, unready),
		ready("cheap", "n1", time.Hour, cheap),
		ready("crowded", "n2", time.Hour),
		ready("young", "n1", time.Second),
		ready("restarted", "n1", time.Hour, restarted),
		ready("old", "n1", time.Hour),
	}
	perNode := map[string]int{"n1": 1, "n2": 2}
	shuffled := slices.Clone(order)
	slices.Reverse(shuffled)
	for keep := range order {
		rs := &appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(keep))}}
		_, remove := plan(rs, shuffled, perNode, now)
		for i, pod := range remove {
			if pod.Name != order[i].Name {
				t.Fatalf("keep %d: removal %d is %q, want %q", keep, i, pod.Name, order[i].Name)
			}
		}
	}
}
