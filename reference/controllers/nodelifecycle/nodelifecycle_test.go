package nodelifecycle

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func node(name string, ready corev1.ConditionStatus) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if ready != "" {
		n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: ready, LastHeartbeatTime: metav1.Now()}}
	}
	return n
}

func show(taints []corev1.Taint) (out []string) {
	for _, t := range taints {
		out = append(out, t.Key+":"+string(t.Effect))
	}
	return out
}

func TestPlan(t *testing.T) {
	cordoned := node("n", corev1.ConditionTrue)
	cordoned.Spec.Unschedulable = true
	pressed := node("n", corev1.ConditionTrue)
	pressed.Status.Conditions = append(pressed.Status.Conditions,
		corev1.NodeCondition{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionTrue},
		corev1.NodeCondition{Type: corev1.NodeDiskPressure, Status: corev1.ConditionFalse})
	recovered := node("n", corev1.ConditionTrue)
	recovered.Spec.Taints = []corev1.Taint{
		{Key: "mine", Effect: corev1.TaintEffectNoSchedule},
		{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule},
		{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute},
	}
	for _, tt := range []struct {
		name      string
		node      *corev1.Node
		disrupted bool
		want      []string
	}{
		{"ready", node("n", corev1.ConditionTrue), false, nil},
		{"never reported", node("n", ""), false, []string{"node.kubernetes.io/not-ready:NoSchedule"}},
		{"not ready", node("n", corev1.ConditionFalse), false, []string{"node.kubernetes.io/not-ready:NoSchedule", "node.kubernetes.io/not-ready:NoExecute"}},
		{"silent", node("n", corev1.ConditionUnknown), false, []string{"node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"}},
		{"all nodes silent", node("n", corev1.ConditionUnknown), true, []string{"node.kubernetes.io/unreachable:NoSchedule"}},
		{"cordoned", cordoned, false, []string{"node.kubernetes.io/unschedulable:NoSchedule"}},
		{"memory pressure", pressed, false, []string{"node.kubernetes.io/memory-pressure:NoSchedule"}},
		{"recovered, with a foreign taint", recovered, false, []string{"mine:NoSchedule"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			taints := plan(tt.node, tt.disrupted, metav1.Now())
			if diff := cmp.Diff(tt.want, show(taints)); diff != "" {
				t.Error(diff)
			}
			again := tt.node.DeepCopy()
			again.Spec.Taints = taints
			if diff := cmp.Diff(taints, plan(again, tt.disrupted, metav1.NewTime(time.Unix(0, 0)))); diff != "" {
				t.Errorf("a second run changes the taints: %s", diff)
			}
		})
	}
}

func get(t *testing.T, client *fake.Clientset, name string) *corev1.Node {
	t.Helper()
	n, err := client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A node whose Lease is not renewed for 50 s becomes Unknown; its pods are not ready any more.
func TestSilentNodeBecomesUnknownAndRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p"}, Spec: corev1.PodSpec{NodeName: "silent"}}
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		client := controllertest.NewClient(node("silent", corev1.ConditionTrue), node("alive", corev1.ConditionTrue), pod)
		b := controllertest.Start(t, client, New)
		leases := client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
		renew := func(name string) {
			lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: coordinationv1.LeaseSpec{RenewTime: new(metav1.NowMicro())}}
			if _, err := leases.Create(t.Context(), lease, metav1.CreateOptions{}); err == nil {
				return
			}
			if _, err := leases.Update(t.Context(), lease, metav1.UpdateOptions{}); err != nil {
				t.Fatal(err)
			}
		}
		for range 4 {
			renew("alive")
			b.Settle(10 * time.Second)
		}
		if s := ready(get(t, client, "silent")); s != corev1.ConditionTrue {
			t.Errorf("after 40 s: Ready = %s; want True", s)
		}
		renew("alive")
		b.Settle(11 * time.Second)
		silent := get(t, client, "silent")
		if s := ready(silent); s != corev1.ConditionUnknown || !slices.Contains(show(silent.Spec.Taints), "node.kubernetes.io/unreachable:NoExecute") {
			t.Errorf("after 52 s: Ready = %s, taints %v", s, show(silent.Spec.Taints))
		}
		if s := ready(get(t, client, "alive")); s != corev1.ConditionTrue {
			t.Errorf("the other node: Ready = %s", s)
		}
		p, _ := client.CoreV1().Pods("ns").Get(t.Context(), "p", metav1.GetOptions{})
		if p.Status.Conditions[0].Status != corev1.ConditionFalse {
			t.Error("the pod of the silent node is still ready")
		}
		silent.Status.Conditions[0].Status, silent.Status.Conditions[0].LastHeartbeatTime = corev1.ConditionTrue, metav1.Now()
		if _, err := client.CoreV1().Nodes().UpdateStatus(t.Context(), silent, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if taints := get(t, client, "silent").Spec.Taints; len(taints) != 0 {
			t.Errorf("after recovery: taints %v", show(taints))
		}
	})
}
