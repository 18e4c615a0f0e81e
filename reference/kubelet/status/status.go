// Package status says how a pod is, from what the runtime shows and what the node agent knows, and writes it to the API.
package status

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// Input is everything a status follows from.
type Input struct {
	// Pod with its last known status.
	Pod      *corev1.Pod
	Observed *cri.Pod
	// Waiting has the reasons why containers do not run, by name.
	Waiting map[string]corev1.ContainerStateWaiting
	// Ready and Started tell what the probes of a running container say.
	Ready, Started func(container *runtimeapi.ContainerStatus) bool
	// Message reads the termination message of a container that ended.
	Message func(container *runtimeapi.ContainerStatus) string
	// Verdict, if its phase is set, is why the pod ends on this node's decision.
	Verdict Verdict
	// Stopped tells that no container runs or will run again.
	Stopped bool
	HostIPs []string
	// Allocated has the resources given to a container, by name.
	Allocated func(name string) corev1.ResourceList
	Resize    Resize
	Now       time.Time
}

// Verdict is a decision of the node against a pod: refused, evicted, past its deadline.
type Verdict struct {
	Phase           corev1.PodPhase
	Reason, Message string
	// Condition, if its type is set, is added.
	Condition corev1.PodCondition
}

// Resize is where an in-place change of resources stands.
type Resize struct {
	// Pending is the reason why the change is not accepted: Deferred or Infeasible.
	Pending, PendingMessage string
	// InProgress tells that it is accepted and not yet in force, Error why it fails.
	InProgress bool
	Error      string
}

// Compute makes the status. It is a pure function: equal input gives equal output.
func Compute(in Input) corev1.PodStatus {
	pod, old := in.Pod, in.Pod.Status
	status := *old.DeepCopy()
	status.ObservedGeneration = pod.Generation
	status.InitContainerStatuses = in.containers(pod.Spec.InitContainers, old.InitContainerStatuses, initContainers)
	status.ContainerStatuses = in.containers(pod.Spec.Containers, old.ContainerStatuses, mainContainers)
	status.EphemeralContainerStatuses = in.containers(ephemeral(pod), old.EphemeralContainerStatuses, ephemeralContainers)
	in.addresses(&status)
	if status.StartTime == nil {
		status.StartTime = new(metav1.NewTime(in.Now.Truncate(time.Second)))
	}
	status.Phase = in.phase(&status)
	if in.Verdict.Phase != "" {
		status.Reason, status.Message = in.Verdict.Reason, in.Verdict.Message
	}
	in.conditions(&status)
	return status
}

func ephemeral(pod *corev1.Pod) []corev1.Container {
	var out []corev1.Container
	for _, container := range pod.Spec.EphemeralContainers {
		out = append(out, corev1.Container(container.EphemeralContainerCommon))
	}
	return out
}

func (in Input) addresses(status *corev1.PodStatus) {
	if len(in.HostIPs) > 0 {
		status.HostIP, status.HostIPs = in.HostIPs[0], nil
		for _, ip := range in.HostIPs {
			status.HostIPs = append(status.HostIPs, corev1.HostIP{IP: ip})
		}
	}
	ips := in.Observed.IPs()
	if in.Pod.Spec.HostNetwork {
		ips = in.HostIPs
	}
	if len(ips) == 0 || in.Observed.Sandbox() == nil && !in.Pod.Spec.HostNetwork {
		return // the last address stays
	}
	status.PodIP, status.PodIPs = ips[0], nil
	for _, ip := range ips {
		status.PodIPs = append(status.PodIPs, corev1.PodIP{IP: ip})
	}
}

// IsTerminal tells that a pod in this phase never runs again.
func IsTerminal(phase corev1.PodPhase) bool {
	return phase == corev1.PodSucceeded || phase == corev1.PodFailed
}

// IsSidecar tells that an init container runs as long as the pod does.
func IsSidecar(container *corev1.Container) bool {
	return container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func find(statuses []corev1.ContainerStatus, name string) *corev1.ContainerStatus {
	i := slices.IndexFunc(statuses, func(s corev1.ContainerStatus) bool { return s.Name == name })
	if i < 0 {
		return nil
	}
	return &statuses[i]
}
