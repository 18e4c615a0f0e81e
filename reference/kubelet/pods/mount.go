package pods

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/kubelet/volumes"
)

const (
	firstMountRetry = 500 * time.Millisecond
	lastMountRetry  = 15 * time.Second
	mountFailures   = "/volumes" // a key of failures that no container can have
)

// changedByUser tells that the pod itself changed and not only its status: what containers see through the
// downward API may be different now.
func changedByUser(old, pod *corev1.Pod) bool {
	return old.Generation != pod.Generation || !maps.Equal(old.Labels, pod.Labels) || !maps.Equal(old.Annotations, pod.Annotations)
}

// mount sets up the volumes, or brings their content up to date.
func (w *worker) mount(ctx context.Context, next *alarm) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shared.mount.busy() {
		return
	}
	now := w.Clock.Now()
	due := w.shared.mountAgain
	first := w.shared.volumes == nil
	wanted := w.shared.remount || first && due.IsZero() || !due.IsZero() && !now.Before(due)
	if !wanted {
		if !due.IsZero() {
			next.in(due.Sub(now))
		}
		return
	}
	w.shared.mount.enter()
	w.shared.remount = false
	pod := w.pod
	setUp := w.Volumes.SetUp
	if !first {
		setUp = w.Volumes.Refresh
	}
	w.operation(func() {
		set, err := setUp(ctx, pod, w.contentChanged)
		w.mounted(ctx, set, err)
	})
}

func (w *worker) contentChanged() {
	w.mu.Lock()
	w.shared.remount = true
	w.mu.Unlock()
	w.wakeUp()
}

func (w *worker) mounted(ctx context.Context, set *volumes.Set, err error) {
	w.noteMount(set, err)
	if err != nil && ctx.Err() == nil && !errors.Is(err, context.Canceled) {
		w.event(corev1.EventTypeWarning, "FailedMount", err.Error())
	}
}

// noteMount keeps the volumes, or when to try again.
func (w *worker) noteMount(set *volumes.Set, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shared.mount.leave()
	if err == nil {
		w.shared.volumes, w.shared.mountAgain = set, set.Refresh
		delete(w.shared.failures, mountFailures)
		return
	}
	failures := w.shared.failures[mountFailures]
	w.shared.failures[mountFailures] = failures + 1
	w.shared.mountAgain = w.Clock.Now().Add(min(firstMountRetry<<min(failures, 10), lastMountRetry))
}

// volumesOf returns the volumes if they are ready.
func (w *worker) volumesOf() (*volumes.Set, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.shared.volumes == nil {
		return nil, fmt.Errorf("the volumes are not ready")
	}
	return w.shared.volumes, nil
}
