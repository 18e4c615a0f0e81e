package scheduler

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	clienttesting "k8s.io/client-go/testing"
)

func priority(p int32) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Spec.Priority = &p }
}

func on(node string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Spec.NodeName = node }
}

func labelled(key, value string) func(*corev1.Pod) {
	return func(pod *corev1.Pod) { pod.Labels = map[string]string{key: value} }
}

// left returns the names of the pods that are there, sorted.
func (b *bench) left() []string {
	b.Helper()
	pods, err := b.client.CoreV1().Pods("default").List(b.Context(), metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	var names []string
	for _, p := range pods.Items {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

func TestHighPriorityPodPreemptsTheLeastImportant(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("high", "1", priority(100)))
		if got, want := b.left(), []string{"blocker", "high", "middle"}; !slices.Equal(got, want) {
			b.Fatalf("pods left %v, want %v", got, want)
		}
		if got := b.node("high"); got != "node-1" {
			b.Errorf("pod runs on %q, want node-1, without waiting out a back-off", got)
		}
		if got := b.pod("high").Status.NominatedNodeName; got != "node-1" {
			b.Errorf("nominated node %q, want node-1", got)
		}
		var patched, deleted int
		for i, action := range b.client.Actions() {
			if patch, ok := action.(clienttesting.PatchAction); ok && patch.GetName() == "low" && action.GetSubresource() == "status" {
				patched = i
			}
			if action.Matches("delete", "pods") {
				deleted = i
			}
		}
		if patched == 0 || patched > deleted {
			b.Errorf("condition DisruptionTarget at action %d, deletion at %d, want it before", patched, deleted)
		}
	},
		testNode("node-1", "2"), testNode("node-2", "1"),
		testPod("low", "1", priority(1), on("node-1")), testPod("middle", "1", priority(50), on("node-1")),
		testPod("blocker", "1", priority(1000), on("node-2")))
}

func TestPreemptionPrefersNodesWhereNoBudgetIsBroken(t *testing.T) {
	budget := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: new(intstr.FromInt32(1)),
			Selector:     &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		},
	}
	inBubble(t, func(b *bench) {
		b.create(testPod("high", "1", priority(100)))
		if got, want := b.left(), []string{"high", "protected"}; !slices.Equal(got, want) {
			b.Errorf("pods left %v, want %v although the other is more important", got, want)
		}
	},
		budget, testNode("node-1", "1"), testNode("node-2", "1"),
		testPod("protected", "1", priority(1), on("node-1"), labelled("app", "web")),
		testPod("free", "1", priority(50), on("node-2")))
}

func TestPodWithPreemptionPolicyNeverWaits(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("high", "1", priority(100), func(p *corev1.Pod) { p.Spec.PreemptionPolicy = new(corev1.PreemptNever) }))
		if got, want := b.left(), []string{"high", "low"}; !slices.Equal(got, want) {
			b.Errorf("pods left %v, want %v", got, want)
		}
		want := "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never."
		if got := condition(b.pod("high")).Message; got != want {
			b.Errorf("message %q, want %q", got, want)
		}
	}, testNode("node-1", "1"), testPod("low", "1", priority(1), on("node-1")))
}

func TestPodWithoutLowerPriorityVictimsSaysSo(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("other", "1", priority(1)))
		want := "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."
		if got := condition(b.pod("other")).Message; got != want {
			b.Errorf("message %q, want %q", got, want)
		}
	}, testNode("node-1", "1"), testPod("first", "1", priority(1), on("node-1")))
}

func TestLowerPriorityPodLeavesTheRoomOfANominatedPod(t *testing.T) {
	inBubble(t, func(b *bench) {
		// The victim ends slowly: it stays until the test deletes it.
		b.client.PrependReactor("delete", "pods", b.linger)
		b.create(testPod("high", "1", priority(100)))
		b.create(testPod("small", "100m", priority(1)))
		if got := b.node("small"); got != "" {
			b.Errorf("small pod runs on %q, in the room of the nominated pod", got)
		}
		if err := b.client.Tracker().Delete(corev1.SchemeGroupVersion.WithResource("pods"), "default", "victim"); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Minute) // of the bubble's clock
		if got := b.node("high"); got != "node-1" {
			b.Errorf("nominated pod runs on %q, want node-1", got)
		}
		if got := b.node("small"); got != "" {
			b.Errorf("small pod runs on %q although the node is full", got)
		}
	}, testNode("node-1", "1"), testPod("victim", "1", priority(1), on("node-1")))
}

// linger marks a deleted pod as ending and keeps it, as the API server does.
func (b *bench) linger(action clienttesting.Action) (bool, runtime.Object, error) {
	remove := action.(clienttesting.DeleteAction)
	object, err := b.client.Tracker().Get(action.GetResource(), action.GetNamespace(), remove.GetName())
	if apierrors.IsNotFound(err) {
		return true, nil, err
	}
	pod := object.(*corev1.Pod).DeepCopy()
	pod.DeletionTimestamp = new(metav1.Now())
	pod.ResourceVersion += "d"
	return true, nil, b.client.Tracker().Update(action.GetResource(), pod, pod.Namespace)
}

func TestWaitingPodIsTriedAgainOnlyWhenSomethingHelps(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("web", "1"))
		tries := func() (n int) {
			for _, action := range b.client.Actions() {
				if action.Matches("create", "events") || action.Matches("patch", "events") {
					n++
				}
			}
			return n
		}
		before := tries()
		node := testNode("node-1", "500m")
		node.ResourceVersion = "2"
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}} // a heartbeat
		if _, err := b.client.CoreV1().Nodes().Update(b.Context(), node, metav1.UpdateOptions{}); err != nil {
			b.Fatal(err)
		}
		time.Sleep(time.Hour) // of the bubble's clock
		if n := tries() - before; n > 0 {
			b.Errorf("tried %d times although nothing has changed", n)
		}
		synctest.Wait()
	}, testNode("node-1", "500m"))
}
