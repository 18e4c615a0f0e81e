package node

import (
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/component-helpers/apimachinery/lease"
)

const leaseSeconds = 40 // renewed at a quarter of it

// RunLease renews the lease in kube-node-lease until ctx ends. A node whose lease is old counts as lost.
//
// https://kubernetes.io/docs/concepts/architecture/leases/#node-heart-beats
func (n *Node) RunLease(ctx context.Context) {
	controller := lease.NewController(n.Clock, n.Client, n.Name, leaseSeconds, nil, leaseSeconds*time.Second/4,
		n.Name, corev1.NamespaceNodeLease, n.ownLease)
	controller.Run(ctx)
}

// ownLease makes the lease go with its node.
func (n *Node) ownLease(lease *coordinationv1.Lease) error {
	if len(lease.OwnerReferences) > 0 {
		return nil
	}
	node := n.Object()
	if node == nil {
		return fmt.Errorf("own lease %q: the node is not registered yet", lease.Name)
	}
	lease.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: node.Name, UID: node.UID}}
	return nil
}
