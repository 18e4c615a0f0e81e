package status

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// ShouldRestart tells whether a container that ended with the exit code runs again. Its own rules and
// policy come before the pod's.
//
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
func ShouldRestart(pod *corev1.Pod, container *corev1.Container, exitCode int32) bool {
	for _, rule := range container.RestartPolicyRules {
		if rule.ExitCodes == nil || rule.Action != corev1.ContainerRestartRuleActionRestart {
			continue
		}
		in := slices.Contains(rule.ExitCodes.Values, exitCode)
		if in == (rule.ExitCodes.Operator == corev1.ContainerRestartRuleOnExitCodesOpIn) {
			return true
		}
	}
	if container.RestartPolicy != nil {
		switch *container.RestartPolicy {
		case corev1.ContainerRestartPolicyAlways:
			return true
		case corev1.ContainerRestartPolicyNever:
			return false
		}
		return exitCode != 0
	}
	switch pod.Spec.RestartPolicy {
	case corev1.RestartPolicyNever:
		return false
	case corev1.RestartPolicyOnFailure:
		return exitCode != 0
	}
	return !isInit(pod, container) || exitCode != 0
}

func isInit(pod *corev1.Pod, container *corev1.Container) bool {
	for i := range pod.Spec.InitContainers {
		if pod.Spec.InitContainers[i].Name == container.Name {
			return true
		}
	}
	return false
}
