package podgc

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func pod(name, node string, phase corev1.PodPhase, leaving bool) *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Spec: corev1.PodSpec{NodeName: node}, Status: corev1.PodStatus{Phase: phase}}
	if leaving {
		p.DeletionTimestamp, p.Finalizers = new(metav1.Now()), []string{"x"}
	}
	return p
}

func TestPlan(t *testing.T) {
	old := pod("finished-old", "n", corev1.PodSucceeded, false)
	young := pod("finished-young", "n", corev1.PodFailed, false)
	young.CreationTimestamp = metav1.Now()
	all := []*corev1.Pod{
		pod("running", "n", corev1.PodRunning, false),
		pod("lost", "missing", corev1.PodRunning, false),
		pod("unscheduled", "", corev1.PodPending, true),
		pod("waiting", "", corev1.PodPending, false),
		pod("leaving", "n", corev1.PodRunning, true),
		pod("out", "broken", corev1.PodRunning, true),
		young, old,
	}
	nodes := []*corev1.Node{
		{ObjectMeta: metav1.ObjectMeta{Name: "n"}},
		{ObjectMeta: metav1.ObjectMeta{Name: "broken"}, Spec: corev1.NodeSpec{Taints: []corev1.Taint{{Key: corev1.TaintNodeOutOfService}}}},
	}
	var got []string
	for _, v := range plan(all, nodes, map[string]bool{"missing": true}, 1) {
		got = append(got, v.pod.Name)
	}
	if want := []string{"lost", "unscheduled", "out", "finished-old"}; !slices.Equal(got, want) {
		t.Errorf("plan = %v, want %v", got, want)
	}
}

func TestPodsOfANodeThatHasGoneAreDeletedAfterQuarantine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(pod("lost", "gone", corev1.PodRunning, false))
		b := controllertest.Start(t, client, New)
		b.Settle(30 * time.Second)
		if len(b.Pods("ns")) != 1 {
			t.Error("deleted within the quarantine")
		}
		b.Settle(30 * time.Second)
		if len(b.Pods("ns")) != 0 {
			t.Error("not deleted after the quarantine")
		}
		b.Steady()
	})
}
