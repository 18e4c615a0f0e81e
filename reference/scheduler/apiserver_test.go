package scheduler

import (
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// TestSchedulerWorksWithTheRightsOfItsRole runs it against a whole API
// server, as the user that it is in a cluster.
func TestSchedulerWorksWithTheRightsOfItsRole(t *testing.T) {
	server := apiservertest.Run(t, apiserver.Options{})
	admin := kubernetes.NewForConfigOrDie(server.ClientConfig("kubernetes-admin", "system:masters"))
	s, err := New(Options{Config: server.ClientConfig("system:kube-scheduler")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	if err := s.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	addNode(ctx, t, admin, testNode("small", "500m"))
	pod := testPod("web", "1")
	pod.UID, pod.ResourceVersion = "", ""
	if _, err := admin.CoreV1().Pods("default").Create(ctx, pod, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, admin, "PodScheduled is False", func(pod *corev1.Pod) bool {
		c := condition(pod)
		return c.Status == corev1.ConditionFalse && strings.HasPrefix(c.Message, "0/1 nodes are available: 1 Insufficient cpu.")
	})
	addNode(ctx, t, admin, testNode("large", "2"))
	until(ctx, t, admin, "pod is bound to large", func(pod *corev1.Pod) bool {
		return pod.Spec.NodeName == "large" && condition(pod).Status == corev1.ConditionTrue
	})
	for _, reason := range []string{"FailedScheduling", "Scheduled"} {
		wantEvent(ctx, t, admin, reason)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func addNode(ctx context.Context, t *testing.T, client kubernetes.Interface, node *corev1.Node) {
	t.Helper()
	created, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	created.Status = node.Status
	if created, err = client.CoreV1().Nodes().UpdateStatus(ctx, created, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if len(created.Spec.Taints) == 0 {
		return
	}
	created.Spec.Taints = nil // not-ready, which a controller takes away in a cluster
	if _, err = client.CoreV1().Nodes().Update(ctx, created, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

func until(ctx context.Context, t *testing.T, client kubernetes.Interface, what string, ok func(*corev1.Pod) bool) {
	t.Helper()
	w, err := client.CoreV1().Pods("default").Watch(ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		if pod, is := event.Object.(*corev1.Pod); is && event.Type != watch.Deleted && ok(pod) {
			return
		}
	}
	t.Fatalf("%s: not within the time", what)
}

func wantEvent(ctx context.Context, t *testing.T, client kubernetes.Interface, reason string) {
	t.Helper()
	w, err := client.CoreV1().Events("default").Watch(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("reason", reason).String(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	if _, ok := <-w.ResultChan(); !ok {
		t.Errorf("no event %s", reason)
	}
}
