// Package nodeports keeps pods apart that want the same port of a node.
package nodeports

import (
	"slices"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin is stateless; the zero value is ready.
type Plugin struct{}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "NodePorts" }

// Filter refuses nodes where a pod has one of the host ports already.
func (Plugin) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	if len(pod.Ports) == 0 {
		return plugin.Check{}, nil
	}
	taken := &plugin.Rejection{Reasons: []string{"node(s) didn't have free ports for the requested pod ports"}}
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		if conflict(pod.Ports, node.Ports) {
			return taken
		}
		return nil
	}}, nil
}

// Helps implements plugin.Hint.
func (Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated:
		return true
	case plugin.PodRemoved:
		return conflict(pod.Ports, event.Pod.Ports)
	default:
		return false
	}
}

func conflict(a, b []snapshot.HostPort) bool {
	for _, p := range a {
		if slices.ContainsFunc(b, p.Conflicts) {
			return true
		}
	}
	return false
}
