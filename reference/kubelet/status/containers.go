package status

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

type role int

const (
	mainContainers role = iota
	initContainers
	ephemeralContainers
)

func (in Input) containers(specs []corev1.Container, old []corev1.ContainerStatus, role role) []corev1.ContainerStatus {
	var out []corev1.ContainerStatus
	for i := range specs {
		spec := &specs[i]
		if container := in.Observed.Latest(spec.Name); container != nil {
			out = append(out, in.observed(spec, container, find(old, spec.Name), role))
			continue
		}
		out = append(out, in.absent(spec, find(old, spec.Name), role))
	}
	return out
}

// observed is the status of a container that the runtime has.
func (in Input) observed(spec *corev1.Container, container *runtimeapi.ContainerStatus, old *corev1.ContainerStatus, role role) corev1.ContainerStatus {
	status := corev1.ContainerStatus{
		Name:         spec.Name,
		Image:        imageName(spec, container),
		ImageID:      container.ImageRef,
		ContainerID:  "containerd://" + container.Id,
		RestartCount: int32(cri.Attempt(container)),
		State:        in.state(container, role),
		User:         userOf(container),
		VolumeMounts: volumeMounts(spec),
	}
	status.LastTerminationState = in.lastState(spec.Name, status.RestartCount, old)
	if waiting, ok := in.Waiting[spec.Name]; ok && status.State.Running == nil && !in.Stopped {
		if status.State.Terminated != nil {
			status.LastTerminationState = status.State
		}
		status.State = corev1.ContainerState{Waiting: &waiting}
	}
	running := status.State.Running != nil
	status.Started = new(running && (role == ephemeralContainers || in.Started(container)))
	switch {
	case role == initContainers && !IsSidecar(spec):
		status.Ready = status.State.Terminated != nil && status.State.Terminated.ExitCode == 0
		status.Started = new(running)
	case role == ephemeralContainers:
		status.Started = nil
	default:
		status.Ready = running && *status.Started && in.Ready(container)
	}
	if role != ephemeralContainers {
		in.resources(&status, spec, container)
	}
	return status
}

func imageName(spec *corev1.Container, container *runtimeapi.ContainerStatus) string {
	if name := container.Image.GetUserSpecifiedImage(); name != "" {
		return name
	}
	if name := container.Image.GetImage(); name != "" {
		return name
	}
	return spec.Image
}

func (in Input) state(container *runtimeapi.ContainerStatus, role role) corev1.ContainerState {
	switch container.State {
	case runtimeapi.ContainerState_CONTAINER_RUNNING:
		return corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: stamp(container.StartedAt)}}
	case runtimeapi.ContainerState_CONTAINER_EXITED:
		return corev1.ContainerState{Terminated: in.terminated(container)}
	}
	return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: in.notYet(role)}}
}

// notYet is why a container waits that has not run and has no other reason.
func (in Input) notYet(role role) string {
	if role == initContainers || role == mainContainers && len(in.Pod.Spec.InitContainers) > 0 {
		return "PodInitializing"
	}
	return "ContainerCreating"
}

func (in Input) terminated(container *runtimeapi.ContainerStatus) *corev1.ContainerStateTerminated {
	state := &corev1.ContainerStateTerminated{
		ExitCode:    container.ExitCode,
		Reason:      container.Reason,
		Message:     container.Message,
		StartedAt:   stamp(container.StartedAt),
		FinishedAt:  stamp(container.FinishedAt),
		ContainerID: "containerd://" + container.Id,
	}
	if in.Message != nil {
		if message := in.Message(container); message != "" {
			state.Message = message
		}
	}
	return state
}

func stamp(nanoseconds int64) metav1.Time {
	if nanoseconds == 0 {
		return metav1.Time{}
	}
	return metav1.NewTime(time.Unix(0, nanoseconds).Truncate(time.Second))
}

// lastState is how the run before this one ended: as the runtime shows it, or as it was told before
// the runtime forgot.
func (in Input) lastState(name string, restarts int32, old *corev1.ContainerStatus) corev1.ContainerState {
	if previous := in.Observed.Previous(name); previous != nil && previous.State == runtimeapi.ContainerState_CONTAINER_EXITED {
		return corev1.ContainerState{Terminated: in.terminated(previous)}
	}
	switch {
	case old == nil:
		return corev1.ContainerState{}
	case old.RestartCount < restarts && old.State.Terminated != nil:
		return corev1.ContainerState{Terminated: old.State.Terminated}
	}
	return old.LastTerminationState
}

// absent is the status of a container that the runtime does not have: not yet, or no more.
func (in Input) absent(spec *corev1.Container, old *corev1.ContainerStatus, role role) corev1.ContainerStatus {
	status := corev1.ContainerStatus{Name: spec.Name, Image: spec.Image, VolumeMounts: volumeMounts(spec)}
	if role != ephemeralContainers {
		status.Started = new(false)
	}
	if old != nil {
		status.RestartCount, status.LastTerminationState = old.RestartCount, old.LastTerminationState
		if old.State.Terminated != nil || old.State.Running != nil {
			return in.lost(status, *old, role)
		}
	}
	if in.Stopped && role != mainContainers && in.Verdict.Phase == "" && old != nil && old.State.Waiting == nil {
		return status
	}
	waiting := corev1.ContainerStateWaiting{Reason: in.notYet(role)}
	if known, ok := in.Waiting[spec.Name]; ok {
		waiting = known
	}
	status.State.Waiting = &waiting
	return status
}

// lost is the status of a container that ran once and was removed since.
func (in Input) lost(status, old corev1.ContainerStatus, role role) corev1.ContainerStatus {
	if old.State.Terminated != nil {
		old.Ready = role == initContainers && old.State.Terminated.ExitCode == 0
		return old
	}
	unknown := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
		ExitCode:    137,
		Reason:      "ContainerStatusUnknown",
		Message:     "The container could not be located when the pod was terminated",
		ContainerID: old.ContainerID,
	}}
	if in.Stopped {
		status.State, status.ContainerID, status.ImageID = unknown, old.ContainerID, old.ImageID
		return status
	}
	status.LastTerminationState = unknown
	status.State.Waiting = &corev1.ContainerStateWaiting{Reason: in.notYet(role)}
	return status
}

func userOf(container *runtimeapi.ContainerStatus) *corev1.ContainerUser {
	user := container.GetUser().GetLinux()
	if user == nil || container.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
		return nil
	}
	return &corev1.ContainerUser{Linux: &corev1.LinuxContainerUser{
		UID: user.Uid, GID: user.Gid, SupplementalGroups: user.SupplementalGroups,
	}}
}

func volumeMounts(spec *corev1.Container) []corev1.VolumeMountStatus {
	var out []corev1.VolumeMountStatus
	for _, mount := range spec.VolumeMounts {
		status := corev1.VolumeMountStatus{Name: mount.Name, MountPath: mount.MountPath, ReadOnly: mount.ReadOnly}
		if mount.ReadOnly {
			status.RecursiveReadOnly = new(corev1.RecursiveReadOnlyDisabled)
			if mount.RecursiveReadOnly != nil && *mount.RecursiveReadOnly != corev1.RecursiveReadOnlyDisabled {
				status.RecursiveReadOnly = new(corev1.RecursiveReadOnlyEnabled)
			}
		}
		out = append(out, status)
	}
	return out
}
