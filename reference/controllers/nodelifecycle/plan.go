package nodelifecycle

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// owned are the taints that belong to this controller.
var owned = []corev1.Taint{
	{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeMemoryPressure, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeDiskPressure, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodePIDPressure, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeNetworkUnavailable, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule},
	{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoExecute},
	{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute},
}

// plan returns the taints that the node should have; free of I/O. When all nodes are disrupted, the
// fault is more likely here than there, and no pod is evicted.
func plan(node *corev1.Node, disrupted bool, now metav1.Time) []corev1.Taint {
	wanted := map[corev1.Taint]bool{}
	for _, t := range owned {
		wanted[t] = holds(node, t) && (t.Effect != corev1.TaintEffectNoExecute || !disrupted)
	}
	var taints []corev1.Taint
	for _, t := range node.Spec.Taints {
		bare := corev1.Taint{Key: t.Key, Effect: t.Effect}
		want, mine := wanted[bare]
		if !mine || want {
			taints = append(taints, t)
		}
		wanted[bare] = false
	}
	for _, t := range owned {
		if wanted[t] {
			t.TimeAdded = &now
			taints = append(taints, t)
		}
	}
	return taints
}

// holds reports whether the state of the node calls for the taint.
func holds(node *corev1.Node, t corev1.Taint) bool {
	switch t.Key {
	case corev1.TaintNodeNotReady:
		s := ready(node)
		return s == corev1.ConditionFalse || s == "" && t.Effect == corev1.TaintEffectNoSchedule
	case corev1.TaintNodeUnreachable:
		return ready(node) == corev1.ConditionUnknown
	case corev1.TaintNodeMemoryPressure:
		return status(node, corev1.NodeMemoryPressure) == corev1.ConditionTrue
	case corev1.TaintNodeDiskPressure:
		return status(node, corev1.NodeDiskPressure) == corev1.ConditionTrue
	case corev1.TaintNodePIDPressure:
		return status(node, corev1.NodePIDPressure) == corev1.ConditionTrue
	case corev1.TaintNodeNetworkUnavailable:
		return status(node, corev1.NodeNetworkUnavailable) == corev1.ConditionTrue
	case corev1.TaintNodeUnschedulable:
		return node.Spec.Unschedulable
	}
	return false
}

func ready(node *corev1.Node) corev1.ConditionStatus { return status(node, corev1.NodeReady) }

// status is that of the condition, or empty when the node does not have it.
func status(node *corev1.Node, t corev1.NodeConditionType) corev1.ConditionStatus {
	for _, c := range node.Status.Conditions {
		if c.Type == t {
			return c.Status
		}
	}
	return ""
}

// allDown reports whether no node is ready. now is the newest state of one of them.
func allDown(all []*corev1.Node, now *corev1.Node) bool {
	return !slices.ContainsFunc(all, func(n *corev1.Node) bool {
		if n.Name == now.Name {
			n = now
		}
		return ready(n) == corev1.ConditionTrue
	})
}

// forgetConditions sets what the kubelet reports to Unknown.
func forgetConditions(node *corev1.Node, now metav1.Time) {
	for _, t := range []corev1.NodeConditionType{corev1.NodeReady, corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure} {
		i := slices.IndexFunc(node.Status.Conditions, func(c corev1.NodeCondition) bool { return c.Type == t })
		if i < 0 {
			node.Status.Conditions = append(node.Status.Conditions, corev1.NodeCondition{
				Type: t, Status: corev1.ConditionUnknown, Reason: "NodeStatusNeverUpdated", Message: "Kubelet never posted node status.",
				LastHeartbeatTime: node.CreationTimestamp, LastTransitionTime: now,
			})
			continue
		}
		c := &node.Status.Conditions[i]
		if c.Status == corev1.ConditionUnknown {
			continue
		}
		c.Status, c.Reason, c.Message = corev1.ConditionUnknown, "NodeStatusUnknown", "Kubelet stopped posting node status."
		c.LastTransitionTime = now
	}
}
