package snapshot

import (
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Cache follows nodes and assigned pods. A pod that the scheduler has placed
// is assumed to be on its node before the API server says so; what the API
// server says later replaces the assumption. Safe for concurrent use.
type Cache struct {
	mu    sync.Mutex
	nodes map[string]*Node
	pods  map[types.UID]placed
	dirty map[string]struct{} // nodes that changed since the last Update
}

type placed struct {
	node    string
	assumed bool
}

// NewCache returns an empty cache.
func NewCache() *Cache {
	return &Cache{
		nodes: map[string]*Node{},
		pods:  map[types.UID]placed{},
		dirty: map[string]struct{}{},
	}
}

// SetNode adds or replaces a node.
func (c *Cache) SetNode(node *corev1.Node) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(node.Name, c.node(node.Name).withObject(node))
}

// RemoveNode forgets the node but keeps its pods, which the API server
// reports as gone one by one.
func (c *Cache) RemoveNode(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(name, c.node(name).withObject(nil))
}

// SetPod adds or replaces a pod that the API server reports as assigned.
func (c *Cache) SetPod(pod *Pod) { c.place(pod, pod.Spec.NodeName, false) }

// Assume places the pod on the node until SetPod, RemovePod or Forget.
func (c *Cache) Assume(pod *Pod, node string) { c.place(pod, node, true) }

// RemovePod removes the pod, assumed or not, and returns it; nil when unknown.
func (c *Cache) RemovePod(uid types.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(uid)
}

// Forget takes back an assumption. What the API server reported stays.
func (c *Cache) Forget(uid types.UID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pods[uid].assumed {
		c.remove(uid)
	}
}

// Assumed says whether the pod is placed only by assumption.
func (c *Cache) Assumed(uid types.UID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pods[uid].assumed
}

// Has says whether the pod is placed on a node, assumed or not.
func (c *Cache) Has(uid types.UID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.pods[uid]
	return ok
}

// Update brings a snapshot up to date. It costs as much as has changed since
// the last call, so a cache serves one snapshot only.
func (c *Cache) Update(s *Snapshot) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name := range c.dirty {
		if n := c.nodes[name]; n != nil && n.Node != nil {
			s.set(n)
		} else {
			s.remove(name)
		}
	}
	clear(c.dirty)
}

func (c *Cache) place(pod *Pod, node string, assumed bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(pod.UID)
	c.pods[pod.UID] = placed{node: node, assumed: assumed}
	c.put(node, c.node(node).With(pod))
}

func (c *Cache) remove(uid types.UID) {
	p, ok := c.pods[uid]
	if !ok {
		return
	}
	delete(c.pods, uid)
	c.put(p.node, c.node(p.node).Without(uid))
}

func (c *Cache) node(name string) *Node {
	if n := c.nodes[name]; n != nil {
		return n
	}
	return &Node{}
}

func (c *Cache) put(name string, n *Node) {
	c.dirty[name] = struct{}{}
	if n.Node == nil && len(n.Pods) == 0 {
		delete(c.nodes, name)
		return
	}
	c.nodes[name] = n
}
