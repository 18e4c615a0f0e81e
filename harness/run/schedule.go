package run

import (
	"context"
	"slices"

	"github.com/seatrial/seatrial/harness/spec"
)

// alone is the lock of a scenario that nothing may run beside.
const alone = "cluster"

// scheduler runs scenarios side by side.
type scheduler struct {
	// parallel is how many run at a time.
	parallel int
	// do runs one and reports whether it must run again, after all that wait now.
	do func(spec.Scenario) (again bool)
	// soon is told which scenarios come next, whenever that changes; nil means nobody wants to know.
	soon func([]spec.Scenario)
}

// run runs the scenarios, which it starts in their order. Two that are exclusive for the same thing never run side by side, and one that
// is exclusive for the cluster runs alone. It stops starting when the context ends, waits for what runs, and returns what waits still.
func (s scheduler) run(ctx context.Context, scenarios []spec.Scenario) (never []spec.Scenario) {
	type end struct {
		scenario spec.Scenario
		again    bool
	}
	q := &queue{waiting: slices.Clone(scenarios), held: map[string]bool{}}
	done := make(chan end)
	for {
		for q.running < s.parallel && ctx.Err() == nil {
			next, ok := q.next()
			if !ok {
				break
			}
			if s.soon != nil {
				s.soon(q.waiting)
			}
			go func() {
				e := end{scenario: next}
				defer func() { done <- e }()
				e.again = s.do(next)
			}()
		}
		if q.running == 0 {
			return append(q.waiting, q.repeated...)
		}
		e := <-done
		q.finished(e.scenario, e.again)
	}
}

// queue holds what waits and which locks are held.
type queue struct {
	waiting []spec.Scenario
	// repeated waits until everything else has had its turn.
	repeated []spec.Scenario
	held     map[string]bool
	running  int
}

// next takes out the first scenario that may start now.
func (q *queue) next() (spec.Scenario, bool) {
	if len(q.waiting) == 0 {
		q.waiting, q.repeated = q.repeated, nil
	}
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

func (q *queue) finished(s spec.Scenario, again bool) {
	q.running--
	for _, lock := range s.Values("exclusive") {
		delete(q.held, lock)
	}
	if again {
		q.repeated = append(q.repeated, s)
	}
}
