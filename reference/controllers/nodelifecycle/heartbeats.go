package nodelifecycle

import (
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// heartbeats remember when each node was last heard of, by the clock of this process: the clocks of
// nodes are not trusted, only that their values change.
type heartbeats struct {
	mu    sync.Mutex
	nodes map[string]heartbeat
	down  bool
}

type heartbeat struct {
	lease, status time.Time // as the node wrote them
	seen          time.Time
}

func newHeartbeats() *heartbeats { return &heartbeats{nodes: map[string]heartbeat{}} }

// seen returns when the node was last heard of.
func (h *heartbeats) seen(node *corev1.Node, renewed, now time.Time) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	last, known := h.nodes[node.Name]
	next := heartbeat{lease: renewed, status: reported(node), seen: last.seen}
	if !known || next.lease.After(last.lease) || next.status.After(last.status) {
		next.seen = now
	}
	h.nodes[node.Name] = next
	return next.seen
}

func reported(node *corev1.Node) time.Time {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.LastHeartbeatTime.Time
		}
	}
	return time.Time{}
}

func (h *heartbeats) forget(node string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.nodes, node)
}

// flip notes whether all nodes are down, and reports whether that is news.
func (h *heartbeats) flip(down bool) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	changed := h.down != down
	h.down = down
	return changed
}
