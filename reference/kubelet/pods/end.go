package pods

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/status"
)

type reason string

// Reasons why a pod ends.
const (
	reasonCompleted reason = "completed" // its containers ended by themselves
	reasonVerdict   reason = "verdict"   // the node decided
	reasonDeleted   reason = "deleted"   // the API object is being deleted, or gone
	reasonTerminal  reason = "terminal"  // it ended before this worker began
)

const (
	// reasonEvicted is the reason of the status of pods that take more than they may. They get no time.
	reasonEvicted = "Evicted"
	evictionGrace = time.Second

	deleteRetry  = 2 * time.Second
	cleanupRetry = 250 * time.Millisecond
)

// ending is the last part of a pod's life. The stages follow each other: containers stopped, then
// sandbox, volumes and cgroup removed while the last status is written, then the API object deleted.
type ending struct {
	reason   reason
	grace    time.Duration
	deadline time.Time

	// written is closed when the last status is at the API server; nil before there is one.
	written <-chan struct{}
	// finished tells that nothing is left but to remove what is kept for readers of logs.
	finished bool

	// guarded by worker.mu
	busy     bool
	cancel   context.CancelFunc
	stopped  bool
	cleaned  bool
	deleting bool
	deleted  bool
	notYet   time.Time       // nothing is tried again before
	hooked   map[string]bool // containers whose preStop hook ran, by ID
	told     map[string]bool // containers whose stop was told as an event, by ID

	reported chan struct{} // closed when the status of the stopped pod is computed
	once     sync.Once
}

func (e *ending) report() { e.once.Do(func() { close(e.reported) }) }

// checkEnd begins the end if there is a reason.
func (w *worker) checkEnd() {
	switch {
	case w.pod.DeletionTimestamp != nil || w.gone:
		w.begin(reasonDeleted)
	case w.verdict.Phase != "":
		w.begin(reasonVerdict)
		if w.verdict.Reason == reasonEvicted {
			w.end.grace, w.end.deadline = evictionGrace, w.Clock.Now().Add(evictionGrace)
			w.event(corev1.EventTypeWarning, reasonEvicted, w.verdict.Message)
		}
	case status.IsTerminal(w.podWithStatus().Status.Phase):
		w.begin(reasonTerminal)
	}
}

func (w *worker) begin(why reason) {
	w.end = &ending{
		reason: why, grace: gracePeriod(w.pod), hooked: map[string]bool{}, told: map[string]bool{},
		reported: make(chan struct{}),
	}
	w.end.deadline = w.Clock.Now().Add(w.end.grace)
	w.log.Info("pod ends", "reason", string(why), "grace", w.end.grace)
}

// advanceEnd does the next thing for a pod that ends.
func (w *worker) advanceEnd(ctx context.Context, next *alarm) {
	w.shorten()
	w.mu.Lock()
	defer w.mu.Unlock()
	e := w.end
	if e.busy || e.deleting {
		return
	}
	if left := e.notYet.Sub(w.Clock.Now()); left > 0 {
		next.in(left)
		return
	}
	switch {
	case !e.stopped || !e.cleaned:
		w.endOperation(ctx)
	case !closed(e.written) && !w.gone && w.apiPod() != nil:
		// the status is on its way
	case w.deletes() && !e.deleted:
		w.deleteOperation(ctx)
	default:
		e.finished = true
		w.wakeUp()
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// watchWritten wakes the loop when the last status is written.
func (w *worker) watchWritten(written <-chan struct{}) {
	if closed(written) {
		w.wakeUp()
		return
	}
	ctx := w.ctx
	w.operation(func() {
		select {
		case <-written:
		case <-ctx.Done():
		}
	})
}

// deletes tells that the API object waits for this node to remove it.
func (w *worker) deletes() bool {
	return w.pod.DeletionTimestamp != nil && !w.gone && !isStatic(w.pod)
}

// shorten starts the stop anew when the grace period was cut, as by a second delete.
func (w *worker) shorten() {
	if w.pod.DeletionTimestamp == nil && !w.gone {
		return
	}
	grace := gracePeriod(w.pod)
	deadline := w.Clock.Now().Add(grace)
	if grace >= w.end.grace || !deadline.Before(w.end.deadline) {
		return
	}
	w.end.grace, w.end.deadline = grace, deadline
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end.busy && !w.end.stopped {
		w.end.cancel()
	}
}

// endOperation stops the containers and cleans up. It must be called with mu held.
func (w *worker) endOperation(ctx context.Context) {
	e, pod := w.end, w.podOf()
	ctx, cancel := context.WithCancel(ctx)
	e.busy, e.cancel = true, cancel
	if w.shared.cancel != nil {
		w.shared.cancel()
	}
	deadline, stopped := e.deadline, e.stopped
	w.operation(func() {
		defer cancel()
		var err error
		if !stopped {
			err = w.stopAll(ctx, pod, deadline)
		}
		if err == nil {
			w.mu.Lock()
			e.stopped = true
			w.mu.Unlock()
			w.wakeUp()
			err = w.cleanUp(ctx, pod)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		e.busy = false
		if err != nil {
			if ctx.Err() == nil {
				w.log.Warn("end pod", "err", err)
				e.notYet = w.Clock.Now().Add(cleanupRetry)
			}
			return
		}
		e.cleaned = true
	})
}

// podOf is the pod as the operations of the end see it.
func (w *worker) podOf() *corev1.Pod {
	if w.latest != nil {
		return w.latest
	}
	return w.pod
}

// deleteOperation removes the API object. It must be called with mu held.
func (w *worker) deleteOperation(ctx context.Context) {
	e, pod := w.end, w.pod
	e.deleting = true
	w.operation(func() {
		err := w.Client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{
			GracePeriodSeconds: new(int64(0)), Preconditions: &metav1.Preconditions{UID: &pod.UID},
		})
		w.mu.Lock()
		defer w.mu.Unlock()
		e.deleting = false
		if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
			if ctx.Err() == nil {
				w.log.Warn("delete pod", "err", err)
			}
			e.notYet = w.Clock.Now().Add(deleteRetry)
			return
		}
		e.deleted = true
	})
}

// finish removes the last traces once the API object is gone.
func (w *worker) finish(ctx context.Context) (again time.Duration, done bool) {
	if !w.gone {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.deletes() && !w.end.deleted && !w.end.deleting {
			if left := w.end.notYet.Sub(w.Clock.Now()); left > 0 {
				return left, false
			}
			w.deleteOperation(ctx)
		}
		return 0, false
	}
	if err := w.removeTraces(ctx); err != nil {
		if ctx.Err() == nil {
			w.log.Warn("remove pod", "err", err)
		}
		return cleanupRetry, false
	}
	w.Writer.Forget(w.uid)
	w.Volumes.Forget(w.uid)
	w.Users.Forget(w.uid)
	w.drop(w)
	return 0, true
}

// removeTraces removes sandboxes, containers and logs.
func (w *worker) removeTraces(ctx context.Context) error {
	observed, err := w.CRI.Observe(ctx, w.uid)
	if err != nil {
		return err
	}
	for _, sandbox := range observed.Sandboxes {
		if _, err := w.CRI.Runtime.RemovePodSandbox(ctx, &runtimeapi.RemovePodSandboxRequest{PodSandboxId: sandbox.Id}); err != nil {
			return err
		}
	}
	for _, container := range observed.Containers {
		if _, err := w.CRI.Runtime.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: container.Id}); err != nil {
			return err
		}
	}
	if err := w.Volumes.TearDown(w.uid); err != nil { // a container may have been made after the first time
		return err
	}
	return removeAll(w.logDirectory(w.pod))
}
