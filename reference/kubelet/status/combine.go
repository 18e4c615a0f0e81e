package status

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

// combine puts what the node says over what others wrote: conditions of other owners, the resize and
// nomination fields.
func combine(known, want corev1.PodStatus) corev1.PodStatus {
	out := *want.DeepCopy()
	for _, condition := range known.Conditions {
		if i := slices.IndexFunc(out.Conditions, func(c corev1.PodCondition) bool { return c.Type == condition.Type }); i < 0 {
			if !ownedCondition(condition.Type) {
				out.Conditions = append(out.Conditions, condition)
			}
		} else if !ownedCondition(condition.Type) {
			out.Conditions[i] = condition
		}
	}
	out.QOSClass = known.QOSClass
	out.NominatedNodeName = known.NominatedNodeName
	out.ResourceClaimStatuses = known.ResourceClaimStatuses
	if IsTerminal(known.Phase) {
		out.Phase = known.Phase
	}
	return out
}

// ownedCondition tells that only the node writes the condition. The scheduler writes PodScheduled,
// and whoever evicts writes DisruptionTarget.
func ownedCondition(kind corev1.PodConditionType) bool {
	switch kind {
	case corev1.PodReadyToStartContainers, corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady,
		corev1.PodResizePending, corev1.PodResizeInProgress:
		return true
	}
	return false
}

// owned is the part of a status that the node writes.
func owned(status corev1.PodStatus) corev1.PodStatus {
	out := *status.DeepCopy()
	out.Conditions = slices.DeleteFunc(out.Conditions, func(c corev1.PodCondition) bool { return !ownedCondition(c.Type) })
	slices.SortFunc(out.Conditions, func(a, b corev1.PodCondition) int { return compareTypes(a.Type, b.Type) })
	out.QOSClass, out.NominatedNodeName, out.ResourceClaimStatuses = "", "", nil
	return out
}

func compareTypes(a, b corev1.PodConditionType) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// newer tells whether a is a later version than b.
func newer(a, b *corev1.Pod) bool {
	left, errLeft := strconv.ParseUint(a.ResourceVersion, 10, 64)
	right, errRight := strconv.ParseUint(b.ResourceVersion, 10, 64)
	return errLeft == nil && errRight == nil && left > right
}
