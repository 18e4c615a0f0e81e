//go:build linux

package cluster

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	watchtools "k8s.io/client-go/tools/watch"
)

// report tells the progress of the start until the node is Ready. It closes
// ready when the API server serves.
func (c *cluster) report(ctx context.Context, ready chan<- struct{}) error {
	if err := c.server.Ready(ctx); err != nil {
		return ended(ctx, err)
	}
	close(ready)
	c.Progress.Step("API server ready at " + c.Server)
	if err := c.nodeReady(ctx); err != nil {
		return ended(ctx, err)
	}
	c.Progress.Step("Node " + c.NodeName + " ready")
	c.Progress.Ready()
	c.Log.Info("cluster ready", "cluster", c.Place.Name, "server", c.Server)
	GiveBackMemory(ctx, c.Log)
	return nil
}

// ended drops errors that come from the cluster being stopped.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (c *cluster) nodeReady(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.server.ClientConfig("seatrial:start", "system:masters"))
	if err != nil {
		return fmt.Errorf("wait for node %q: %w", c.NodeName, err)
	}
	selector := fields.OneTermEqualSelector("metadata.name", c.NodeName).String()
	nodes := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = selector
			return client.CoreV1().Nodes().List(ctx, o)
		},
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = selector
			return client.CoreV1().Nodes().Watch(ctx, o)
		},
	}
	_, err = watchtools.UntilWithSync(ctx, nodes, &corev1.Node{}, nil, func(event watch.Event) (bool, error) {
		node, ok := event.Object.(*corev1.Node)
		return ok && isReady(node), nil
	})
	if err != nil {
		return fmt.Errorf("wait for node %q: %w", c.NodeName, err)
	}
	return nil
}

// isReady reports whether the node is ready and takes pods: it loses the taint of its start a moment after it is.
func isReady(node *corev1.Node) bool {
	if slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady }) {
		return false
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}
