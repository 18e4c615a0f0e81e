// Package nodename keeps a pod to the node that its spec names.
package nodename

import (
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin is stateless; the zero value is ready.
type Plugin struct{}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "NodeName" }

// Filter accepts only the node of spec.nodeName.
func (Plugin) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	name := pod.Spec.NodeName
	if name == "" {
		return plugin.Check{}, nil
	}
	mismatch := &plugin.Rejection{Reasons: []string{"node(s) didn't match the requested node name"}, Permanent: true}
	return plugin.Check{
		Nodes: sets.New(name),
		Test: func(node *snapshot.Node) *plugin.Rejection {
			if node.Name != name {
				return mismatch
			}
			return nil
		},
	}, nil
}

// Helps implements plugin.Hint: only that node can help.
func (Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	return event.Kind == plugin.NodeAdded && event.Node.Name == pod.Spec.NodeName
}
