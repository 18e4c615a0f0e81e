package run

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// How long a scenario is thought to take of which no run before tells.
const (
	usualDuration = 3 * time.Second
	slowDuration  = 60 * time.Second
)

// estimate says how long each scenario will take: as long as in the run before, which may be nil. A scenario that is new takes as long as
// the median of the others, a slow one longer.
func estimate(scenarios []spec.Scenario, before *journal.Journal) map[string]time.Duration {
	known := map[string]time.Duration{}
	var all []time.Duration
	if before != nil {
		for id, result := range before.Results {
			switch result.Verdict {
			case verdict.Passed, verdict.Failed, verdict.Flaky:
				known[id] = seconds(result.Seconds)
				all = append(all, known[id])
			}
		}
	}
	usual := usualDuration
	if len(all) > 0 {
		slices.Sort(all)
		usual = all[len(all)/2]
	}
	durations := map[string]time.Duration{}
	for _, s := range scenarios {
		took, ok := known[s.ID]
		switch {
		case ok:
		case s.Has("@slow"):
			took = slowDuration
		default:
			took = usual
		}
		durations[s.ID] = took
	}
	return durations
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// longestFirst puts what takes long first, so that the end of the run is not spent waiting for it. What shares a lock takes as long as all
// of it together. What runs alone comes last.
func longestFirst(scenarios []spec.Scenario, takes map[string]time.Duration) []spec.Scenario {
	ordered := slices.Clone(scenarios)
	slices.SortStableFunc(ordered, func(a, b spec.Scenario) int { return cmp.Compare(takes[b.ID], takes[a.ID]) })
	// The chain behind a lock: each of its scenarios is as urgent as itself and all that wait for it.
	behind := map[string]time.Duration{}
	urgency := map[string]time.Duration{}
	for _, s := range slices.Backward(ordered) {
		urgency[s.ID] = takes[s.ID]
		for _, lock := range s.Values("exclusive") {
			behind[lock] += takes[s.ID]
			urgency[s.ID] = max(urgency[s.ID], behind[lock])
		}
		if runsAlone(s) {
			urgency[s.ID] = -1
		}
	}
	slices.SortStableFunc(ordered, func(a, b spec.Scenario) int { return cmp.Compare(urgency[b.ID], urgency[a.ID]) })
	return ordered
}

// shuffled puts the scenarios in an order that depends on the seed alone.
func shuffled(scenarios []spec.Scenario, seed int64) []spec.Scenario {
	mixed := slices.Clone(scenarios)
	random := rand.New(rand.NewPCG(uint64(seed), 0)) //nolint:gosec // an order, no secret
	random.Shuffle(len(mixed), func(i, j int) { mixed[i], mixed[j] = mixed[j], mixed[i] })
	return mixed
}

func runsAlone(s spec.Scenario) bool { return slices.Contains(s.Values("exclusive"), alone) }
