//go:build linux

package cluster

import (
	"context"
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// controlPlaneLabel marks the node that the control plane runs on.
const controlPlaneLabel = "node-role.kubernetes.io/control-plane"

// markNode gives the node its role whenever it registers. No kubelet may give
// itself one (admission plugin NodeRestriction); kubeadm does the same.
func (c *cluster) markNode(ctx context.Context) error {
	client, err := kubernetes.NewForConfig(c.server.ClientConfig("seatrial:control-plane", "system:masters"))
	if err != nil {
		return fmt.Errorf("mark control plane: %w", err)
	}
	nodes := cache.NewListWatchFromClient(client.CoreV1().RESTClient(), "nodes", "", fields.OneTermEqualSelector(metav1.ObjectNameField, c.NodeName))
	mark := func(obj any) {
		node, ok := obj.(*corev1.Node)
		if _, marked := node.GetLabels()[controlPlaneLabel]; !ok || marked {
			return
		}
		patch, err := json.Marshal(map[string]any{"metadata": map[string]any{"labels": map[string]string{controlPlaneLabel: ""}}})
		if err == nil {
			_, err = client.CoreV1().Nodes().Patch(ctx, c.NodeName, types.MergePatchType, patch, metav1.PatchOptions{})
		}
		if err != nil && ctx.Err() == nil { // the kubelet's next report is the next try
			c.Log.Warn("node is not marked as control plane", "node", c.NodeName, "err", err)
		}
	}
	_, informer := cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: nodes, ObjectType: &corev1.Node{},
		Handler: cache.ResourceEventHandlerFuncs{AddFunc: mark, UpdateFunc: func(_, obj any) { mark(obj) }},
	})
	informer.RunWithContext(ctx)
	return nil
}
