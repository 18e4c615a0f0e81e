package run

import (
	"context"
	"slices"

	"github.com/seatrial/seatrial/harness/spec"
)

// alone is the lock of a scenario that nothing may run beside.
const alone = "cluster"

// schedule runs the scenarios, at most parallel at a time. Two that are exclusive for the same thing never run side by side, and one that
// is exclusive for the cluster runs alone. It stops starting when the context ends, waits for what runs, and returns what never started.
func schedule(ctx context.Context, scenarios []spec.Scenario, parallel int, do func(spec.Scenario)) (never []spec.Scenario) {
	q := &queue{waiting: inOrder(scenarios), held: map[string]bool{}}
	done := make(chan spec.Scenario)
	for {
		for q.running < parallel && ctx.Err() == nil {
			s, ok := q.next()
			if !ok {
				break
			}
			go func() {
				defer func() { done <- s }()
				do(s)
			}()
		}
		if q.running == 0 {
			return q.waiting
		}
		q.finished(<-done)
	}
}

// inOrder puts what takes long first, so that the end of the run is not spent waiting for it, and what runs alone last.
func inOrder(scenarios []spec.Scenario) []spec.Scenario {
	rank := func(s spec.Scenario) int {
		switch {
		case slices.Contains(s.Values("exclusive"), alone):
			return 2
		case s.Has("@slow"):
			return 0
		}
		return 1
	}
	ordered := slices.Clone(scenarios)
	slices.SortStableFunc(ordered, func(a, b spec.Scenario) int { return rank(a) - rank(b) })
	return ordered
}

// queue holds what waits and which locks are held.
type queue struct {
	waiting []spec.Scenario
	held    map[string]bool
	running int
}

// next takes out the first scenario that may start now.
func (q *queue) next() (spec.Scenario, bool) {
	for i, s := range q.waiting {
		if q.blocked(s) {
			continue
		}
		q.waiting = slices.Delete(q.waiting, i, i+1)
		q.running++
		for _, lock := range s.Values("exclusive") {
			q.held[lock] = true
		}
		return s, true
	}
	return spec.Scenario{}, false
}

func (q *queue) blocked(s spec.Scenario) bool {
	if q.held[alone] {
		return true
	}
	return slices.ContainsFunc(s.Values("exclusive"), func(lock string) bool {
		return q.held[lock] || (lock == alone && q.running > 0)
	})
}

func (q *queue) finished(s spec.Scenario) {
	q.running--
	for _, lock := range s.Values("exclusive") {
		delete(q.held, lock)
	}
}
