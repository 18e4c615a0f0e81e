package job

import (
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
)

// match is the rule of the pod failure policy that a failed pod meets; without one the failure counts.
type match struct {
	action  batchv1.PodFailurePolicyAction
	message string // why, for FailJob
}

// matchPolicy returns the first rule that the pod meets (KEP-3329).
func matchPolicy(job *batchv1.Job, pod *corev1.Pod) match {
	if job.Spec.PodFailurePolicy == nil || pod.Status.Phase != corev1.PodFailed {
		return match{action: batchv1.PodFailurePolicyActionCount}
	}
	for i, rule := range job.Spec.PodFailurePolicy.Rules {
		var why string
		switch {
		case rule.OnExitCodes != nil:
			why = byExitCode(rule.OnExitCodes, pod)
		case len(rule.OnPodConditions) > 0:
			why = byCondition(rule.OnPodConditions, pod)
		}
		if why != "" {
			return match{action: rule.Action, message: fmt.Sprintf("%s matching %s rule at index %d", why, rule.Action, i)}
		}
	}
	return match{action: batchv1.PodFailurePolicyActionCount}
}

func byExitCode(on *batchv1.PodFailurePolicyOnExitCodesRequirement, pod *corev1.Pod) string {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.ContainerStatuses, pod.Status.InitContainerStatuses} {
		for _, c := range list {
			t := c.State.Terminated
			if t == nil || t.ExitCode == 0 || on.ContainerName != nil && *on.ContainerName != c.Name {
				continue
			}
			listed := slices.Contains(on.Values, t.ExitCode)
			if listed == (on.Operator == batchv1.PodFailurePolicyOnExitCodesOpIn) {
				return fmt.Sprintf("Container %s for pod %s/%s failed with exit code %d", c.Name, pod.Namespace, pod.Name, t.ExitCode)
			}
		}
	}
	return ""
}

func byCondition(on []batchv1.PodFailurePolicyOnPodConditionsPattern, pod *corev1.Pod) string {
	for _, pattern := range on {
		for _, c := range pod.Status.Conditions {
			if c.Type == pattern.Type && c.Status == pattern.Status {
				return fmt.Sprintf("Pod %s/%s has condition %s", pod.Namespace, pod.Name, c.Type)
			}
		}
	}
	return ""
}
