package pods

import (
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

// situation is everything a plan follows from.
type situation struct {
	pod      *corev1.Pod
	observed *cri.Pod
	// started tells whether a running container passed its startup probe.
	started func(*runtimeapi.ContainerStatus) bool
	// failed are containers that a probe wants stopped, by ID.
	failed map[string]probes.Verdict
	// stopping are containers that are being stopped, by ID.
	stopping map[string]bool
	// wait is how long a container must not be started yet, by name.
	wait func(name string) time.Duration
}

// plan is what to do next with a pod that should run.
type plan struct {
	// sandbox tells that a new sandbox is needed, with this attempt.
	sandbox bool
	attempt uint32
	start   []start
	stop    []stop
	// again is when to look again although nothing changed; 0 = never.
	again time.Duration
	// done tells that all containers ended and none will run again.
	done bool
}

// start is a container to start.
type start struct {
	container *corev1.Container
	attempt   uint32
	// target, for an ephemeral container, is the name of the container whose processes it sees.
	target string
	// remains is a container that was created and never started, to be removed first.
	remains string
}

// stop is a container to stop because it must be started anew.
type stop struct {
	container *corev1.Container
	id        string
	message   string
	grace     *int64
}

// makePlan decides what a pod needs. It is a pure function.
func makePlan(s situation) plan {
	p := &planner{situation: s}
	sandbox := s.observed.ReadySandbox()
	if sandbox == nil {
		p.withoutSandbox()
		return p.plan
	}
	p.ephemeral()
	initialized, failed := p.initContainers()
	if failed {
		p.plan.done = true
		p.plan.start = nil
		return p.plan
	}
	if initialized {
		p.mainContainers()
	}
	return p.plan
}

type planner struct {
	situation
	plan plan
}

func (p *planner) withoutSandbox() {
	last := p.observed.Sandbox()
	if last == nil {
		if len(p.observed.Containers) > 0 && p.pod.Spec.RestartPolicy == corev1.RestartPolicyNever {
			p.plan.done = true
			return
		}
		p.plan.sandbox = true
		return
	}
	p.plan.attempt = last.Metadata.Attempt + 1
	if p.finishedBefore() {
		p.plan.done = true
		return
	}
	p.plan.sandbox = true
}

// finishedBefore tells, of a pod whose sandbox is gone, that nothing of it should run again: it was not
// to be restarted and had begun, or all its containers had ended well.
func (p *planner) finishedBefore() bool {
	if len(p.observed.Containers) == 0 {
		return false
	}
	for i := range p.pod.Spec.Containers {
		container := &p.pod.Spec.Containers[i]
		last := p.observed.Latest(container.Name)
		switch {
		case last == nil && p.pod.Spec.RestartPolicy == corev1.RestartPolicyNever:
			continue
		case last == nil:
			return false
		case last.State != runtimeapi.ContainerState_CONTAINER_EXITED && p.pod.Spec.RestartPolicy != corev1.RestartPolicyNever:
			return false
		case status.ShouldRestart(p.pod, container, last.ExitCode):
			return false
		}
	}
	return true
}

func (p *planner) ephemeral() {
	for _, container := range p.pod.Spec.EphemeralContainers {
		if p.observed.Latest(container.Name) != nil {
			continue
		}
		common := corev1.Container(container.EphemeralContainerCommon)
		p.startWhenDue(start{container: &common, target: container.TargetContainerName})
	}
}

// initContainers runs those that come before the main ones, one after the other, and keeps sidecars alive.
func (p *planner) initContainers() (initialized, failed bool) {
	begun := slices.ContainsFunc(p.pod.Spec.Containers, func(c corev1.Container) bool { return p.observed.Current(c.Name) != nil })
	for i := range p.pod.Spec.InitContainers {
		container := &p.pod.Spec.InitContainers[i]
		current := p.observed.Current(container.Name)
		if status.IsSidecar(container) {
			if started := p.sidecar(container, current); !started && !begun {
				return false, false
			}
			continue
		}
		if begun {
			continue
		}
		done, failed := p.initContainer(container, current)
		if failed {
			return false, true
		}
		if !done {
			return false, false
		}
	}
	return true, false
}

func (p *planner) sidecar(container *corev1.Container, current *runtimeapi.ContainerStatus) (started bool) {
	if current != nil && current.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
		p.checkRunning(container, current)
		return p.started(current)
	}
	p.startAgain(container, current)
	return false
}

