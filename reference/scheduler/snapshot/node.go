package snapshot

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Node is a node with the pods that run on it or are about to. It is
// immutable: each change makes a new one, so a snapshot is a list of pointers.
type Node struct {
	*corev1.Node // nil while pods are known but not their node

	Allocatable Resources
	MaxPods     int64
	Requested   Resources // sum of Pods' Requests
	Weight      Resources // sum of Pods' Weight

	Pods []*Pod
	// WithTerms are those of Pods that have pod affinity or anti-affinity.
	WithTerms []*Pod
	// Ports are the host ports taken by Pods.
	Ports []HostPort
	// ImageSizes maps every name of every image on the node to its bytes.
	ImageSizes map[string]int64
}

// NewNode returns the node with its pods.
func NewNode(node *corev1.Node, pods ...*Pod) *Node {
	return (&Node{}).withObject(node).With(pods...)
}

func (n *Node) withObject(node *corev1.Node) *Node {
	c := *n
	c.Node = node
	c.Allocatable, c.MaxPods, c.ImageSizes = Resources{}, 0, nil
	if node == nil {
		return &c
	}
	c.Allocatable = ResourcesOf(node.Status.Allocatable)
	if pods, ok := node.Status.Allocatable[corev1.ResourcePods]; ok {
		c.MaxPods = pods.Value()
	}
	c.ImageSizes = make(map[string]int64, len(node.Status.Images))
	for _, image := range node.Status.Images {
		for _, name := range image.Names {
			c.ImageSizes[name] = image.SizeBytes
		}
	}
	return &c
}

// With returns the node with the pods added.
func (n *Node) With(pods ...*Pod) *Node {
	c := *n
	c.Pods = append(slices.Grow(slices.Clip(n.Pods), len(pods)), pods...)
	for _, p := range pods {
		c.Requested = c.Requested.Plus(p.Requests)
		c.Weight = c.Weight.Plus(p.Weight)
		if p.hasTerms() {
			c.WithTerms = append(slices.Clip(c.WithTerms), p)
		}
		if len(p.Ports) > 0 {
			c.Ports = append(slices.Clip(c.Ports), p.Ports...)
		}
	}
	return &c
}

// Without returns the node without the pod of that UID; the node itself when
// there is none.
func (n *Node) Without(uid types.UID) *Node {
	i := slices.IndexFunc(n.Pods, func(p *Pod) bool { return p.UID == uid })
	if i < 0 {
		return n
	}
	gone := n.Pods[i]
	c := *n
	c.Pods = slices.Delete(slices.Clone(n.Pods), i, i+1)
	c.Requested = c.Requested.Minus(gone.Requests)
	c.Weight = c.Weight.Minus(gone.Weight)
	if gone.hasTerms() {
		c.WithTerms = slices.DeleteFunc(slices.Clone(n.WithTerms), func(p *Pod) bool { return p.UID == uid })
	}
	if len(gone.Ports) > 0 {
		c.Ports = nil
		for _, p := range c.Pods {
			c.Ports = append(c.Ports, p.Ports...)
		}
	}
	return &c
}
