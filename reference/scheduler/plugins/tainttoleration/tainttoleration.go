// Package tainttoleration keeps pods from nodes whose taints they do not tolerate.
package tainttoleration

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
func (Plugin) Name() string { return "TaintToleration" }

// Filter refuses nodes with an untolerated taint of effect NoSchedule or NoExecute.
func (Plugin) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	untolerated := &plugin.Rejection{Reasons: []string{"node(s) had untolerated taint(s)"}, Permanent: true}
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		if repels(node.Node, pod) {
			return untolerated
		}
		return nil
	}}, nil
}

// Score prefers nodes with few untolerated taints of effect PreferNoSchedule.
func (Plugin) Score(pod *snapshot.Pod, _ *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	matters := false
	for i, node := range nodes {
		for j := range node.Spec.Taints {
			taint := &node.Spec.Taints[j]
			if taint.Effect == corev1.TaintEffectPreferNoSchedule && !tolerates(pod, taint) {
				scores[i]++
				matters = true
			}
		}
	}
	plugin.NormalizeReversed(scores)
	return matters
}

// Helps implements plugin.Hint.
func (Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated:
		return !repels(event.Node, pod)
	default:
		return false
	}
}

func repels(node *corev1.Node, pod *snapshot.Pod) bool {
	for i := range node.Spec.Taints {
		taint := &node.Spec.Taints[i]
		if taint.Effect != corev1.TaintEffectPreferNoSchedule && !tolerates(pod, taint) {
			return true
		}
	}
	return false
}

func tolerates(pod *snapshot.Pod, taint *corev1.Taint) bool {
	return corev1helpers.TolerationsTolerateTaint(klog.Logger{}, pod.Spec.Tolerations, taint, true)
}
