package pods

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
)

// minimumStop is what a container gets between the two signals even if its hook used up the grace period.
const minimumStop = 2 * time.Second

// stopRequest is a container to stop.
type stopRequest struct {
	container *corev1.Container
	id        string
	// message is the event; none if empty.
	message string
	grace   time.Duration
	// skipHook tells that the preStop hook ran already.
	skipHook bool
	hooked   func()
}

// stopContainer stops one container of a pod that goes on.
func (w *worker) stopContainer(ctx context.Context, s stop) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shared.stopping[s.id] {
		return
	}
	w.shared.stopping[s.id] = true
	grace := gracePeriod(w.pod)
	if s.grace != nil {
		grace = time.Duration(*s.grace) * time.Second
	}
	w.operation(func() {
		w.stopOne(ctx, stopRequest{container: s.container, id: s.id, message: s.message, grace: grace})
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.shared.stopping, s.id)
	})
}

// stopOne runs the preStop hook and stops the container, all within the grace period. It returns when
// the container ended, or when ctx did.
func (w *worker) stopOne(ctx context.Context, r stopRequest) {
	deadline := w.Clock.Now().Add(r.grace)
	if r.message != "" {
		w.recordContainer(r.container, corev1.EventTypeNormal, "Killing", r.message)
	}
	if hook := preStop(r.container); hook != nil && !r.skipHook && r.grace > 0 {
		w.runPreStop(ctx, hook, r)
		if ctx.Err() != nil {
			return
		}
	}
	left := deadline.Sub(w.Clock.Now())
	if r.grace > 0 {
		left = max(left, minimumStop)
	}
	err := w.signal(ctx, r.id, max(left, 0))
	if err != nil && ctx.Err() == nil {
		w.log.Warn("stop container", "container", r.container.Name, "err", err)
		w.recordContainer(r.container, corev1.EventTypeWarning, "FailedKillContainer", "Failed to stop container: "+describe(err))
	}
}

func (w *worker) runPreStop(ctx context.Context, hook *corev1.LifecycleHandler, r stopRequest) {
	ctx, cancel := context.WithTimeout(ctx, r.grace)
	defer cancel()
	target := probes.Target{Container: r.container, ContainerID: r.id}
	if pod := w.current(); pod != nil {
		target.PodIP = pod.Status.PodIP
	}
	err := w.Hooks.Run(ctx, hook, target)
	if r.hooked != nil && !errors.Is(err, context.Canceled) {
		r.hooked()
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		w.log.Info("preStop hook failed", "container", r.container.Name, "err", err)
		w.recordContainer(r.container, corev1.EventTypeWarning, "FailedPreStopHook", "PreStopHook failed")
	}
}

// signal asks the runtime to end the container: first by its stop signal, after the time by force.
func (w *worker) signal(ctx context.Context, id string, grace time.Duration) error {
	seconds := int64((grace + time.Second - 1) / time.Second)
	_, err := w.CRI.Runtime.StopContainer(ctx, &runtimeapi.StopContainerRequest{ContainerId: id, Timeout: seconds})
	if err != nil && !cri.IsNotFound(err) {
		return fmt.Errorf("stop container %q: %w", id, err)
	}
	return nil
}

func preStop(container *corev1.Container) *corev1.LifecycleHandler {
	if container.Lifecycle == nil {
		return nil
	}
	return container.Lifecycle.PreStop
}

// gracePeriod is the time between the request to stop and force.
func gracePeriod(pod *corev1.Pod) time.Duration {
	seconds := int64(30)
	if pod.Spec.TerminationGracePeriodSeconds != nil {
		seconds = *pod.Spec.TerminationGracePeriodSeconds
	}
	if pod.DeletionGracePeriodSeconds != nil && pod.DeletionTimestamp != nil {
		seconds = *pod.DeletionGracePeriodSeconds
	}
	return max(time.Duration(seconds)*time.Second, 0)
}
