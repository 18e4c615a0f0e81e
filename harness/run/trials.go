package run

import (
	"fmt"
	"math"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// rules say how often a scenario runs.
type rules struct {
	// repeat is how often it must pass.
	repeat int
	// retries is how often it is tried again in a round that did not pass.
	retries int
}

// forever repeats a scenario until the run ends.
const forever = math.MaxInt

// trial is what has become of one scenario so far. It is used by one goroutine at a time.
type trial struct {
	rules
	attempts, rounds, tries int
	failures                []string
	evidence                []string
}

// next takes the result of an attempt. It returns the result of the scenario, or else that it must run again.
func (t *trial) next(r journal.Result) (result journal.Result, again bool) {
	t.attempts++
	t.evidence = append(t.evidence, r.Evidence...)
	switch r.Verdict {
	case verdict.Passed:
		t.rounds++
		t.tries = 0
		if t.rounds < t.repeat {
			return r, true
		}
		return t.passed(r), false
	case verdict.Failed, verdict.Blocked, verdict.Error:
		t.failures = append(t.failures, r.Why)
		t.tries++
		if t.tries <= t.retries {
			return r, true
		}
		if t.rounds > 0 {
			r.Why = fmt.Sprintf("In round %d, after %d that passed: %s", t.rounds+1, t.rounds, r.Why)
		}
	case verdict.NotRun:
		t.attempts--
		return t.ended(r), false
	}
	return t.counted(r), false
}

// ended is the result of a scenario that the end of the run keeps from another attempt.
func (t *trial) ended(r journal.Result) journal.Result {
	switch {
	case t.repeat == forever && t.rounds > 0:
		return t.passed(journal.Result{ID: r.ID, Verdict: verdict.Passed, FailedStep: -1, Seconds: r.Seconds})
	case t.rounds > 0:
		r.Why = fmt.Sprintf("%s It had passed %d of %d rounds.", r.Why, t.rounds, t.repeat)
	}
	return t.counted(r)
}

func (t *trial) passed(r journal.Result) journal.Result {
	if len(t.failures) > 0 {
		r.Verdict = verdict.Flaky
		r.Why = "It passed, but not at the first attempt: " + t.failures[0]
	}
	return t.counted(r)
}

func (t *trial) counted(r journal.Result) journal.Result {
	if t.attempts > 1 || (r.Verdict == verdict.NotRun && len(t.failures) > 0) {
		r.Attempts, r.Failures = t.attempts, t.failures
	}
	r.Evidence = t.evidence
	return r
}
