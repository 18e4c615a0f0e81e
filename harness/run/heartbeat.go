package run

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// The cluster counts as lost when it has not answered for patience.
const (
	beat     = 2 * time.Second
	beatWait = 5 * time.Second
	patience = 10 * time.Second
)

// ClusterLost is the cause with which a run's context ends when the cluster stops answering.
type ClusterLost struct {
	Since time.Time
	Cause error
}

func (e *ClusterLost) Error() string {
	return fmt.Sprintf("the cluster has stopped answering at %s: %v", e.Since.Format(time.TimeOnly), e.Cause)
}

// heartbeat asks the cluster again and again whether it is there.
type heartbeat struct {
	alive func(context.Context) error
	lost  func(error)
	doubt chan struct{} // asks at once

	mu      sync.Mutex
	last    time.Time // of the last answer
	failing error
	changed chan struct{} // closed at the next answer
}

func newHeartbeat(alive func(context.Context) error, lost func(error)) *heartbeat {
	return &heartbeat{alive: alive, lost: lost, doubt: make(chan struct{}, 1), last: time.Now(), changed: make(chan struct{})}
}

// run asks until the context ends or the cluster is lost.
func (h *heartbeat) run(ctx context.Context) {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		if h.ask(ctx) {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case <-h.doubt:
		}
	}
}

// ask makes one request and reports whether the cluster is lost.
func (h *heartbeat) ask(ctx context.Context) (lost bool) {
	bounded, cancel := context.WithTimeout(ctx, beatWait)
	defer cancel()
	err := h.alive(bounded)
	if ctx.Err() != nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failing = err
	close(h.changed)
	h.changed = make(chan struct{})
	if err == nil {
		h.last = time.Now()
		return false
	}
	if time.Since(h.last) < patience {
		return false
	}
	h.lost(&ClusterLost{Since: h.last, Cause: err})
	return true
}

// confirm waits until the cluster answers, or the context ends because it does not. It returns at once when no answer is outstanding and
// doubt is nil; with a doubt, the cluster is asked at once, and only an answer that comes after the call counts.
func (h *heartbeat) confirm(ctx context.Context, doubt error) error {
	if doubt != nil {
		select {
		case h.doubt <- struct{}{}:
		default: // others doubt as well
		}
	}
	h.mu.Lock()
	fresh := doubt == nil
	for !fresh || h.failing != nil {
		changed := h.changed
		h.mu.Unlock()
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-changed:
			fresh = true
		}
		h.mu.Lock()
	}
	h.mu.Unlock()
	return nil
}
