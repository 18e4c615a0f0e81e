package status

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// conditions sets those that the node owns; the others stay.
//
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-conditions
func (in Input) conditions(status *corev1.PodStatus) {
	if findCondition(status.Conditions, corev1.PodScheduled) == nil {
		in.set(status, corev1.PodCondition{Type: corev1.PodScheduled, Status: corev1.ConditionTrue})
	}
	in.set(status, in.readyToStart())
	in.set(status, in.initialized(status))
	containers := in.containersReady(status)
	in.set(status, containers)
	in.set(status, in.ready(status, containers))
	in.setOrDrop(status, corev1.PodResizePending, in.Resize.Pending != "", in.Resize.Pending, in.Resize.PendingMessage)
	reason := ""
	if in.Resize.Error != "" {
		reason = corev1.PodReasonError
	}
	in.setOrDrop(status, corev1.PodResizeInProgress, in.Resize.InProgress, reason, in.Resize.Error)
	if in.Verdict.Condition.Type != "" {
		in.set(status, in.Verdict.Condition)
	}
}

func (in Input) readyToStart() corev1.PodCondition {
	ready := corev1.ConditionFalse
	if in.Observed.ReadySandbox() != nil && (in.Pod.Spec.HostNetwork || len(in.Observed.IPs()) > 0) {
		ready = corev1.ConditionTrue
	}
	return corev1.PodCondition{Type: corev1.PodReadyToStartContainers, Status: ready}
}

func (in Input) initialized(status *corev1.PodStatus) corev1.PodCondition {
	condition := corev1.PodCondition{Type: corev1.PodInitialized, Status: corev1.ConditionTrue}
	if status.Phase == corev1.PodSucceeded {
		condition.Reason = "PodCompleted"
		return condition
	}
	pending, failed := in.initialization(status)
	if !pending && !failed {
		return condition
	}
	var incomplete []string
	for i := range status.InitContainerStatuses {
		container := &status.InitContainerStatuses[i]
		done := succeeded(container)
		if IsSidecar(&in.Pod.Spec.InitContainers[i]) {
			done = container.Started != nil && *container.Started
		}
		if !done {
			incomplete = append(incomplete, container.Name)
		}
	}
	condition.Status, condition.Reason = corev1.ConditionFalse, "ContainersNotInitialized"
	condition.Message = fmt.Sprintf("containers with incomplete status: [%s]", strings.Join(incomplete, " "))
	return condition
}

func (in Input) containersReady(status *corev1.PodStatus) corev1.PodCondition {
	condition := corev1.PodCondition{Type: corev1.ContainersReady, Status: corev1.ConditionTrue}
	switch status.Phase {
	case corev1.PodSucceeded:
		condition.Status, condition.Reason = corev1.ConditionFalse, "PodCompleted"
		return condition
	case corev1.PodFailed:
		condition.Status, condition.Reason = corev1.ConditionFalse, "PodFailed"
		return condition
	}
	var unready []string
	for i := range status.InitContainerStatuses {
		if IsSidecar(&in.Pod.Spec.InitContainers[i]) && !status.InitContainerStatuses[i].Ready {
			unready = append(unready, status.InitContainerStatuses[i].Name)
		}
	}
	for i := range status.ContainerStatuses {
		if !status.ContainerStatuses[i].Ready {
			unready = append(unready, status.ContainerStatuses[i].Name)
		}
	}
	if len(unready) > 0 {
		condition.Status, condition.Reason = corev1.ConditionFalse, "ContainersNotReady"
		condition.Message = fmt.Sprintf("containers with unready status: [%s]", strings.Join(unready, " "))
	}
	return condition
}

func (in Input) ready(status *corev1.PodStatus, containers corev1.PodCondition) corev1.PodCondition {
	condition := containers
	condition.Type = corev1.PodReady
	if condition.Status != corev1.ConditionTrue {
		return condition
	}
	var missing []string
	for _, gate := range in.Pod.Spec.ReadinessGates {
		found := findCondition(status.Conditions, gate.ConditionType)
		switch {
		case found == nil:
			missing = append(missing, fmt.Sprintf("corresponding condition of pod readiness gate %q does not exist.", gate.ConditionType))
		case found.Status != corev1.ConditionTrue:
			missing = append(missing, fmt.Sprintf("the status of pod readiness gate %q is not \"True\", but %v", gate.ConditionType, found.Status))
		}
	}
	if len(missing) > 0 {
		condition.Status, condition.Reason = corev1.ConditionFalse, "ReadinessGatesNotReady"
		condition.Message = strings.Join(missing, ", ")
	}
	return condition
}

func (in Input) set(status *corev1.PodStatus, condition corev1.PodCondition) {
	condition.ObservedGeneration = in.Pod.Generation
	condition.LastTransitionTime = metav1.NewTime(in.Now).Rfc3339Copy()
	old := findCondition(status.Conditions, condition.Type)
	if old == nil {
		status.Conditions = append(status.Conditions, condition)
		return
	}
	if old.Status == condition.Status {
		condition.LastTransitionTime = old.LastTransitionTime
	}
	*old = condition
}

func (in Input) setOrDrop(status *corev1.PodStatus, kind corev1.PodConditionType, set bool, reason, message string) {
	if set {
		in.set(status, corev1.PodCondition{Type: kind, Status: corev1.ConditionTrue, Reason: reason, Message: message})
		return
	}
	kept := status.Conditions[:0]
	for _, condition := range status.Conditions {
		if condition.Type != kind {
			kept = append(kept, condition)
		}
	}
	status.Conditions = kept
}

func findCondition(conditions []corev1.PodCondition, kind corev1.PodConditionType) *corev1.PodCondition {
	for i := range conditions {
		if conditions[i].Type == kind {
			return &conditions[i]
		}
	}
	return nil
}
