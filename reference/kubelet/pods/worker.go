package pods

import (
	"context"
	"log/slog"
	"maps"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
	"github.com/seatrial/seatrial/reference/kubelet/status"
	"github.com/seatrial/seatrial/reference/kubelet/volumes"
)

// observeRetry is the wait after the runtime did not answer.
const observeRetry = time.Second

// worker runs one pod. Its loop decides; operations that take long run beside it, at most one of each
// kind, and wake the loop when they end.
type worker struct {
	*Pods
	uid  types.UID
	log  *slog.Logger
	wake chan struct{}
	ops  sync.WaitGroup

	mu    sync.Mutex
	inbox inbox
	// latest is the pod with the status computed last, for readers outside.
	latest   *corev1.Pod
	free     bool // the pod holds nothing of the node any more
	deferred bool // a resize waits for room
	shared   shared

	// The rest belongs to the loop.
	pod      *corev1.Pod
	gone     bool
	admitted bool
	verdict  status.Verdict
	observed *cri.Pod
	probes   *probes.Pod
	crashes  map[string]*crash
	messages map[string]string // termination messages by container ID
	end      *ending
	given    allocation
	before   before
	since    time.Time // when this worker began
}

// inbox is what others tell the loop.
type inbox struct {
	pod     *corev1.Pod
	gone    bool
	verdict status.Verdict
	// successor is to run once this pod is gone.
	successor *corev1.Pod
}

// shared is what operations tell the loop.
type shared struct {
	start       gate               // sandbox or containers are being started
	cancel      context.CancelFunc // ends that
	mount       gate               // volumes are being set up
	remount     bool               // the content of volumes may have changed
	mountAgain  time.Time
	volumes     *volumes.Set
	resize      gate
	resizeAgain time.Time // an update that failed is not tried before
	resizeError string
	stopping    map[string]bool // containers being stopped, by ID
	hooking     map[string]bool // containers whose postStart hook runs, by ID
	waiting     map[string]corev1.ContainerStateWaiting
	retry       map[string]time.Time
	failures    map[string]int
	sandboxFor  time.Time // a new sandbox not before
}

// before is what operations had told before the loop looked at the runtime. An operation that ended
// since is not seen in that look, so nothing may be concluded from its end yet.
type before struct {
	busy     bool
	resizing bool
	stopping map[string]bool
	stopped  bool
}

func newWorker(p *Pods, pod *corev1.Pod) *worker {
	w := &worker{
		Pods: p, uid: pod.UID, log: p.Log, inbox: inbox{pod: pod}, wake: make(chan struct{}, 1),
		crashes: map[string]*crash{}, messages: map[string]string{}, since: p.Clock.Now(),
		shared: shared{
			stopping: map[string]bool{}, hooking: map[string]bool{}, waiting: map[string]corev1.ContainerStateWaiting{},
			retry: map[string]time.Time{}, failures: map[string]int{},
		},
	}
	w.probes = probes.New(probes.Options{Check: p.Probes.Check, Clock: p.Clock, Record: w.recordContainer, Changed: w.wakeUp})
	return w
}

// wakeUp makes the loop look again. It never blocks.
func (w *worker) wakeUp() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run is the loop. It ends when the pod is gone without a trace, or when ctx ends.
func (w *worker) run(ctx context.Context) {
	defer w.probes.Close()
	defer w.ops.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		again, done := w.step(ctx)
		if done {
			return
		}
		if !w.sleep(ctx, again) {
			return
		}
	}
}

// sleep waits to be woken, or for the time that is not zero.
func (w *worker) sleep(ctx context.Context, again time.Duration) bool {
	var due <-chan time.Time
	if again > 0 {
		timer := w.Clock.NewTimer(again)
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-ctx.Done():
		return false
	case <-w.wake:
	case <-due:
	}
	return ctx.Err() == nil
}

// step looks and does the next thing. It returns when to look again if nothing wakes it.
func (w *worker) step(ctx context.Context) (again time.Duration, done bool) {
	w.readInbox()
	if w.end != nil && w.end.finished {
		return w.finish(ctx)
	}
	observed, err := w.CRI.Observe(ctx, w.uid)
	if err != nil {
		w.log.Warn("look at pod", "err", err)
		return observeRetry, false
	}
	w.observed = observed
	w.noteExits()
	w.admitOnce()
	var next alarm
	w.checkDeadline(&next)
	if w.end == nil {
		w.checkEnd()
	}
	if w.end == nil {
		w.advance(ctx, &next)
	}
	if w.end != nil {
		w.advanceEnd(ctx, &next)
	}
	w.syncProbes()
	w.report()
	return next.after, false
}

func (w *worker) readInbox() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inbox.pod != w.pod {
		if w.pod != nil && changedByUser(w.pod, w.inbox.pod) {
			w.shared.remount = true
			w.forgetConfigErrors()
		}
		w.pod = w.inbox.pod
		w.log = w.Log.With("pod", w.pod.Namespace+"/"+w.pod.Name, "uid", w.uid)
	}
	w.gone = w.inbox.gone
	if w.inbox.verdict.Phase != "" && w.verdict.Phase == "" {
		w.verdict = w.inbox.verdict
	}
	w.before = before{busy: w.shared.start.busy(), resizing: w.shared.resize.busy(), stopping: maps.Clone(w.shared.stopping), stopped: w.end != nil && w.end.stopped}
}

// forgetConfigErrors lets containers be tried at once that could not be started as the pod was before.
func (w *worker) forgetConfigErrors() {
	for name, waiting := range w.shared.waiting {
		if waiting.Reason == createContainerConfigError || waiting.Reason == createContainerError {
			delete(w.shared.retry, name)
			delete(w.shared.failures, name)
		}
	}
}

// current returns the pod with its newest status.
func (w *worker) current() *corev1.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.latest != nil {
		return w.latest
	}
	return w.inbox.pod
}

// holding returns the pod if it holds resources of the node.
func (w *worker) holding() *corev1.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.free || w.latest == nil {
		return nil
	}
	return w.latest
}

// alarm is the earliest of several times to look again.
type alarm struct{ after time.Duration }

func (a *alarm) in(d time.Duration) {
	d = max(d, time.Millisecond)
	if a.after == 0 || d < a.after {
		a.after = d
	}
}

// operation runs beside the loop and wakes it when it ends.
func (w *worker) operation(run func()) {
	w.ops.Go(func() {
		defer w.wakeUp()
		run()
	})
}
