package scheduler

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// nominations are the pods that wait for room on a node on which they have
// preempted others. Pods of lower priority must leave that room free.
type nominations struct {
	mu    sync.Mutex
	pods  map[types.UID]nomination
	nodes map[string]map[types.UID]*snapshot.Pod
}

type nomination struct {
	pod  *snapshot.Pod
	node string
}

func newNominations() *nominations {
	return &nominations{pods: map[types.UID]nomination{}, nodes: map[string]map[types.UID]*snapshot.Pod{}}
}

// set nominates the node for the pod. An empty name changes nothing: the API
// object may not yet say what the scheduler has decided.
func (n *nominations) set(pod *snapshot.Pod, node string) {
	if node == "" {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.drop(pod.UID)
	n.pods[pod.UID] = nomination{pod: pod, node: node}
	if n.nodes[node] == nil {
		n.nodes[node] = map[types.UID]*snapshot.Pod{}
	}
	n.nodes[node][pod.UID] = pod
}

// remove says whether there was a nomination.
func (n *nominations) remove(uid types.UID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.drop(uid)
}

// node returns the node nominated for the pod, or "".
func (n *nominations) node(uid types.UID) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pods[uid].node
}

// before returns, by node, the pods other than this one that have at least
// its priority.
func (n *nominations) before(pod *snapshot.Pod) map[string][]*snapshot.Pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	var result map[string][]*snapshot.Pod
	for uid, nominated := range n.pods {
		if uid == pod.UID || nominated.pod.Priority < pod.Priority {
			continue
		}
		if result == nil {
			result = map[string][]*snapshot.Pod{}
		}
		result[nominated.node] = append(result[nominated.node], nominated.pod)
	}
	return result
}

// below returns the pods nominated to the node that have a lower priority.
func (n *nominations) below(node string, priority int32) []*snapshot.Pod {
	n.mu.Lock()
	defer n.mu.Unlock()
	var result []*snapshot.Pod
	for _, pod := range n.nodes[node] {
		if pod.Priority < priority {
			result = append(result, pod)
		}
	}
	return result
}

func (n *nominations) drop(uid types.UID) bool {
	old, ok := n.pods[uid]
	if !ok {
		return false
	}
	delete(n.pods, uid)
	delete(n.nodes[old.node], uid)
	if len(n.nodes[old.node]) == 0 {
		delete(n.nodes, old.node)
	}
	return true
}
