package node

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/kubelettest"
)

type rig struct {
	client  *fake.Clientset
	runtime *kubelettest.Runtime
	node    *Node
}

func bubble(t *testing.T, existing []runtime.Object, down *atomic.Bool, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{client: fake.NewClientset(existing...), runtime: kubelettest.New("example.com/app:1")}
		r.runtime.FailVersion = func() error {
			if down != nil && down.Load() {
				return errors.New("not yet")
			}
			return nil
		}
		r.node = New(Options{
			Name: "n", IPs: []string{"192.0.2.1"}, Labels: map[string]string{"node-role.kubernetes.io/worker": ""}, MaxPods: 110, Port: 10250, Version: "v1.36.3",
			Machine: Machine{CPUs: 2, Memory: 1 << 30, Storage: 100 << 30}, Client: r.client, CRI: cri.NewClient(r.runtime.Serve(t)),
			Clock: clock.RealClock{}, Log: slog.New(slog.DiscardHandler),
		})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{}, 2)
		go func() { r.node.Run(ctx); done <- struct{}{} }()
		go func() {
			if r.node.Ready(ctx) == nil {
				r.node.RunLease(ctx)
			}
			done <- struct{}{}
		}()
		test(t, r)
		cancel()
		<-done
		<-done
	})
}

func (r *rig) get(t *testing.T) *corev1.Node {
	t.Helper()
	synctest.Wait()
	node, err := r.client.CoreV1().Nodes().Get(t.Context(), "n", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func ready(node *corev1.Node) corev1.ConditionStatus {
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status
		}
	}
	return ""
}

func TestNodeRegistersReady(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, r *rig) {
		node := r.get(t)
		if ready(node) != corev1.ConditionTrue || len(node.Status.Conditions) != 4 {
			t.Errorf("conditions = %+v", node.Status.Conditions)
		}
		if node.Labels[corev1.LabelHostname] != "n" || node.Labels[corev1.LabelOSStable] != "linux" {
			t.Errorf("labels = %v", node.Labels)
		}
		if node.Status.Capacity.Cpu().String() != "2" || node.Status.Allocatable.Memory().Value() != 1<<30-reservedMemory || node.Status.Allocatable.Pods().Value() != 110 {
			t.Errorf("capacity = %v, allocatable = %v", node.Status.Capacity, node.Status.Allocatable)
		}
		if node.Status.NodeInfo.ContainerRuntimeVersion != "fake://1" || node.Status.NodeInfo.KubeletVersion != "v1.36.3" || node.Status.DaemonEndpoints.KubeletEndpoint.Port != 10250 {
			t.Errorf("info = %+v", node.Status.NodeInfo)
		}
		if len(node.Status.Images) != 1 || node.Status.Addresses[0].Address != "192.0.2.1" {
			t.Errorf("images = %v, addresses = %v", node.Status.Images, node.Status.Addresses)
		}
	})
}

// The lease is renewed every 10 s and belongs to the node.
func TestLeaseIsRenewed(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, r *rig) {
		synctest.Wait()
		leases := r.client.CoordinationV1().Leases(corev1.NamespaceNodeLease)
		first, err := leases.Get(t.Context(), "n", metav1.GetOptions{})
		if err != nil || first.OwnerReferences[0].Kind != "Node" || *first.Spec.LeaseDurationSeconds != 40 {
			t.Fatalf("lease = %+v, %v", first, err)
		}
		time.Sleep(11 * time.Second)
		synctest.Wait()
		second, err := leases.Get(t.Context(), "n", metav1.GetOptions{})
		if err != nil || !second.Spec.RenewTime.After(first.Spec.RenewTime.Time) {
			t.Errorf("renewed at %v after %v, %v", second.Spec.RenewTime, first.Spec.RenewTime, err)
		}
	})
}

func TestNodeIsReadyAsSoonAsTheRuntimeIs(t *testing.T) {
	var down atomic.Bool
	down.Store(true)
	bubble(t, nil, &down, func(t *testing.T, r *rig) {
		if got := ready(r.get(t)); got != corev1.ConditionFalse {
			t.Errorf("Ready = %s while the runtime is down", got)
		}
		down.Store(false)
		time.Sleep(time.Second)
		if got := ready(r.get(t)); got != corev1.ConditionTrue {
			t.Errorf("Ready = %s; want True within a second", got)
		}
		down.Store(true)
		time.Sleep(11 * time.Second)
		if got := ready(r.get(t)); got != corev1.ConditionFalse {
			t.Errorf("Ready = %s; want False when the runtime went", got)
		}
	})
}

// Others put extended resources, labels and conditions on the node; they stay.
func TestNodeKeepsWhatOthersWrote(t *testing.T) {
	old := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{"mine": "yes"}},
		Spec:       corev1.NodeSpec{Unschedulable: true},
		Status: corev1.NodeStatus{
			Capacity:   corev1.ResourceList{"example.com/dongle": resource.MustParse("5")},
			Conditions: []corev1.NodeCondition{{Type: "example.com/Odd", Status: corev1.ConditionTrue}},
		},
	}
	bubble(t, []runtime.Object{old}, nil, func(t *testing.T, r *rig) {
		node := r.get(t)
		dongles := node.Status.Allocatable["example.com/dongle"]
		if node.Labels["mine"] != "yes" || !node.Spec.Unschedulable || dongles.Value() != 5 || len(node.Status.Conditions) != 5 {
			t.Errorf("node = %+v", node)
		}
		if node.Labels[corev1.LabelHostname] != "n" || ready(node) != corev1.ConditionTrue {
			t.Error("not taken over")
		}
	})
}

// A resource that others add or remove is allocatable, or not, at once.
func TestAllocatableFollowsForeignCapacity(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, r *rig) {
		for _, amount := range []int64{5, 7, 0} {
			node := r.get(t).DeepCopy()
			if amount == 0 {
				delete(node.Status.Capacity, "example.com/dongle")
			} else {
				node.Status.Capacity["example.com/dongle"] = *resource.NewQuantity(amount, resource.DecimalSI)
			}
			node, err := r.client.CoreV1().Nodes().UpdateStatus(t.Context(), node, metav1.UpdateOptions{})
			if err != nil {
				t.Fatal(err)
			}
			r.node.Observe(node)
			got, there := r.get(t).Status.Allocatable["example.com/dongle"]
			if got.Value() != amount || there != (amount > 0) {
				t.Errorf("allocatable = %v; want %d", got.Value(), amount)
			}
		}
	})
}

func TestStatusIsWrittenWhenItChangesAndEveryFiveMinutes(t *testing.T) {
	bubble(t, nil, nil, func(t *testing.T, r *rig) {
		patches := func() (n int) {
			synctest.Wait()
			for _, action := range r.client.Actions() {
				if action.GetVerb() == "patch" {
					n++
				}
			}
			return n
		}
		time.Sleep(4 * time.Minute)
		if got := patches(); got != 0 {
			t.Errorf("%d writes in four quiet minutes; want 0", got)
		}
		time.Sleep(2 * time.Minute)
		if got := patches(); got != 1 {
			t.Errorf("%d writes in six quiet minutes; want 1", got)
		}
		r.runtime.AddImage("example.com/other:1")
		time.Sleep(11 * time.Second)
		if got := patches(); got != 2 {
			t.Errorf("%d writes after a change; want 2", got)
		}
	})
}

func TestReadMachine(t *testing.T) {
	m, err := ReadMachine(t.TempDir())
	if err != nil || m.CPUs < 1 || m.Memory < 1<<20 || m.Storage < 1<<20 || m.Kernel == "" {
		t.Errorf("machine = %+v, %v", m, err)
	}
}
