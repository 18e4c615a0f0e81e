package run

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/seatrial/seatrial/harness/spec"
)

// fitting picks the widest set of scenarios that ends within the budget: first the shortest of every page, so that each page has a say, then
// the shortest of the rest. It keeps the order of the scenarios. What is left out does not fit any more.
func fitting(scenarios []spec.Scenario, takes map[string]time.Duration, parallel int, budget time.Duration) (fit, unfit []spec.Scenario) {
	short := slices.Clone(scenarios)
	slices.SortStableFunc(short, func(a, b spec.Scenario) int { return cmp.Compare(takes[a.ID], takes[b.ID]) })
	var first, rest []spec.Scenario
	seen := map[string]bool{}
	for _, s := range short {
		if seen[s.Path] {
			rest = append(rest, s)
			continue
		}
		seen[s.Path] = true
		first = append(first, s)
	}
	l := load{locks: map[string]time.Duration{}}
	chosen := map[string]bool{}
	for _, s := range append(first, rest...) {
		if with := l.with(s, takes[s.ID]); with.bound(parallel) <= budget {
			l = with
			chosen[s.ID] = true
		}
	}
	for _, s := range scenarios {
		if chosen[s.ID] {
			fit = append(fit, s)
		} else {
			unfit = append(unfit, s)
		}
	}
	return fit, unfit
}

// load sums up what a set of scenarios asks for.
type load struct {
	alone   time.Duration            // of what runs alone
	work    time.Duration            // of all else
	longest time.Duration            // of all else
	locks   map[string]time.Duration // of what shares a lock
}

func (l load) with(s spec.Scenario, takes time.Duration) load {
	if runsAlone(s) {
		l.alone += takes
		return l
	}
	l.work += takes
	l.longest = max(l.longest, takes)
	if locks := s.Values("exclusive"); len(locks) > 0 {
		sums := maps.Clone(l.locks)
		for _, lock := range locks {
			sums[lock] += takes
		}
		l.locks = sums
	}
	return l
}

// bound is how long the set takes at most, in whatever order it is started. Nobody idles while something may start: before the scenario
// that ends last began, either all places were taken, or its lock was (after R. L. Graham, Bounds on Multiprocessing Timing Anomalies, 1969).
// One that holds several locks may wait longer.
func (l load) bound(parallel int) time.Duration {
	longest := l.longest
	for _, sum := range l.locks {
		longest = max(longest, sum)
	}
	return l.alone + longest + (l.work-longest)/time.Duration(parallel)
}
