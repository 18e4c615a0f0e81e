// Package node keeps the Node object of this machine: it registers it, tells how it is, and renews its lease.
package node

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

const (
	// statusPeriod is how often the node looks at itself; it writes what changed.
	statusPeriod = 10 * time.Second
	// reportPeriod is how often it writes although nothing changed.
	reportPeriod = 5 * time.Minute
	// startRetry is the wait between tries while the node comes up.
	startRetry = 25 * time.Millisecond
	lastRetry  = time.Second
)

// Options describe the node.
type Options struct {
	Name    string
	IPs     []string
	Labels  map[string]string
	Taints  []corev1.Taint
	PodCIDR string
	MaxPods int
	Port    int32
	Version string
	Machine Machine
	Client  kubernetes.Interface
	CRI     *cri.Client
	Clock   clock.Clock
	Log     *slog.Logger
	// Registered is called once the object exists.
	Registered func(*corev1.Node)
}

// Node is the Node object of this machine.
type Node struct {
	Options
	mu       sync.Mutex
	object   *corev1.Node
	reported time.Time
	wake     chan struct{}
	ready    chan struct{}
	once     sync.Once
}

// New returns a node that is not registered yet.
func New(options Options) *Node {
	return &Node{Options: options, wake: make(chan struct{}, 1), ready: make(chan struct{})}
}

// Object returns the Node object as it was seen last, nil before it is registered.
func (n *Node) Object() *corev1.Node {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.object
}

// Observe tells of a change of the object by others.
func (n *Node) Observe(node *corev1.Node) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.object != nil && n.object.UID != node.UID {
		return
	}
	if n.object != nil && !equality.Semantic.DeepEqual(n.object.Status.Capacity, node.Status.Capacity) {
		n.Refresh() // somebody added or took away a resource
	}
	n.object = node
}

// Gone tells that somebody deleted the object; it is registered again.
func (n *Node) Gone() {
	n.mu.Lock()
	n.object = nil
	n.mu.Unlock()
	n.Refresh()
}

// Refresh makes the node look at itself now.
func (n *Node) Refresh() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Ready waits until the node told the API server that it is ready.
func (n *Node) Ready(ctx context.Context) error {
	select {
	case <-n.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for node %q: %w", n.Name, ctx.Err())
	}
}

// Run keeps the object current until ctx ends.
func (n *Node) Run(ctx context.Context) {
	retry := startRetry
	for ctx.Err() == nil {
		wait := statusPeriod
		ready, err := n.sync(ctx)
		switch {
		case err != nil:
			if ctx.Err() == nil {
				n.Log.Warn("update node", "node", n.Name, "err", err)
			}
			wait, retry = retry, min(2*retry, lastRetry)
		case !ready:
			wait, retry = retry, min(2*retry, lastRetry)
		default:
			retry = startRetry
			n.once.Do(func() { close(n.ready) })
		}
		select {
		case <-ctx.Done():
		case <-n.wake:
		case <-n.Clock.After(wait):
		}
	}
}

// sync registers the node if need be and writes its status if it changed or is due.
func (n *Node) sync(ctx context.Context) (ready bool, err error) {
	h := n.look(ctx)
	object := n.Object()
	if object == nil {
		if object, err = n.register(ctx, h); err != nil {
			return false, err
		}
		if n.Registered != nil {
			n.Registered(object)
		}
	}
	now := n.Clock.Now()
	status := *object.Status.DeepCopy()
	n.fill(&status, h, now)
	if sameStatus(object.Status, status) && now.Sub(n.reported) < reportPeriod {
		return h.problem == "", nil
	}
	if err := n.write(ctx, object, status); err != nil {
		return false, err
	}
	n.reported = now
	return h.problem == "", nil
}

// register makes the object, or takes over the one that exists.
func (n *Node) register(ctx context.Context, h health) (*corev1.Node, error) {
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: n.labels()},
		Spec:       corev1.NodeSpec{Taints: n.Taints, PodCIDR: n.PodCIDR},
	}
	if n.PodCIDR != "" {
		node.Spec.PodCIDRs = []string{n.PodCIDR}
	}
	n.fill(&node.Status, h, n.Clock.Now())
	created, err := n.Client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
	if err == nil {
		n.reported = n.Clock.Now()
		n.Log.Info("node registered", "node", n.Name)
		n.Observe(created)
		return created, nil
	}
	if !apierrors.IsAlreadyExists(err) {
		return nil, fmt.Errorf("register node %q: %w", n.Name, err)
	}
	return n.takeOver(ctx)
}

func (n *Node) takeOver(ctx context.Context) (*corev1.Node, error) {
	old, err := n.Client.CoreV1().Nodes().Get(ctx, n.Name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("read node %q: %w", n.Name, err)
	}
	changed := old.DeepCopy()
	if changed.Labels == nil {
		changed.Labels = map[string]string{}
	}
	maps.Copy(changed.Labels, n.labels())
	if !equality.Semantic.DeepEqual(old, changed) {
		if old, err = n.Client.CoreV1().Nodes().Update(ctx, changed, metav1.UpdateOptions{}); err != nil {
			return nil, fmt.Errorf("label node %q: %w", n.Name, err)
		}
	}
	n.Observe(old)
	return old, nil
}

func (n *Node) labels() map[string]string {
	labels := map[string]string{
		corev1.LabelHostname:    n.Name,
		corev1.LabelOSStable:    runtime.GOOS,
		corev1.LabelArchStable:  runtime.GOARCH,
		"beta.kubernetes.io/os": runtime.GOOS, "beta.kubernetes.io/arch": runtime.GOARCH,
	}
	maps.Copy(labels, n.Labels)
	return labels
}

func (n *Node) write(ctx context.Context, object *corev1.Node, status corev1.NodeStatus) error {
	before, err := json.Marshal(corev1.Node{Status: object.Status})
	if err != nil {
		return fmt.Errorf("encode node status: %w", err)
	}
	after, err := json.Marshal(corev1.Node{Status: status})
	if err != nil {
		return fmt.Errorf("encode node status: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, corev1.Node{})
	if err != nil {
		return fmt.Errorf("compute patch: %w", err)
	}
	written, err := n.Client.CoreV1().Nodes().Patch(ctx, n.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if apierrors.IsNotFound(err) {
		n.Gone()
		return nil
	}
	if err != nil {
		return fmt.Errorf("patch status of node %q: %w", n.Name, err)
	}
	n.Observe(written)
	return nil
}

// sameStatus compares without the heartbeats.
func sameStatus(a, b corev1.NodeStatus) bool {
	strip := func(status corev1.NodeStatus) corev1.NodeStatus {
		out := *status.DeepCopy()
		for i := range out.Conditions {
			out.Conditions[i].LastHeartbeatTime = metav1.Time{}
		}
		return out
	}
	return equality.Semantic.DeepEqual(strip(a), strip(b))
}
