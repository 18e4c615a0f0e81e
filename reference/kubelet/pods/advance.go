package pods

import (
	"context"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/probes"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

// advance does the next thing for a pod that should run.
func (w *worker) advance(ctx context.Context, next *alarm) {
	w.mount(ctx, next)
	w.resize(ctx, next)
	plan := makePlan(w.situation())
	if plan.again > 0 {
		next.in(plan.again)
	}
	if plan.done {
		w.begin(reasonCompleted)
		return
	}
	for _, s := range plan.stop {
		w.stopContainer(ctx, s)
	}
	w.mu.Lock()
	busy, mounted, notBefore := w.before.busy || w.shared.start.busy(), w.shared.volumes != nil, w.shared.sandboxFor
	w.mu.Unlock()
	if busy {
		return
	}
	if plan.sandbox {
		if left := notBefore.Sub(w.Clock.Now()); left > 0 {
			next.in(left)
			return
		}
		w.start(ctx, func(ctx context.Context, pod *corev1.Pod) { w.createSandbox(ctx, pod, plan.attempt) })
		return
	}
	if len(plan.start) > 0 && mounted {
		w.start(ctx, func(ctx context.Context, pod *corev1.Pod) { w.startContainers(ctx, pod, plan.start) })
	}
}

// start runs the one operation that makes sandboxes and containers.
func (w *worker) start(ctx context.Context, run func(ctx context.Context, pod *corev1.Pod)) {
	ctx, cancel := context.WithCancel(ctx)
	pod := w.allocatedPod(w.podWithStatus())
	w.mu.Lock()
	w.shared.start.enter()
	w.shared.cancel = cancel
	w.mu.Unlock()
	w.operation(func() {
		defer cancel()
		run(ctx, pod)
		w.mu.Lock()
		w.shared.start.leave()
		w.shared.cancel = nil
		w.mu.Unlock()
	})
}

func (w *worker) situation() situation {
	failed := map[string]probes.Verdict{}
	for _, verdict := range w.probes.Failed() {
		failed[verdict.ContainerID] = verdict
	}
	return situation{
		pod: w.podWithStatus(), observed: w.observed, started: w.isStarted, failed: failed, stopping: w.before.stopping, wait: w.wait,
	}
}

// isStarted tells that a container runs, its postStart hook is done and its startup probe succeeded.
func (w *worker) isStarted(container *runtimeapi.ContainerStatus) bool {
	return !w.isHooking(container.Id) && w.probes.Started(container)
}

func (w *worker) isHooking(id string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shared.hooking[id]
}

// wait is the time until a container may be started: after a crash, or after a start that failed.
func (w *worker) wait(name string) time.Duration {
	now := w.Clock.Now()
	var left time.Duration
	if c := w.crashes[name]; c != nil {
		left = c.until.Sub(now)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return max(left, w.shared.retry[name].Sub(now), 0)
}

// podWithStatus is the pod with the newest status known.
func (w *worker) podWithStatus() *corev1.Pod {
	pod := *w.pod
	target := w.apiPod()
	if target != nil {
		pod.Status = w.Writer.Latest(target)
	}
	if w.latest != nil && target == nil {
		pod.Status = w.latest.Status
	}
	if pod.Status.QOSClass == "" {
		pod.Status.QOSClass = qosClass(&pod)
	}
	return &pod
}

// apiPod is the object whose status is written: the pod, or the mirror of a static pod.
func (w *worker) apiPod() *corev1.Pod {
	if !isStatic(w.pod) {
		return w.pod
	}
	return w.Mirror(w.pod)
}

func isStatic(pod *corev1.Pod) bool {
	source := pod.Annotations["kubernetes.io/config.source"]
	return source != "" && source != "api"
}

// syncProbes keeps probes running for the containers that run.
func (w *worker) syncProbes() {
	var running []probes.Running
	for _, list := range [][]corev1.Container{w.pod.Spec.InitContainers, w.pod.Spec.Containers} {
		for i := range list {
			container := w.observed.Latest(list[i].Name)
			if container == nil || container.State != runtimeapi.ContainerState_CONTAINER_RUNNING || w.isHooking(container.Id) {
				continue
			}
			running = append(running, probes.Running{Spec: &list[i], Status: container, Ready: w.wasReady(container)})
		}
	}
	ips := w.observed.IPs()
	if w.pod.Spec.HostNetwork {
		ips = w.HostIPs
	}
	ip := ""
	if len(ips) > 0 {
		ip = ips[0]
	}
	w.probes.Sync(running, ip, w.end != nil)
}

// wasReady tells of a container that ran before this worker began whether it was ready then.
func (w *worker) wasReady(container *runtimeapi.ContainerStatus) bool {
	if container.StartedAt == 0 || !time.Unix(0, container.StartedAt).Before(w.since) {
		return false
	}
	statuses := slices.Concat(w.pod.Status.InitContainerStatuses, w.pod.Status.ContainerStatuses)
	return slices.ContainsFunc(statuses, func(s corev1.ContainerStatus) bool {
		return s.ContainerID == "containerd://"+container.Id && s.Ready
	})
}

// report computes the status and has it written.
func (w *worker) report() {
	pod := w.podWithStatus()
	in := status.Input{
		Pod: pod, Observed: w.visible(), Waiting: w.waitingReasons(), Ready: w.probes.Ready, Started: w.isStarted,
		Message: w.message, Verdict: w.verdict, Stopped: w.before.stopped, HostIPs: w.HostIPs,
		Allocated: w.allocated, Resize: w.resizeState(), Now: w.Clock.Now(),
	}
	pod.Status = status.Compute(in)
	w.mu.Lock()
	w.latest = pod
	freed := !w.free
	w.free = w.end != nil && (w.end.finished || status.IsTerminal(pod.Status.Phase))
	freed = freed && w.free
	w.mu.Unlock()
	if freed {
		w.wakeDeferred()
	}
	if in.Stopped {
		w.end.report()
	}
	target := w.apiPod()
	if target == nil || w.gone {
		return
	}
	written := w.Writer.Set(target, pod.Status)
	if in.Stopped && w.end.written == nil {
		w.end.written = written
		w.watchWritten(written)
	}
}

// waitingReasons are why containers do not run. A crash loop is one only while it holds the container back.
func (w *worker) waitingReasons() map[string]corev1.ContainerStateWaiting {
	w.mu.Lock()
	reasons := maps.Clone(w.shared.waiting)
	w.mu.Unlock()
	if w.end != nil {
		return reasons
	}
	for name, c := range w.crashes {
		if left := c.until.Sub(w.Clock.Now()); left > 0 {
			reasons[name] = corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff", Message: c.describe(w.pod, name)}
		}
	}
	return reasons
}