func (p *planner) initContainer(container *corev1.Container, current *runtimeapi.ContainerStatus) (done, failed bool) {
	if current == nil {
		p.startAgain(container, nil)
		return false, false
	}
	switch current.State {
	case runtimeapi.ContainerState_CONTAINER_RUNNING:
		return false, false
	case runtimeapi.ContainerState_CONTAINER_EXITED:
		if current.ExitCode == 0 {
			return true, false
		}
		if !status.ShouldRestart(p.pod, container, current.ExitCode) {
			return false, true
		}
	}
	p.startAgain(container, current)
	return false, false
}

func (p *planner) mainContainers() {
	finished := 0
	for i := range p.pod.Spec.Containers {
		container := &p.pod.Spec.Containers[i]
		current := p.observed.Current(container.Name)
		switch {
		case current == nil:
			if p.endedWell(container) {
				finished++
				continue
			}
			p.startAgain(container, nil)
		case current.State == runtimeapi.ContainerState_CONTAINER_RUNNING:
			p.checkRunning(container, current)
		case current.State == runtimeapi.ContainerState_CONTAINER_EXITED && !status.ShouldRestart(p.pod, container, current.ExitCode):
			finished++
		default:
			p.startAgain(container, current)
		}
	}
	p.plan.done = finished == len(p.pod.Spec.Containers)
}

// endedWell tells that a container ended in an earlier sandbox and is not to run again.
func (p *planner) endedWell(container *corev1.Container) bool {
	last := p.observed.Latest(container.Name)
	return last != nil && last.State == runtimeapi.ContainerState_CONTAINER_EXITED && !status.ShouldRestart(p.pod, container, last.ExitCode)
}

// checkRunning stops a container whose probe failed or whose image changed; it is started again when it ended.
func (p *planner) checkRunning(container *corev1.Container, current *runtimeapi.ContainerStatus) {
	if p.stopping[current.Id] {
		return
	}
	if verdict, failed := p.failed[current.Id]; failed {
		message := "Container " + container.Name + " failed " + lower(verdict.Kind) + " probe"
		if status.ShouldRestart(p.pod, container, 137) {
			message += ", will be restarted"
		}
		p.plan.stop = append(p.plan.stop, stop{container: container, id: current.Id, grace: verdict.Grace, message: message})
		return
	}
	if hash := current.Annotations[cri.HashAnnotation]; hash != "" && hash != criconfig.Hash(container) {
		p.plan.stop = append(p.plan.stop, stop{
			container: container, id: current.Id,
			message: "Container " + container.Name + " definition changed, will be restarted",
		})
	}
}

func lower(kind probes.Kind) string {
	if kind == probes.Startup {
		return "startup"
	}
	return "liveness"
}

func (p *planner) startAgain(container *corev1.Container, current *runtimeapi.ContainerStatus) {
	next := start{container: container}
	if last := p.observed.Latest(container.Name); last != nil {
		next.attempt = cri.Attempt(last) + 1
	} else if old := previousStatus(p.pod, container.Name); old != nil && (old.State.Running != nil || old.State.Terminated != nil || old.LastTerminationState.Terminated != nil) {
		next.attempt = uint32(old.RestartCount) + 1
	}
	if current != nil && current.State == runtimeapi.ContainerState_CONTAINER_CREATED {
		next.remains, next.attempt = current.Id, cri.Attempt(current)
	}
	p.startWhenDue(next)
}

func (p *planner) startWhenDue(next start) {
	if left := p.wait(next.container.Name); left > 0 {
		if p.plan.again == 0 || left < p.plan.again {
			p.plan.again = left
		}
		return
	}
	p.plan.start = append(p.plan.start, next)
}

func previousStatus(pod *corev1.Pod, name string) *corev1.ContainerStatus {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
