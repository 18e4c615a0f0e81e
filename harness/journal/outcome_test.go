package journal_test

import (
	"slices"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// results makes a journal of these results; one without a verdict was never written.
func results(selected journal.Selected, profile string, all ...journal.Result) *journal.Journal {
	j := journal.New()
	j.Add(journal.Record{Run: &journal.Run{ID: "r", Profile: profile}})
	for _, r := range all {
		selected.IDs = append(selected.IDs, r.ID)
	}
	j.Add(journal.Record{Selected: &selected})
	for _, r := range all {
		if r.Verdict != "" {
			j.Add(journal.Record{Result: &r})
		}
	}
	return j
}

func TestOutcomeOfAJournal(t *testing.T) {
	passed := journal.Result{ID: "passed", Verdict: verdict.Passed}
	failed := journal.Result{ID: "failed", Verdict: verdict.Failed}
	unsupported := journal.Result{ID: "unsupported", Verdict: verdict.Unsupported}
	blocked := journal.Result{ID: "blocked", Verdict: verdict.Blocked}
	never := journal.Result{ID: "never"}
	as := func(r journal.Result, expected string) journal.Result { r.Expected = expected; return r }
	for name, c := range map[string]struct {
		journal *journal.Journal
		want    verdict.Outcome
		missing []string
	}{
		"all passed":                          {results(journal.Selected{}, "", passed), verdict.Success, nil},
		"one failed":                          {results(journal.Selected{}, "", passed, failed), verdict.Failure, nil},
		"nothing judged":                      {results(journal.Selected{}, "", unsupported, never), verdict.Invalid, []string{"never"}},
		"not supported, no profile":           {results(journal.Selected{}, "", passed, unsupported), verdict.Success, nil},
		"not supported, asked by a profile":   {results(journal.Selected{Required: []string{"unsupported"}}, "p", passed, unsupported), verdict.Partial, []string{"unsupported"}},
		"not supported, not asked":            {results(journal.Selected{Required: []string{"passed"}}, "p", passed, unsupported), verdict.Success, nil},
		"asked by a profile and not selected": {results(journal.Selected{Required: []string{"other"}}, "p", passed), verdict.Partial, []string{"other"}},
		"not run":                             {results(journal.Selected{}, "", passed, never), verdict.Partial, []string{"never"}},
		"no room in the budget":               {results(journal.Selected{Required: []string{"passed"}, Unfit: []string{"never"}}, "", passed, never), verdict.Success, nil},
		"blocked":                             {results(journal.Selected{}, "", passed, blocked), verdict.Partial, nil},
		"known to fail":                       {results(journal.Selected{}, "", passed, as(failed, journal.KnownFailing)), verdict.Success, nil},
		"only known failures":                 {results(journal.Selected{}, "", as(failed, journal.KnownFailing)), verdict.Success, nil},
		"passes unexpectedly":                 {results(journal.Selected{}, "", as(passed, journal.KnownFailing)), verdict.Failure, nil},
		"known to be flaky, failed":           {results(journal.Selected{}, "", passed, as(failed, journal.KnownFlaky)), verdict.Success, nil},
		"known to be flaky, passed":           {results(journal.Selected{}, "", as(passed, journal.KnownFlaky)), verdict.Success, nil},
		"another one fails":                   {results(journal.Selected{}, "", passed, failed, as(blocked, journal.KnownFailing)), verdict.Failure, nil},
	} {
		if got := c.journal.Outcome(); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		if got := c.journal.Missing(); !slices.Equal(got, c.missing) {
			t.Errorf("%s: missing %v, want %v", name, got, c.missing)
		}
	}
}
