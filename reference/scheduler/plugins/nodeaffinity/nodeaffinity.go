// Package nodeaffinity matches pods with nodes by nodeSelector and node affinity.
package nodeaffinity

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin is stateless; the zero value is ready.
type Plugin struct{}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "NodeAffinity" }

// Filter accepts nodes that match both spec.nodeSelector and the required node affinity.
func (Plugin) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	if pod.NodeAffinity == nil {
		return plugin.Check{}, nil
	}
	mismatch := &plugin.Rejection{
		Reasons:   []string{"node(s) didn't match Pod's node affinity/selector"},
		Permanent: true,
	}
	return plugin.Check{
		Nodes: namedNodes(pod),
		Test: func(node *snapshot.Node) *plugin.Rejection {
			// A term that cannot be parsed matches nothing.
			if ok, err := pod.NodeAffinity.Match(node.Node); err != nil || !ok {
				return mismatch
			}
			return nil
		},
	}, nil
}

// Score adds up the weights of the preferred terms that match the node.
func (Plugin) Score(pod *snapshot.Pod, _ *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	if pod.Spec.Affinity == nil || pod.Spec.Affinity.NodeAffinity == nil {
		return false
	}
	terms := pod.Spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution
	if len(terms) == 0 {
		return false
	}
	preferred, err := nodeaffinity.NewPreferredSchedulingTerms(terms)
	if err != nil {
		return false // a preference that cannot be parsed prefers nothing
	}
	for i, node := range nodes {
		scores[i] = preferred.Score(node.Node)
	}
	plugin.Normalize(scores)
	return true
}

// Helps implements plugin.Hint.
func (Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated:
		if pod.NodeAffinity == nil {
			return true
		}
		ok, err := pod.NodeAffinity.Match(event.Node)
		return err != nil || ok
	default:
		return false
	}
}

// namedNodes returns the nodes that the pod names with matchFields, as the
// pods of a DaemonSet do, so that one node is tested and not all. Nil when
// any term leaves the name open.
func namedNodes(pod *snapshot.Pod) sets.Set[string] {
	if pod.Spec.Affinity == nil || pod.Spec.Affinity.NodeAffinity == nil ||
		pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution == nil {
		return nil
	}
	names := sets.New[string]()
	for _, term := range pod.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
		var one sets.Set[string]
		for _, field := range term.MatchFields {
			if field.Key != metav1.ObjectNameField || field.Operator != corev1.NodeSelectorOpIn {
				continue
			}
			if one = sets.New(field.Values...); len(one) > 0 {
				break
			}
		}
		if one == nil {
			return nil
		}
		names = names.Union(one)
	}
	return names
}
