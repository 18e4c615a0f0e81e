package status

import corev1 "k8s.io/api/core/v1"

// phase follows https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
func (in Input) phase(status *corev1.PodStatus) corev1.PodPhase {
	old := in.Pod.Status.Phase
	if IsTerminal(old) {
		return old // never changes again
	}
	if in.Verdict.Phase != "" {
		if in.Stopped {
			return in.Verdict.Phase
		}
		return running(old)
	}
	phase := in.fromContainers(status)
	if !IsTerminal(phase) && in.Stopped {
		return in.stoppedPhase(status)
	}
	if IsTerminal(phase) && !in.Stopped {
		return corev1.PodRunning // sidecars still stop
	}
	return phase
}

func running(old corev1.PodPhase) corev1.PodPhase {
	if old == "" {
		return corev1.PodPending
	}
	return old
}

// stoppedPhase is for a pod that was ended from outside: it succeeded only if every container did.
func (in Input) stoppedPhase(status *corev1.PodStatus) corev1.PodPhase {
	for i := range status.ContainerStatuses {
		if !succeeded(&status.ContainerStatuses[i]) {
			return corev1.PodFailed
		}
	}
	return corev1.PodSucceeded
}

func (in Input) fromContainers(status *corev1.PodStatus) corev1.PodPhase {
	if pending, failed := in.initialization(status); failed {
		return corev1.PodFailed
	} else if pending {
		return corev1.PodPending
	}
	var waiting, running, stopped, successes, again int
	for i := range status.ContainerStatuses {
		container := &status.ContainerStatuses[i]
		switch {
		case container.State.Running != nil:
			running++
		case container.State.Terminated != nil || container.LastTerminationState.Terminated != nil:
			stopped++
			if succeeded(container) {
				successes++
			}
			if in.restarts(i, container) {
				again++
			}
		default:
			waiting++
		}
	}
	switch {
	case waiting > 0:
		return corev1.PodPending
	case running > 0 || again > 0:
		return corev1.PodRunning
	case stopped == successes:
		return corev1.PodSucceeded
	}
	return corev1.PodFailed
}

func succeeded(container *corev1.ContainerStatus) bool {
	return container.State.Terminated != nil && container.State.Terminated.ExitCode == 0
}

func (in Input) restarts(index int, container *corev1.ContainerStatus) bool {
	if container.State.Waiting != nil {
		return true // it waits for its next run
	}
	return ShouldRestart(in.Pod, &in.Pod.Spec.Containers[index], container.State.Terminated.ExitCode)
}

// initialization tells whether init containers are still to run, or one failed for good.
func (in Input) initialization(status *corev1.PodStatus) (pending, failed bool) {
	if anyRan(status.ContainerStatuses) {
		return false, false // it was initialized, whatever became of the init containers
	}
	for i := range in.Pod.Spec.InitContainers {
		spec := &in.Pod.Spec.InitContainers[i]
		container := &status.InitContainerStatuses[i]
		if IsSidecar(spec) {
			pending = pending || container.Started == nil || !*container.Started
			continue
		}
		if succeeded(container) {
			continue
		}
		pending = true
		ended := container.State.Terminated
		if ended != nil && !ShouldRestart(in.Pod, spec, ended.ExitCode) {
			return true, true
		}
	}
	return pending, false
}

func anyRan(statuses []corev1.ContainerStatus) bool {
	for i := range statuses {
		if statuses[i].State.Running != nil || statuses[i].State.Terminated != nil || statuses[i].LastTerminationState.Terminated != nil {
			return true
		}
	}
	return false
}
