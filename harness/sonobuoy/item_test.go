package sonobuoy

import (
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// sample is the journal of a run with a scenario for each result, under the ids a, b, c ...
func sample(results ...journal.Result) *journal.Journal {
	begin := time.Date(2026, 11, 21, 4, 5, 6, 0, time.UTC)
	page := spec.Feature{Path: "api/x.feature", Name: "X", Link: "https://kubernetes.io/docs/x", Rules: []spec.Rule{{Name: "R"}}}
	var ids []string
	for i := range results {
		results[i].ID = string(rune('a' + i))
		ids = append(ids, results[i].ID)
		page.Rules[0].Scenarios = append(page.Rules[0].Scenarios, spec.Scenario{
			ID: results[i].ID, Title: "does it", Feature: "X", Rule: "R", Path: page.Path, Line: 7, Hint: "look there",
			Steps: []spec.Step{{Keyword: "When", Text: "I create it"}, {Keyword: "Then", Text: "it is there"}},
		})
	}
	j := journal.New()
	j.Add(journal.Record{Time: begin, Run: &journal.Run{ID: "r1", Cluster: "https://10.0.0.1", Version: "v1.36.3", Kit: "v1"}})
	j.Add(journal.Record{Page: &page})
	j.Add(journal.Record{Selected: &journal.Selected{IDs: ids}})
	for i := range results {
		if results[i].Verdict != verdict.NotRun {
			j.Add(journal.Record{Result: &results[i]})
		}
	}
	counts := j.Counts()
	j.Add(journal.Record{End: &journal.End{Outcome: j.Outcome(), Counts: counts}})
	return j
}

func TestEveryVerdictHasAStatusOfSonobuoys(t *testing.T) {
	want := map[verdict.Verdict][3]string{ // what is known of it: nothing, known-failing, known-flaky
		verdict.Passed: {"passed", "failed", "passed"}, verdict.Flaky: {"passed", "failed", "passed"}, verdict.Failed: {"failed", "skipped", "skipped"},
		verdict.Unsupported: {"skipped", "skipped", "skipped"}, verdict.Blocked: {"unknown", "skipped", "skipped"},
		verdict.Error: {"unknown", "unknown", "unknown"}, verdict.NotRun: {"unknown", "unknown", "unknown"},
	}
	for _, v := range verdict.All() {
		for i, known := range []string{"", journal.KnownFailing, journal.KnownFlaky} {
			if got := status(journal.Result{ID: "a", Verdict: v, Expected: known}, setOf([]string{"a"})); got != want[v][i] || got == "" {
				t.Errorf("%s, %q, is %q, want %q", v, known, got, want[v][i])
			}
		}
	}
	if got := status(journal.Result{ID: "b", Verdict: verdict.NotRun}, setOf([]string{"a"})); got != "skipped" {
		t.Errorf("what the budget has no room for is %s", got)
	}
}

func TestTheRunIsNotBetterThanItsOutcome(t *testing.T) {
	one := func(v verdict.Verdict) journal.Result { return journal.Result{Verdict: v, FailedStep: -1} }
	for name, c := range map[string]struct {
		results []journal.Result
		end     *journal.End
		want    string
		leaves  int
	}{
		"all passed":                         {[]journal.Result{one("passed"), one("flaky")}, nil, "passed", 2},
		"some unsupported":                   {[]journal.Result{one("passed"), one("unsupported")}, nil, "passed", 2},
		"one failed":                         {[]journal.Result{one("passed"), one("failed"), one("error")}, nil, "failed", 3},
		"one blocked":                        {[]journal.Result{one("passed"), one("blocked")}, nil, "unknown", 2},
		"one did not run":                    {[]journal.Result{one("passed"), one("not-run")}, nil, "unknown", 2},
		"nothing judged":                     {[]journal.Result{one("unsupported"), one("unsupported")}, nil, "unknown", 3},
		"required ones are missing":          {[]journal.Result{one("passed")}, &journal.End{Outcome: verdict.Partial, Reason: "b was not selected"}, "unknown", 2},
		"more is wrong than the leaves tell": {[]journal.Result{one("passed"), one("blocked")}, &journal.End{Outcome: verdict.Failure}, "failed", 3},
		"a known failure":                    {[]journal.Result{one("passed"), {Verdict: "failed", Expected: journal.KnownFailing}}, nil, "passed", 2},
		"a known failure passed":             {[]journal.Result{one("passed"), {Verdict: "passed", Expected: journal.KnownFailing}}, nil, "failed", 2},
	} {
		j := sample(c.results...)
		if c.end != nil {
			j.End = c.end
		}
		items := tree(j)
		if got := fold(items); got != c.want {
			t.Errorf("%s: the run is %s, want %s", name, got, c.want)
		}
		if got := leaves(items); got != c.leaves {
			t.Errorf("%s: %d leaves, want %d", name, got, c.leaves)
		}
	}
}

func leaves(items []Item) int {
	n := 0
	for _, item := range items {
		if len(item.Items) == 0 {
			n++
		}
		n += leaves(item.Items)
	}
	return n
}

func TestALeafTellsWhy(t *testing.T) {
	j := sample(journal.Result{
		Verdict: verdict.Failed, Seconds: 1.23456, FailedStep: 1, Why: "the quota is exhausted", Error: "409 Conflict",
		Evidence: []string{"evidence/a/events.txt"}, Attempts: 2, Failures: []string{"once", "twice"},
	}, journal.Result{Verdict: verdict.Unsupported, FailedStep: -1, Why: "no nodes"}, journal.Result{Verdict: verdict.Error, FailedStep: -1, Why: "bad step"})
	items := tree(j)[0].Items[0].Items
	item := items[0]
	if item.Name != "a: does it" || item.Meta["id"] != "a" || item.Meta["verdict"] != "failed" ||
		item.Meta["documentation"] != "https://kubernetes.io/docs/x" || item.Meta["source"] != "features/api/x.feature:7" {
		t.Errorf("got %+v", item)
	}
	if _, has := item.Meta["file"]; has {
		t.Error("a leaf has a file: Sonobuoy prints the file in its place")
	}
	why, _ := item.Details["failure"].(string)
	for _, part := range []string{"the quota is exhausted", "Then it is there", "409 Conflict"} {
		if !strings.Contains(why, part) {
			t.Errorf("%q lacks %q", why, part)
		}
	}
	if evidence, _ := item.Details["evidence"].([]string); len(evidence) != 1 || evidence[0] != "results/global/evidence/a/events.txt" {
		t.Errorf("evidence: %v", item.Details["evidence"])
	}
	if item.Details["seconds"] != 1.235 || item.Details["hint"] != "look there" || item.Details["attempts"] == nil {
		t.Errorf("details: %v", item.Details)
	}
	if items[1].Details["reason"] != "no nodes" || items[2].Details["error"] != "bad step" {
		t.Errorf("got %v, %v", items[1].Details, items[2].Details)
	}
}
