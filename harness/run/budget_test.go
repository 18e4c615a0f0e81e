package run

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// timed reads "page/id=seconds@tag@tag" words.
func timed(text string) ([]spec.Scenario, map[string]time.Duration) {
	var list []spec.Scenario
	takes := map[string]time.Duration{}
	for word := range strings.FieldsSeq(text) {
		page, rest, _ := strings.Cut(word, "/")
		id, rest, _ := strings.Cut(rest, "=")
		number, tags, _ := strings.Cut(rest, "@")
		s := scenarios(id + "@" + tags)[0]
		s.Path = page
		takes[id], _ = time.ParseDuration(number)
		list = append(list, s)
	}
	return list, takes
}

func names(scenarios []spec.Scenario) string { return strings.Join(ids(scenarios), " ") }

func TestABudgetTakesTheWidestSetThatFits(t *testing.T) {
	for name, c := range map[string]struct {
		scenarios string
		parallel  int
		budget    time.Duration
		fit       string
	}{
		"all":                             {"a/1=1s a/2=2s b/3=3s", 1, 6 * time.Second, "1 2 3"},
		"the shortest":                    {"a/1=5s a/2=1s a/3=1s a/4=1s", 1, 3 * time.Second, "2 3 4"},
		"every page first":                {"a/1=1s a/2=1s a/3=1s b/4=2s", 1, 3 * time.Second, "1 4"},
		"nothing longer than it":          {"a/1=1m a/2=2s", 16, 10 * time.Second, "2"},
		"a long page leaves room":         {"a/1=1m b/2=2s b/3=2s", 1, 5 * time.Second, "2 3"},
		"side by side":                    {"a/1=2s a/2=2s a/3=2s a/4=2s", 4, 4 * time.Second, "1 2 3 4"},
		"a lock is a queue":               {"a/1=2s@exclusive:x a/2=2s@exclusive:x a/3=2s@exclusive:x a/4=2s", 8, 5 * time.Second, "1 2 4"},
		"what runs alone costs everybody": {"a/1=2s a/2=3s@exclusive:cluster a/3=2s@exclusive:cluster", 8, 5 * time.Second, "1 3"},
	} {
		all, takes := timed(c.scenarios)
		fit, unfit := fitting(all, takes, c.parallel, c.budget)
		if names(fit) != c.fit || len(fit)+len(unfit) != len(all) {
			t.Errorf("%s: fit %q, left out %q", name, names(fit), names(unfit))
		}
	}
}

func TestWhatFitsEndsInTime(t *testing.T) {
	all, takes := timed(strings.Repeat("a/1=7s a/2=1s@exclusive:x b/3=4s b/4=9s@exclusive:x c/5=2s@exclusive:cluster c/6=3s d/7=5s ", 1) +
		"d/8=6s e/9=2s@exclusive:y e/10=8s@exclusive:y f/11=1s f/12=1s g/13=3s g/14=2s@exclusive:x")
	for budget := 5 * time.Second; budget < 40*time.Second; budget += time.Second {
		for seed := range int64(20) {
			fit, _ := fitting(all, takes, 3, budget)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				s := scheduler{parallel: 3, do: func(s spec.Scenario) bool { time.Sleep(takes[s.ID]); return false }}
				s.run(t.Context(), shuffled(fit, seed))
				if took := time.Since(start); took > budget {
					t.Errorf("%s took %v of %v", names(fit), took, budget)
				}
			})
		}
	}
}

func TestEstimatesComeFromTheRunBefore(t *testing.T) {
	before := journal.New()
	for id, r := range map[string]journal.Result{
		"a": {Verdict: verdict.Passed, Seconds: 1}, "b": {Verdict: verdict.Failed, Seconds: 4}, "c": {Verdict: verdict.Passed, Seconds: 9},
		"d": {Verdict: verdict.NotRun, Seconds: 100},
	} {
		r.ID = id
		before.Add(journal.Record{Result: &r})
	}
	all := scenarios("a b c d new slow@slow")
	got := estimate(all, before)
	for id, want := range map[string]time.Duration{"a": 1, "b": 4, "c": 9, "d": 4, "new": 4, "slow": 60} {
		if got[id] != want*time.Second {
			t.Errorf("%s: got %v, want %ds", id, got[id], want)
		}
	}
	if got := estimate(all, nil); got["a"] != usualDuration || got["slow"] != slowDuration {
		t.Errorf("without a run before: %v", got)
	}
}

func TestTheLongestComesFirst(t *testing.T) {
	all, takes := timed("p/a=1s p/b=5s p/alone=60s@exclusive:cluster p/x1=3s@exclusive:x p/x2=2s@exclusive:x p/c=4s")
	if got := names(longestFirst(all, takes)); got != "b x1 c x2 a alone" {
		t.Errorf("got %s", got)
	}
}

func TestAShuffleDependsOnItsSeed(t *testing.T) {
	all := scenarios("a b c d e f g h i j k l")
	seven, again, eight := names(shuffled(all, 7)), names(shuffled(all, 7)), names(shuffled(all, 8))
	if seven != again || seven == eight || seven == names(all) {
		t.Error("the order does not follow the seed")
	}
	if got := shuffled(all, 9); len(got) != len(all) || !slices.ContainsFunc(got, func(s spec.Scenario) bool { return s.ID == "l" }) {
		t.Errorf("got %s", names(got))
	}
}
