package scheduler

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
)

// bench is a scheduler that runs against a fake API server inside a bubble.
type bench struct {
	*testing.T
	client *fake.Clientset
}

// inBubble runs the test with a scheduler that has started.
func inBubble(t *testing.T, test func(b *bench), objects ...runtime.Object) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{T: t, client: fake.NewClientset(objects...)}
		b.client.PrependReactor("create", "pods", b.bind)
		s, err := New(Options{Client: b.client})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		if err := s.Ready(ctx); err != nil {
			t.Fatal(err)
		}
		test(b)
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// bind does what the API server does on pods/binding.
func (b *bench) bind(action clienttesting.Action) (bool, runtime.Object, error) {
	create, ok := action.(clienttesting.CreateAction)
	if !ok || action.GetSubresource() != "binding" {
		return false, nil, nil
	}
	binding := create.GetObject().(*corev1.Binding)
	object, err := b.client.Tracker().Get(action.GetResource(), binding.Namespace, binding.Name)
	if err != nil {
		return true, nil, err
	}
	pod := object.(*corev1.Pod).DeepCopy()
	pod.Spec.NodeName = binding.Target.Name
	pod.ResourceVersion += "b"
	return true, binding, b.client.Tracker().Update(action.GetResource(), pod, pod.Namespace)
}

func (b *bench) create(pods ...*corev1.Pod) {
	b.Helper()
	for _, pod := range pods {
		if _, err := b.client.CoreV1().Pods(pod.Namespace).Create(b.Context(), pod, metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	synctest.Wait()
}

func (b *bench) pod(name string) *corev1.Pod {
	b.Helper()
	pod, err := b.client.CoreV1().Pods("default").Get(b.Context(), name, metav1.GetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return pod
}

// node returns where the pod runs; "" while it waits.
func (b *bench) node(pod string) string { b.Helper(); return b.pod(pod).Spec.NodeName }

func condition(pod *corev1.Pod) corev1.PodCondition {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled {
			return c
		}
	}
	return corev1.PodCondition{}
}

func testNode(name, cpu string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelHostname: name}},
		Status: corev1.NodeStatus{Allocatable: corev1.ResourceList{
			corev1.ResourceCPU:    resource.MustParse(cpu),
			corev1.ResourceMemory: resource.MustParse("4Gi"),
			corev1.ResourcePods:   resource.MustParse("110"),
		}},
	}
}

func testPod(name, cpu string, change ...func(*corev1.Pod)) *corev1.Pod {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name), ResourceVersion: "1"},
		Spec: corev1.PodSpec{
			SchedulerName: corev1.DefaultSchedulerName,
			Containers: []corev1.Container{{
				Name: "main", Image: "pause",
				Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu)}},
			}},
		},
		Status: corev1.PodStatus{Phase: corev1.PodPending},
	}
	for _, f := range change {
		f(pod)
	}
	return pod
}

func TestSchedulerBindsPodToTheNodeWithRoom(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("web", "1"))
		if got := b.node("web"); got != "large" {
			b.Errorf("pod runs on %q, want large", got)
		}
	}, testNode("small", "500m"), testNode("large", "2"))
}

func TestSchedulerSaysWhyAPodWaitsAndPlacesItWhenANodeComes(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("web", "1"))
		got := condition(b.pod("web"))
		want := "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling."
		if got.Status != corev1.ConditionFalse || got.Reason != corev1.PodReasonUnschedulable || got.Message != want {
			b.Errorf("condition %+v, want message %q", got, want)
		}
		node := testNode("large", "2")
		if _, err := b.client.CoreV1().Nodes().Create(b.Context(), node, metav1.CreateOptions{}); err != nil {
			b.Fatal(err)
		}
		synctest.Wait()
		if got := b.node("web"); got != "large" {
			b.Errorf("pod runs on %q, want large without waiting out a back-off", got)
		}
	}, testNode("small", "500m"))
}

func TestSchedulerLeavesPodsOfOtherSchedulersAlone(t *testing.T) {
	inBubble(t, func(b *bench) {
		b.create(testPod("web", "1", func(p *corev1.Pod) { p.Spec.SchedulerName = "other" }))
		time.Sleep(time.Minute) // of the bubble's clock
		if got := b.node("web"); got != "" {
			b.Errorf("pod of another scheduler bound to %q", got)
		}
	}, testNode("large", "2"))
}
