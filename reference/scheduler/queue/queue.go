// Package queue orders the pods that wait for a node.
//
// A pod is active (may be scheduled now), backing off (was refused a moment
// ago), or unschedulable (nothing has happened that could help it). Events of
// the cluster, not time, take a pod out of unschedulable; there is no polling.
package queue

import (
	"container/heap"
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// The back-off doubles with each attempt between these bounds.
const (
	FirstBackoff = time.Second
	LastBackoff  = 10 * time.Second
)

// Helps says whether an event may let a pod through that these plugins refused.
type Helps func(refusedBy []string, event plugin.Event, pod *snapshot.Pod) bool

// Queue is safe for concurrent use.
type Queue struct {
	clock clock.WithTicker
	helps Helps

	mu      sync.Mutex
	items   map[types.UID]*item
	active  pods // by priority, then time of arrival
	backoff pods // by end of the back-off

	unschedulable, inFlight map[*item]struct{}

	arrived int64
	signal  chan struct{} // tells Pop that something may be ready
}

// New returns an empty queue.
func New(clk clock.WithTicker, helps Helps) *Queue {
	return &Queue{
		clock:   clk,
		helps:   helps,
		items:   map[types.UID]*item{},
		active:  pods{less: moreUrgent},
		backoff: pods{less: endsSooner},
		signal:  make(chan struct{}, 1),

		unschedulable: map[*item]struct{}{},
		inFlight:      map[*item]struct{}{},
	}
}

// Add takes in a pod that has no node. A pod with scheduling gates waits
// until an update takes the last of them away. A known pod is updated.
func (q *Queue) Add(pod *snapshot.Pod) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := q.items[pod.UID]; it != nil {
		q.update(it, pod)
		return
	}
	q.arrived++
	it := &item{pod: pod, since: q.clock.Now(), arrival: q.arrived, index: -1}
	q.items[pod.UID] = it
	if gated(pod) {
		q.enter(it, stateGated)
	} else {
		q.enter(it, stateActive)
	}
}

// Update replaces a pod that the queue knows.
func (q *Queue) Update(pod *snapshot.Pod) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := q.items[pod.UID]; it != nil {
		q.update(it, pod)
	}
}

// Delete forgets the pod; it is not scheduled any more, and if that is
// going on, what comes of it is ignored.
func (q *Queue) Delete(uid types.UID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := q.items[uid]; it != nil {
		q.enter(it, stateGone)
		delete(q.items, uid)
	}
}

// Pop waits for the next pod, which is in flight until Done, Refused or
// Failed. The error is that of ctx.
//
// While nothing is active, woken pods need not wait out their back-off.
func (q *Queue) Pop(ctx context.Context) (Flight, error) {
	for {
		flight, wait := q.tryPop()
		if flight.Pod != nil {
			return flight, nil
		}
		if err := q.sleep(ctx, wait); err != nil {
			return Flight{}, err
		}
	}
}

// Placed says that the pod has a node and is being bound, so events no
// longer matter to it.
func (q *Queue) Placed(f Flight) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := f.item; it.state == stateInFlight {
		q.enter(it, stateBinding)
		it.events = nil
	}
}

// Done ends the flight of a pod that is bound.
func (q *Queue) Done(f Flight) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := f.item; it.state != stateGone {
		q.enter(it, stateGone)
		delete(q.items, it.pod.UID)
	}
}

// Refused puts back a pod that fits nowhere because of these plugins (none
// means that any event may help). If a helpful event came during the flight,
// it backs off at once.
func (q *Queue) Refused(f Flight, by []string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	it := f.item
	if it.state == stateGone {
		return
	}
	woken := it.changed || slices.ContainsFunc(it.events, func(e plugin.Event) bool { return q.helps(by, e, it.pod) })
	it.refusedBy, it.changed, it.events = by, false, nil
	q.enter(it, stateUnschedulable)
	if woken {
		q.wake(it)
	}
}

// Failed puts back a pod that could not be scheduled for a reason that lies
// outside the cluster's state, such as a request that failed. It waits out
// its back-off.
func (q *Queue) Failed(f Flight) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if it := f.item; it.state != stateGone {
		it.changed, it.events = false, nil
		q.backOff(it, false)
	}
}

// Wake moves the pods that the event may help.
func (q *Queue) Wake(event plugin.Event) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for it := range q.inFlight {
		it.events = append(it.events, event)
	}
	for it := range q.unschedulable {
		if q.helps(it.refusedBy, event, it.pod) {
			q.wake(it)
		}
	}
}

// Len returns the number of pods in each state, for metrics and logs.
func (q *Queue) Len() map[string]int {
	q.mu.Lock()
	defer q.mu.Unlock()
	counts := map[string]int{}
	for _, it := range q.items {
		counts[string(it.state)]++
	}
	return counts
}

func (q *Queue) tryPop() (Flight, time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.clock.Now()
	for q.backoff.Len() > 0 && !q.backoff.items[0].until.After(now) {
		q.enter(q.backoff.items[0], stateActive)
	}
	var it *item
	if q.active.Len() > 0 {
		it = q.active.items[0]
	} else {
		it = q.hurried()
	}
	if it == nil {
		if q.backoff.Len() == 0 {
			return Flight{}, 0
		}
		return Flight{}, q.backoff.items[0].until.Sub(now)
	}
	q.enter(it, stateInFlight)
	it.attempts++
	it.attempted = now
	return Flight{Pod: it.pod, Since: it.since, Attempts: it.attempts, item: it}, 0
}

// sleep waits for a signal, at most d unless that is 0.
func (q *Queue) sleep(ctx context.Context, d time.Duration) error {
	var timeout <-chan time.Time
	if d > 0 {
		timer := q.clock.NewTimer(d)
		defer timer.Stop()
		timeout = timer.C()
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-q.signal:
	case <-timeout:
	}
	return nil
}

// update keeps the place of the pod unless the change may let it through.
func (q *Queue) update(it *item, pod *snapshot.Pod) {
	old := it.pod
	it.pod = pod
	switch it.state {
	case stateGated:
		if !gated(pod) {
			q.enter(it, stateActive)
		}
	case stateActive:
		heap.Fix(&q.active, it.index)
	case stateUnschedulable:
		if matters(old, pod) {
			q.wake(it)
		}
	case stateInFlight:
		it.changed = it.changed || matters(old, pod)
	case stateNew, stateBackoff, stateBinding, stateGone:
	}
}

func gated(pod *snapshot.Pod) bool { return len(pod.Spec.SchedulingGates) > 0 }

// matters leaves out what the scheduler itself and others write to the status.
func matters(old, pod *snapshot.Pod) bool {
	return !equality.Semantic.DeepEqual(old.Spec, pod.Spec) ||
		!equality.Semantic.DeepEqual(old.Labels, pod.Labels) ||
		!equality.Semantic.DeepEqual(old.Annotations, pod.Annotations)
}
