// Package controller runs reconcile functions over a rate-limited queue of object names.
//
// It exists once, so that no controller repeats the worker loop, the
// back-off, the recovery from panics or the wait for its own writes.
package controller

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
)

// Back-off of a key whose reconcile failed: 5 ms, doubled up to half a minute.
const (
	firstRetry = 5 * time.Millisecond
	lastRetry  = 30 * time.Second
	// settleRetry asks again whether an informer has seen a write. The event of the write
	// itself usually comes first; this is for watches that skip it.
	settleRetry = 100 * time.Millisecond
)

// Key names the object to reconcile.
type Key = cache.ObjectName

// Env is what controllers are built from.
type Env struct {
	Client    kubernetes.Interface
	Informers informers.SharedInformerFactory
	Recorder  func(component string) record.EventRecorder
	Log       *slog.Logger
}

// Controller is the declaration that a controller package exports.
type Controller struct {
	Name    string
	Watches []Watch
	// Reconcile brings one object to the wished state. It may run at any time and any number
	// of times. A positive again asks for another run after that time. A conflict is retried
	// without a word; a refusal, such as that of a quota, is logged as a warning; other errors as errors.
	// All are retried with back-off.
	Reconcile func(ctx context.Context, key Key) (again time.Duration, err error)
	Workers   int           // runs at the same time; 0 means 1
	Writes    *Writes       // nil when the controller does not have to see its own writes
	Every     time.Duration // when set, the empty key is reconciled this often
	Source    *Source       // more keys, from something that is not an informer; may be nil
	// Beside runs from start to end of the controller, such as an informer that is not shared. It
	// returns when ctx ends.
	Beside func(ctx context.Context)
}

// Run reconciles until ctx ends, and returns after the last worker did.
func (c Controller) Run(ctx context.Context, log *slog.Logger) error {
	r := &runner{Controller: c, log: log.With("controller", c.Name), queue: newQueue(c.Name)}
	var wg sync.WaitGroup
	defer wg.Wait() // after the queue is shut down
	defer r.queue.ShutDown()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if c.Beside != nil {
		wg.Go(func() { c.Beside(ctx) })
	}
	stop, err := r.watch(ctx)
	defer stop()
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	for range max(1, c.Workers) {
		wg.Go(func() { r.work(ctx) })
	}
	wg.Go(func() { r.feed(ctx) })
	<-ctx.Done()
	return nil
}

type runner struct {
	Controller
	log   *slog.Logger
	queue workqueue.TypedRateLimitingInterface[Key]
}

func newQueue(name string) workqueue.TypedRateLimitingInterface[Key] {
	return workqueue.NewTypedRateLimitingQueueWithConfig(
		workqueue.NewTypedItemExponentialFailureRateLimiter[Key](firstRetry, lastRetry),
		workqueue.TypedRateLimitingQueueConfig[Key]{Name: name})
}

// watch subscribes to the informers and waits until each of them delivered what there is.
func (r *runner) watch(ctx context.Context) (stop func(), err error) {
	var undo []func()
	stop = func() {
		for _, f := range undo {
			f()
		}
	}
	var synced []cache.DoneChecker
	for _, w := range r.Watches {
		reg, err := w.Informer.AddEventHandler(w.handler(r.queue))
		if err != nil {
			return stop, fmt.Errorf("watch for controller %q: %w", r.Name, err)
		}
		undo = append(undo, func() { _ = w.Informer.RemoveEventHandler(reg) })
		synced = append(synced, reg.HasSyncedChecker())
	}
	if !cache.WaitFor(ctx, "", synced...) {
		return stop, fmt.Errorf("sync caches of controller %q: %w", r.Name, context.Cause(ctx))
	}
	return stop, nil
}

// feed adds the keys that come from the clock and from the source.
func (r *runner) feed(ctx context.Context) {
	var tick <-chan time.Time
	if r.Every > 0 {
		r.queue.Add(Key{})
		ticker := time.NewTicker(r.Every)
		defer ticker.Stop()
		tick = ticker.C
	}
	var wake <-chan struct{}
	if r.Source != nil {
		wake = r.Source.wake
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			r.queue.Add(Key{})
		case <-wake:
			for _, key := range r.Source.take() {
				r.queue.Add(key)
			}
		}
	}
}

func (r *runner) work(ctx context.Context) {
	for {
		key, shutdown := r.queue.Get()
		if shutdown {
			return
		}
		r.once(ctx, key)
		r.queue.Done(key)
	}
}

func (r *runner) once(ctx context.Context, key Key) {
	if r.Writes != nil && !r.Writes.settled(key) {
		r.queue.AddAfter(key, settleRetry)
		return
	}
	again, err := r.reconcile(ctx, key)
	switch {
	case ctx.Err() != nil:
	case apierrors.IsConflict(err):
		r.log.Debug("object changed meanwhile", "key", key.String(), "err", err)
		r.queue.AddRateLimited(key)
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		r.log.Warn("refused by the API server", "key", key.String(), "err", err, "retries", r.queue.NumRequeues(key))
		r.queue.AddRateLimited(key)
	case err != nil:
		r.log.Error("reconcile failed", "key", key.String(), "err", err, "retries", r.queue.NumRequeues(key))
		r.queue.AddRateLimited(key)
	default:
		r.queue.Forget(key)
		if again > 0 {
			r.queue.AddAfter(key, again)
		}
	}
}

// reconcile turns a panic of one object into an error, so that the others go on.
func (r *runner) reconcile(ctx context.Context, key Key) (again time.Duration, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p, stack: stack()}
		}
	}()
	return r.Reconcile(ctx, key)
}
