// Package nodeunschedulable keeps pods from nodes that are cordoned.
package nodeunschedulable

import (
	corev1 "k8s.io/api/core/v1"
	corev1helpers "k8s.io/component-helpers/scheduling/corev1"
	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Plugin is stateless; the zero value is ready.
type Plugin struct{}

// Name implements plugin.Plugin.
func (Plugin) Name() string { return "NodeUnschedulable" }

// Filter refuses nodes with spec.unschedulable, unless the pod tolerates the
// taint that cordoning adds.
func (Plugin) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	if tolerates(pod) {
		return plugin.Check{}, nil
	}
	unschedulable := &plugin.Rejection{Reasons: []string{"node(s) were unschedulable"}, Permanent: true}
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		if node.Spec.Unschedulable {
			return unschedulable
		}
		return nil
	}}, nil
}

// Helps implements plugin.Hint.
func (Plugin) Helps(event plugin.Event, _ *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated:
		return !event.Node.Spec.Unschedulable
	default:
		return false
	}
}

func tolerates(pod *snapshot.Pod) bool {
	cordoned := corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}
	return len(pod.Spec.Tolerations) > 0 &&
		corev1helpers.TolerationsTolerateTaint(klog.Logger{}, pod.Spec.Tolerations, &cordoned, true)
}
