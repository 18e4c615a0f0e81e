package pods

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/admit"
	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

const (
	// deferredRetry looks again for room although no pod of this node went.
	deferredRetry = 30 * time.Second
	resizeRetry   = 5 * time.Second
)

// allocation is what the node gave the containers of a pod. It follows the spec once the node accepts a change.
//
// https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
type allocation struct {
	resources map[string]corev1.ResourceRequirements
	// restart has the containers to start anew for a change, by name: the ID of the run that has the old resources.
	restart map[string]string
	state   status.Resize
}

// resize accepts a change of resources if there is room, and puts it in force.
func (w *worker) resize(ctx context.Context, next *alarm) {
	if w.given.resources == nil {
		w.given = firstAllocation(w.pod, w.observed)
	}
	w.accept(next)
	w.given.state.InProgress = false
	for _, container := range w.observed.Running() {
		spec := specOf(w.pod, cri.Name(container))
		if spec == nil || !resizable(w.pod, spec) {
			continue
		}
		want := criconfig.Resources(w.given.resources[spec.Name].Requests, w.given.resources[spec.Name].Limits)
		switch {
		case w.given.restart[spec.Name] == container.Id:
			w.given.state.InProgress = true
			w.stopContainer(ctx, stop{container: spec, id: container.Id, message: "Container " + spec.Name + " resize requires restart"})
		case !inForce(want, container.Resources.GetLinux()):
			w.given.state.InProgress = true
			w.update(ctx, container.Id, want, next)
			return // one after the other
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.given.state.InProgress {
		w.given.state.Error, w.shared.resizeError = "", ""
	}
}

// accept takes over the spec if the node has room for it.
func (w *worker) accept(next *alarm) {
	changed := false
	for _, spec := range resizableContainers(w.pod) {
		changed = changed || !equality.Semantic.DeepEqual(w.given.resources[spec.Name], spec.Resources)
	}
	w.given.state.Pending, w.given.state.PendingMessage = "", ""
	w.setDeferred(false)
	if !changed {
		return
	}
	w.admission.Lock()
	defer w.admission.Unlock()
	room, message := admit.RoomFor(withoutStatus(w.pod), w.active(w.uid), w.Node())
	switch room {
	case admit.Impossible:
		w.given.state.Pending, w.given.state.PendingMessage = corev1.PodReasonInfeasible, message
	case admit.NotNow:
		w.given.state.Pending, w.given.state.PendingMessage = corev1.PodReasonDeferred, message
		w.setDeferred(true)
		next.in(deferredRetry)
	default:
		w.take()
	}
}

// withoutStatus makes the requests of the spec count, not those given before.
func withoutStatus(pod *corev1.Pod) *corev1.Pod {
	out := *pod
	out.Status = corev1.PodStatus{QOSClass: pod.Status.QOSClass}
	return &out
}

func (w *worker) take() {
	for _, spec := range resizableContainers(w.pod) {
		old := w.given.resources[spec.Name]
		if equality.Semantic.DeepEqual(old, spec.Resources) {
			continue
		}
		w.given.resources[spec.Name] = *spec.Resources.DeepCopy()
		running := w.observed.Latest(spec.Name)
		if running != nil && needsRestart(spec, old) {
			w.given.restart[spec.Name] = running.Id
		}
	}
}

func needsRestart(spec *corev1.Container, old corev1.ResourceRequirements) bool {
	for _, policy := range spec.ResizePolicy {
		if policy.RestartPolicy != corev1.RestartContainer {
			continue
		}
		same := func(a, b corev1.ResourceList) bool {
			left, right := a[policy.ResourceName], b[policy.ResourceName]
			return left.Cmp(right) == 0
		}
		if !same(old.Requests, spec.Resources.Requests) || !same(old.Limits, spec.Resources.Limits) {
			return true
		}
	}
	return false
}

// update changes a running container: the pod's cgroup gets room first, and its final limits after.
func (w *worker) update(ctx context.Context, id string, want *runtimeapi.LinuxContainerResources, next *alarm) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.given.state.Error = w.shared.resizeError
	if w.before.resizing || w.shared.resize.busy() {
		return
	}
	if left := w.shared.resizeAgain.Sub(w.Clock.Now()); left > 0 {
		next.in(left)
		return
	}
	w.shared.resize.enter()
	pod := w.allocatedPod(w.pod)
	w.operation(func() {
		err := w.apply(ctx, pod, id, want)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.shared.resize.leave()
		w.shared.resizeError = ""
		if err != nil && ctx.Err() == nil {
			w.shared.resizeError = err.Error()
			w.shared.resizeAgain = w.Clock.Now().Add(resizeRetry)
			w.log.Warn("resize container", "err", err)
		}
	})
}

func (w *worker) apply(ctx context.Context, pod *corev1.Pod, id string, want *runtimeapi.LinuxContainerResources) error {
	if err := w.Cgroups.Widen(pod); err != nil {
		return err
	}
	if _, err := w.CRI.Runtime.UpdateContainerResources(ctx, &runtimeapi.UpdateContainerResourcesRequest{ContainerId: id, Linux: want}); err != nil {
		return fmt.Errorf("update container: %s", describe(err))
	}
	return w.Cgroups.Create(pod)
}

// inForce tells whether the runtime shows what is wanted. A limit that is not wanted may show as 0 or -1.
func inForce(want, have *runtimeapi.LinuxContainerResources) bool {
	if have == nil {
		return true // the runtime does not tell
	}
	return want.CpuShares == have.CpuShares && max(want.CpuQuota, 0) == max(have.CpuQuota, 0) &&
		max(want.MemoryLimitInBytes, 0) == max(have.MemoryLimitInBytes, 0)
}

// firstAllocation is the spec, but for containers that run already what they were told to have.
func firstAllocation(pod *corev1.Pod, observed *cri.Pod) allocation {
	a := allocation{resources: map[string]corev1.ResourceRequirements{}, restart: map[string]string{}}
	for _, spec := range resizableContainers(pod) {
		a.resources[spec.Name] = *spec.Resources.DeepCopy()
		old := previousStatus(pod, spec.Name)
		if observed.Latest(spec.Name) == nil || old == nil || old.Resources == nil {
			continue
		}
		given := corev1.ResourceRequirements{Limits: old.Resources.Limits, Requests: old.Resources.Requests, Claims: spec.Resources.Claims}
		if old.AllocatedResources != nil {
			given.Requests = old.AllocatedResources
		}
		a.resources[spec.Name] = *given.DeepCopy()
	}
	return a
}

func resizableContainers(pod *corev1.Pod) []*corev1.Container {
	var out []*corev1.Container
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			out = append(out, &list[i])
		}
	}
	return out
}

// resizable tells that a change reaches the running container: init containers that end get it at their next start.
func resizable(pod *corev1.Pod, spec *corev1.Container) bool {
	return !isStatic(pod) && (status.IsSidecar(spec) || !isInit(pod, spec.Name))
}

func isInit(pod *corev1.Pod, name string) bool {
	for i := range pod.Spec.InitContainers {
		if pod.Spec.InitContainers[i].Name == name {
			return true
		}
	}
	return false
}

// allocatedPod is the pod with the resources that the node gave it.
func (w *worker) allocatedPod(pod *corev1.Pod) *corev1.Pod {
	out := pod.DeepCopy()
	for _, spec := range resizableContainers(out) {
		if given, ok := w.given.resources[spec.Name]; ok {
			spec.Resources = given
		}
	}
	return out
}

func (w *worker) allocated(name string) corev1.ResourceList { return w.given.resources[name].Requests }

func (w *worker) resizeState() status.Resize { return w.given.state }

func (w *worker) setDeferred(on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deferred = on
}

// wakeDeferred lets pods that wait for room look again.
func (p *Pods) wakeDeferred() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, w := range p.workers {
		w.mu.Lock()
		if w.deferred {
			w.wakeUp()
		}
		w.mu.Unlock()
	}
}
