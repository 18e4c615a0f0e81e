package verdict_test

import (
	"testing"

	"github.com/seatrial/seatrial/harness/verdict"
)

func TestOutcomeOfARun(t *testing.T) {
	for _, c := range []struct {
		counts verdict.Counts
		want   verdict.Outcome
		code   int
	}{
		{verdict.Counts{}, verdict.Invalid, 3},
		{verdict.Counts{verdict.Unsupported: 9}, verdict.Invalid, 3},
		{verdict.Counts{verdict.NotRun: 9, verdict.Error: 1}, verdict.Invalid, 3},
		{verdict.Counts{verdict.Passed: 1}, verdict.Success, 0},
		{verdict.Counts{verdict.Flaky: 1, verdict.Unsupported: 1}, verdict.Success, 0},
		{verdict.Counts{verdict.Passed: 1, verdict.Blocked: 1}, verdict.Partial, 2},
		{verdict.Counts{verdict.Passed: 1, verdict.NotRun: 1}, verdict.Partial, 2},
		{verdict.Counts{verdict.Passed: 1, verdict.Error: 1}, verdict.Partial, 2},
		{verdict.Counts{verdict.Failed: 1, verdict.Error: 1}, verdict.Failure, 1},
	} {
		if got := c.counts.Outcome(); got != c.want || got.ExitCode() != c.code {
			t.Errorf("%v: got %s, %d; want %s, %d", c.counts, got, got.ExitCode(), c.want, c.code)
		}
	}
}
