// Package backoff counts how long to wait before something that failed is tried again.
package backoff

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Backoff remembers failures by key. The wait doubles with each failure and starts anew after a
// quiet time.
type Backoff struct {
	first, last, quiet time.Duration
	clock              clock.PassiveClock

	mu      sync.Mutex
	entries map[string]*entry
}

type entry struct {
	wait  time.Duration
	until time.Time
	since time.Time
}

// New returns a Backoff whose waits grow from first to last. A key that did not fail for quiet is forgotten.
func New(first, last, quiet time.Duration, clock clock.PassiveClock) *Backoff {
	return &Backoff{first: first, last: last, quiet: quiet, clock: clock, entries: map[string]*entry{}}
}

// Fail records a failure that happened at a time, and returns the wait that follows it.
func (b *Backoff) Fail(key string, at time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[key]
	if e == nil || at.Sub(e.since) > b.quiet {
		e = &entry{}
		b.entries[key] = e
	}
	e.wait = min(max(2*e.wait, b.first), b.last)
	e.since, e.until = at, at.Add(e.wait)
	return e.wait
}

// Wait returns the time left before the next try, and the whole wait; 0 means now.
func (b *Backoff) Wait(key string) (left, whole time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.entries[key]
	if e == nil {
		return 0, 0
	}
	return max(e.until.Sub(b.clock.Now()), 0), e.wait
}

// Forget drops a key.
func (b *Backoff) Forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.entries, key)
}
