package columns

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Pod are the columns of pods.
func Pod() []Column {
	return named[corev1.Pod](
		text("Ready", "Containers that are ready, of all that are to run.", func(p *corev1.Pod) string { return Summarize(p).Ready }),
		text("Status", "What the pod is doing, or why not.", func(p *corev1.Pod) string { return Summarize(p).Status }),
		text("Restarts", "How often containers were restarted, and when last.", func(p *corev1.Pod) string { return Summarize(p).Restarts }),
		age[corev1.Pod](),
		wide(text("IP", "First address of the pod.", func(p *corev1.Pod) string {
			if len(p.Status.PodIPs) > 0 {
				return p.Status.PodIPs[0].IP
			}
			return or(p.Status.PodIP, none)
		})),
		wide(text("Node", "Node that runs the pod.", func(p *corev1.Pod) string { return or(p.Spec.NodeName, none) })),
		wide(text("Nominated Node", "Node on which room is being made for the pod.", func(p *corev1.Pod) string {
			return or(p.Status.NominatedNodeName, none)
		})),
		wide(text("Readiness Gates", "Gates that are passed, of all.", readinessGates)),
	)
}

func readinessGates(p *corev1.Pod) string {
	gates := p.Spec.ReadinessGates
	if len(gates) == 0 {
		return none
	}
	passed := 0
	for _, gate := range gates {
		if hasCondition(p, gate.ConditionType) {
			passed++
		}
	}
	return fmt.Sprintf("%d/%d", passed, len(gates))
}

// PodSummary is a pod in three words.
type PodSummary struct {
	Ready, Status, Restarts string
}

// Summarize says how a pod is doing. The status is that of the container which
// matters most: the init container that runs or fails, else the first
// container that waits or has ended.
func Summarize(pod *corev1.Pod) PodSummary {
	s := podState{pod: pod, status: string(pod.Status.Phase)}
	if pod.Status.Reason != "" {
		s.status = pod.Status.Reason
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Reason == corev1.PodReasonSchedulingGated {
			s.status = corev1.PodReasonSchedulingGated
		}
	}
	if initializing := s.initContainers(); !initializing || hasCondition(pod, corev1.PodInitialized) {
		s.containers()
	}
	if pod.DeletionTimestamp != nil {
		switch {
		case pod.Status.Reason == nodeLost:
			s.status = string(corev1.PodUnknown)
		case pod.Status.Phase != corev1.PodSucceeded && pod.Status.Phase != corev1.PodFailed:
			s.status = "Terminating"
		}
	}
	return PodSummary{Ready: fmt.Sprintf("%d/%d", s.ready, s.total()), Status: s.status, Restarts: s.restarts.String()}
}

// nodeLost is the reason of a pod whose node does not answer any more.
const nodeLost = "NodeLost"

// podState is what has been seen of a pod so far.
type podState struct {
	pod      *corev1.Pod
	status   string
	ready    int
	restarts restarts
	sidecars restarts
}

// restarts counts restarts and knows the last one.
type restarts struct {
	count int
	last  time.Time
}

func (r *restarts) add(status *corev1.ContainerStatus) {
	r.count += int(status.RestartCount)
	if t := status.LastTerminationState.Terminated; t != nil && t.FinishedAt.After(r.last) {
		r.last = t.FinishedAt.Time
	}
}

func (r restarts) String() string {
	if r.count == 0 || r.last.IsZero() {
		return fmt.Sprint(r.count)
	}
	return fmt.Sprintf("%d (%s ago)", r.count, since(r.last))
}

// total counts the containers that run as long as the pod: sidecars are among them.
func (s *podState) total() int {
	total := len(s.pod.Spec.Containers)
	for i := range s.pod.Spec.InitContainers {
		if isSidecar(&s.pod.Spec.InitContainers[i]) {
			total++
		}
	}
	return total
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// initContainers reports whether an init container still holds the pod back, and then takes its status.
func (s *podState) initContainers() bool {
	specs := s.pod.Spec.InitContainers
	initializing, done := false, 0
	for i := range s.pod.Status.InitContainerStatuses {
		status := &s.pod.Status.InitContainerStatuses[i]
		spec := slices.IndexFunc(specs, func(c corev1.Container) bool { return c.Name == status.Name })
		if spec < 0 {
			continue
		}
		s.restarts.add(status)
		sidecar := isSidecar(&specs[spec])
		if sidecar {
			s.sidecars.add(status)
		}
		if initializing {
			continue
		}
		terminated := status.State.Terminated
		switch {
		case terminated != nil && terminated.ExitCode == 0:
			done++
		case sidecar && status.Started != nil && *status.Started:
			done++
			if status.Ready {
				s.ready++
			}
		default:
			initializing = true
			s.status = "Init:" + initStatus(status, done, len(specs))
		}
	}
	return initializing
}

func initStatus(status *corev1.ContainerStatus, done, total int) string {
	switch terminated, waiting := status.State.Terminated, status.State.Waiting; {
	case terminated != nil:
		return ended(terminated)
	case waiting != nil && waiting.Reason != "" && waiting.Reason != "PodInitializing":
		return waiting.Reason
	default:
		return fmt.Sprintf("%d/%d", done, total)
	}
}

// containers takes the status of the first container that does not run.
func (s *podState) containers() {
	s.restarts = s.sidecars // init containers that are done do not count any more
	running := false
	for _, status := range slices.Backward(s.pod.Status.ContainerStatuses) {
		s.restarts.add(&status)
		switch state := status.State; {
		case state.Waiting != nil && state.Waiting.Reason != "":
			s.status = state.Waiting.Reason
		case state.Terminated != nil:
			s.status = ended(state.Terminated)
		case status.Ready && state.Running != nil:
			running = true
			s.ready++
		}
	}
	if s.status == "Completed" && running {
		s.status = "NotReady"
		if hasCondition(s.pod, corev1.PodReady) {
			s.status = string(corev1.PodRunning)
		}
	}
}

// ended says how a container ended.
func ended(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason != "":
		return t.Reason
	case t.Signal != 0:
		return fmt.Sprintf("Signal:%d", t.Signal)
	default:
		return fmt.Sprintf("ExitCode:%d", t.ExitCode)
	}
}

func hasCondition(pod *corev1.Pod, kind corev1.PodConditionType) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == kind && c.Status == corev1.ConditionTrue
	})
}
