// Package plugin is the contract between the scheduling loop and its plugins,
// each of which knows one reason why a pod fits a node or fits it better.
package plugin

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin is the part that all plugins have. A plugin implements any of
// Filter, Score, PreBind and Hint besides.
type Plugin interface {
	// Name is upstream's name of the plugin, such as "NodeResourcesFit".
	Name() string
}

// Filter says on which nodes a pod can run.
type Filter interface {
	Plugin
	// Filter looks at the pod and at the whole cluster once and returns the
	// test for single nodes. It is a pure function of its arguments and of
	// what the plugin's listers hold: preemption calls it again with a
	// snapshot of how things would be. An error means that the pod cannot be
	// judged now and is tried again.
	Filter(pod *snapshot.Pod, cluster *snapshot.Snapshot) (Check, error)
}

// Check is the result of Filter. The zero Check accepts every node.
type Check struct {
	// Nodes, if not nil, are the only nodes that come into question.
	Nodes sets.Set[string]
	// Reject refuses the pod whatever the node.
	Reject *Rejection
	// Test returns nil when the pod fits the node. Nil means that the plugin
	// has nothing to say about this pod.
	Test func(node *snapshot.Node) *Rejection
}

// Rejection says why a pod does not fit a node.
type Rejection struct {
	// Reasons are sentences without a subject, shown to users in the
	// condition PodScheduled and counted over all nodes.
	Reasons []string
	// Permanent is set when no preemption on that node could help.
	Permanent bool
}

// Score prefers some nodes to others.
type Score interface {
	Plugin
	// Score writes 0 to MaxScore to scores[i] for nodes[i], all of which can
	// run the pod. It returns false when it does not care.
	Score(pod *snapshot.Pod, cluster *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool
}

// MaxScore is the score of the best node.
const MaxScore = 100

// PreBind does what must be done before the pod is bound to the node, such as
// binding its volumes. It runs beside the loop and may wait; ctx ends the
// wait. When it fails, the pod is scheduled again.
type PreBind interface {
	Plugin
	PreBind(ctx context.Context, pod *snapshot.Pod, node *corev1.Node) error
}

// Hint wakes pods. Without it every event wakes the pods that the plugin refused.
type Hint interface {
	Plugin
	// Helps says whether the event may let the pod through that this plugin
	// has refused. It must not say no when it does not know.
	Helps(event Event, pod *snapshot.Pod) bool
}
