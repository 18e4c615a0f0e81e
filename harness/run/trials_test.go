package run

import (
	"slices"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// attempts reads p for passed, f for failed, b, e, and n for not-run.
func attempts(t *testing.T, r rules, letters string) (result journal.Result, used int) {
	t.Helper()
	meaning := map[rune]verdict.Verdict{'p': verdict.Passed, 'f': verdict.Failed, 'b': verdict.Blocked, 'e': verdict.Error, 'n': verdict.NotRun}
	turn := trial{rules: r}
	for i, letter := range letters {
		one := journal.Result{ID: "x", Verdict: meaning[letter], Evidence: []string{"file"}}
		if letter != 'p' {
			one.Why = "Why " + string(letter) + "."
		}
		result, again := turn.next(one)
		if !again {
			return result, i + 1
		}
	}
	t.Fatalf("%s: not enough attempts", letters)
	return result, 0
}

func TestRetriesAndRepetitions(t *testing.T) {
	for _, c := range []struct {
		rules    rules
		letters  string
		want     verdict.Verdict
		used     int
		attempts int
		failures string
		why      string
	}{
		{rules{repeat: 1}, "p", verdict.Passed, 1, 0, "", ""},
		{rules{repeat: 1}, "fp", verdict.Failed, 1, 0, "", "Why f."},
		{rules{repeat: 1, retries: 2}, "fp", verdict.Flaky, 2, 2, "Why f.", "not at the first attempt: Why f."},
		{rules{repeat: 1, retries: 2}, "fbp", verdict.Flaky, 3, 3, "Why f. Why b.", "not at the first"},
		{rules{repeat: 1, retries: 2}, "ffefp", verdict.Error, 3, 3, "Why f. Why f. Why e.", "Why e."},
		{rules{repeat: 3}, "ppp", verdict.Passed, 3, 3, "", ""},
		{rules{repeat: 3}, "ppf", verdict.Failed, 3, 3, "Why f.", "In round 3, after 2 that passed: Why f."},
		{rules{repeat: 2, retries: 1}, "fpfp", verdict.Flaky, 4, 4, "Why f. Why f.", ""},
		{rules{repeat: 3}, "pn", verdict.NotRun, 2, 0, "", "It had passed 1 of 3 rounds."},
		{rules{repeat: forever}, "ppppf", verdict.Failed, 5, 5, "Why f.", "In round 5"},
		{rules{repeat: forever}, "pppn", verdict.Passed, 4, 3, "", ""},
		{rules{repeat: forever}, "n", verdict.NotRun, 1, 0, "", "Why n."},
		{rules{repeat: 1, retries: 1}, "fn", verdict.NotRun, 2, 1, "Why f.", "Why n."},
	} {
		got, used := attempts(t, c.rules, c.letters)
		if got.Verdict != c.want || used != c.used || got.Attempts != c.attempts || !strings.Contains(got.Why, c.why) {
			t.Errorf("%+v %s: got %+v after %d", c.rules, c.letters, got, used)
		}
		if !slices.Equal(got.Failures, strings.FieldsFunc(strings.ReplaceAll(c.failures, ". ", ".|"), func(r rune) bool { return r == '|' })) {
			t.Errorf("%+v %s: failures %q", c.rules, c.letters, got.Failures)
		}
		if c.want == verdict.Passed && got.Why != "" {
			t.Errorf("%+v %s: why %q", c.rules, c.letters, got.Why)
		}
	}
}
