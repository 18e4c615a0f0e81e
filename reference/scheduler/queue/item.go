package queue

import (
	"container/heap"
	"time"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Flight is one attempt to schedule a pod.
type Flight struct {
	Pod      *snapshot.Pod // as it was when the flight began
	Since    time.Time     // when the pod came into the queue first
	Attempts int           // including this one

	item *item
}

// item is a pod that waits for a node.
type item struct {
	pod       *snapshot.Pod
	since     time.Time
	attempts  int
	refusedBy []string // plugins that refused it at the last attempt

	state     state
	arrival   int64 // breaks ties
	attempted time.Time
	until     time.Time      // end of the back-off
	hurry     bool           // may leave the back-off early when nothing else is to do
	events    []plugin.Event // seen while in flight
	changed   bool           // updated while in flight in a way that matters
	index     int            // in its heap, else -1
}

type state string

const (
	stateNew           state = "" // in no place yet
	stateGone          state = "gone"
	stateActive        state = "active"
	stateBackoff       state = "backoff"
	stateUnschedulable state = "unschedulable"
	stateGated         state = "gated"
	stateInFlight      state = "in-flight"
	stateBinding       state = "binding"
)

// enter moves the item from the place of its state to that of another.
func (q *Queue) enter(it *item, to state) {
	switch it.state {
	case stateActive:
		heap.Remove(&q.active, it.index)
	case stateBackoff:
		heap.Remove(&q.backoff, it.index)
	case stateUnschedulable:
		delete(q.unschedulable, it)
	case stateInFlight:
		delete(q.inFlight, it)
	case stateNew, stateGated, stateBinding, stateGone:
	}
	it.state = to
	switch to {
	case stateActive:
		heap.Push(&q.active, it)
		q.notify()
	case stateBackoff:
		heap.Push(&q.backoff, it)
		q.notify()
	case stateUnschedulable:
		q.unschedulable[it] = struct{}{}
	case stateInFlight:
		q.inFlight[it] = struct{}{}
	case stateNew, stateGated, stateBinding, stateGone:
	}
}

// wake makes the pod active, or lets it back off if its last attempt is too fresh.
func (q *Queue) wake(it *item) {
	if !it.attempted.IsZero() && it.backoffEnd().After(q.clock.Now()) {
		q.backOff(it, true)
		return
	}
	q.enter(it, stateActive)
}

func (q *Queue) backOff(it *item, hurry bool) {
	it.hurry, it.until = hurry, it.backoffEnd()
	q.enter(it, stateBackoff)
}

// hurried returns the most urgent pod that may leave its back-off early.
func (q *Queue) hurried() *item {
	var best *item
	for _, it := range q.backoff.items {
		if it.hurry && (best == nil || moreUrgent(it, best)) {
			best = it
		}
	}
	return best
}

func (q *Queue) notify() {
	select {
	case q.signal <- struct{}{}:
	default:
	}
}

func (it *item) backoffEnd() time.Time {
	d := FirstBackoff
	for i := 1; i < it.attempts && d < LastBackoff; i++ {
		d *= 2
	}
	return it.attempted.Add(min(d, LastBackoff))
}

func moreUrgent(a, b *item) bool {
	if a.pod.Priority != b.pod.Priority {
		return a.pod.Priority > b.pod.Priority
	}
	return a.arrival < b.arrival
}

func endsSooner(a, b *item) bool {
	if !a.until.Equal(b.until) {
		return a.until.Before(b.until)
	}
	return a.arrival < b.arrival
}

// pods is a container/heap of items.
type pods struct {
	items []*item
	less  func(a, b *item) bool
}

func (p *pods) Len() int           { return len(p.items) }
func (p *pods) Less(i, j int) bool { return p.less(p.items[i], p.items[j]) }
func (p *pods) Swap(i, j int) {
	p.items[i], p.items[j] = p.items[j], p.items[i]
	p.items[i].index, p.items[j].index = i, j
}

func (p *pods) Push(x any) {
	it := x.(*item)
	it.index = len(p.items)
	p.items = append(p.items, it)
}

func (p *pods) Pop() any {
	last := len(p.items) - 1
	it := p.items[last]
	p.items[last] = nil
	p.items = p.items[:last]
	it.index = -1
	return it
}
