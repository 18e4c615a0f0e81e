package tainteviction

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func tolerate(key string, seconds *int64) corev1.Toleration {
	return corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: seconds}
}

func TestTolerated(t *testing.T) {
	a, b := corev1.Taint{Key: "a", Effect: corev1.TaintEffectNoExecute}, corev1.Taint{Key: "b", Effect: corev1.TaintEffectNoExecute}
	for _, tt := range []struct {
		name        string
		tolerations []corev1.Toleration
		taints      []corev1.Taint
		stay        time.Duration
		forever     bool
	}{
		{"no toleration", nil, []corev1.Taint{a}, 0, false},
		{"for ever", []corev1.Toleration{tolerate("a", nil)}, []corev1.Taint{a}, 0, true},
		{"for a time", []corev1.Toleration{tolerate("a", new(int64(60)))}, []corev1.Taint{a}, time.Minute, false},
		{"the shortest of two", []corev1.Toleration{tolerate("a", new(int64(60))), tolerate("b", new(int64(5)))}, []corev1.Taint{a, b}, 5 * time.Second, false},
		{"one of two taints not", []corev1.Toleration{tolerate("a", nil)}, []corev1.Taint{a, b}, 0, false},
		{"negative time", []corev1.Toleration{tolerate("a", new(int64(-1)))}, []corev1.Taint{a}, 0, false},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{Tolerations: tt.tolerations}}
		if stay, forever := tolerated(t.Context(), pod, tt.taints); stay != tt.stay || forever != tt.forever {
			t.Errorf("%s: tolerated = %v, %t; want %v, %t", tt.name, stay, forever, tt.stay, tt.forever)
		}
	}
}

func TestPodsLeaveATaintedNodeWhenTheirTimeIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pod := func(name string, tolerations ...corev1.Toleration) *corev1.Pod {
			return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}, Spec: corev1.PodSpec{NodeName: "n", Tolerations: tolerations}}
		}
		client := controllertest.NewClient(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}},
			pod("at-once"), pod("later", tolerate("t", new(int64(60)))), pod("never", tolerate("t", nil)))
		b := controllertest.Start(t, client, New)
		leaving := func(name string) bool {
			p, err := client.CoreV1().Pods("ns").Get(t.Context(), name, metav1.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			return p.DeletionTimestamp != nil
		}
		taint := func(taints ...corev1.Taint) {
			node, _ := client.CoreV1().Nodes().Get(t.Context(), "n", metav1.GetOptions{})
			node.Spec.Taints = taints
			if _, err := client.CoreV1().Nodes().Update(t.Context(), node, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
			b.Settle(30 * time.Second)
		}
		taint(corev1.Taint{Key: "t", Effect: corev1.TaintEffectNoExecute})
		if !leaving("at-once") || leaving("later") {
			t.Fatal("after 30 s: want only the pod without toleration to leave")
		}
		p, _ := client.CoreV1().Pods("ns").Get(t.Context(), "at-once", metav1.GetOptions{})
		if len(p.Status.Conditions) != 1 || p.Status.Conditions[0].Reason != "DeletionByTaintManager" {
			t.Errorf("conditions %+v", p.Status.Conditions)
		}
		taint() // in time: the eviction is cancelled
		b.Settle(time.Minute)
		if leaving("later") {
			t.Fatal("evicted although the taint was removed in time")
		}
		taint(corev1.Taint{Key: "t", Effect: corev1.TaintEffectNoExecute})
		b.Settle(31 * time.Second)
		if !leaving("later") || leaving("never") {
			t.Error("after 61 s: want the pod with the limited toleration to leave, not the other")
		}
		b.Steady()
	})
}
