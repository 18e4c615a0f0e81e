package diff_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/diff"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// run makes the journal of a run; the results are in the order of the scenarios a, b, c ..., and one without a verdict is not selected.
func run(results ...journal.Result) *journal.Journal {
	j := journal.New()
	page := spec.Feature{Path: "api/x.feature", Name: "X", Link: "https://kubernetes.io/docs/x", Rules: []spec.Rule{{Name: "R"}}}
	var ids []string
	for i := range results {
		results[i].ID = string(rune('a' + i))
		if results[i].Verdict == "" {
			continue
		}
		ids = append(ids, results[i].ID)
		page.Rules[0].Scenarios = append(page.Rules[0].Scenarios, spec.Scenario{
			ID: results[i].ID, Title: "title of " + results[i].ID, Feature: "X", Steps: []spec.Step{{Keyword: "Then", Text: "it is there"}},
		})
	}
	j.Add(journal.Record{Run: &journal.Run{ID: "r", Version: "v1.36.3"}})
	j.Add(journal.Record{Page: &page})
	j.Add(journal.Record{Selected: &journal.Selected{IDs: ids}})
	for i := range results {
		if results[i].Verdict != "" && results[i].Verdict != verdict.NotRun {
			j.Add(journal.Record{Result: &results[i]})
		}
	}
	return j
}

func one(v verdict.Verdict) journal.Result { return journal.Result{Verdict: v} }

// changes has a row for each verdict before, and a column for each verdict after, both in the order of verdict.All; "" is a scenario that
// is no part of the run.
var changes = map[verdict.Verdict][]string{
	//                    passed           failed    flaky            unsupported        blocked     error       not-run     ""
	verdict.Passed:      {"", "broken", "now-flaky", "now-unsupported", "unjudged", "unjudged", "unjudged", "vanished"},
	verdict.Failed:      {"fixed", "", "fixed", "now-unsupported", "unjudged", "unjudged", "unjudged", "vanished"},
	verdict.Flaky:       {"no-longer-flaky", "broken", "", "now-unsupported", "unjudged", "unjudged", "unjudged", "vanished"},
	verdict.Unsupported: {"now-supported", "broken", "now-supported", "", "unjudged", "unjudged", "unjudged", "vanished"},
	verdict.Blocked:     {"fixed", "broken", "fixed", "now-unsupported", "", "", "", "vanished"},
	verdict.Error:       {"fixed", "broken", "fixed", "now-unsupported", "", "", "", "vanished"},
	verdict.NotRun:      {"new", "new", "new", "new", "new", "new", "", "vanished"},
	"":                  {"new", "new", "new", "new", "new", "new", "new", ""},
}

func TestEveryChangeOfVerdictHasItsKind(t *testing.T) {
	for before, kinds := range changes {
		for i, after := range append(verdict.All(), "") {
			d := diff.Compare(run(one(before)), run(one(after)))
			got := ""
			for _, change := range d.Changes {
				got += string(change.Kind)
			}
			if got != kinds[i] {
				t.Errorf("%q -> %q is %q, want %q", before, after, got, kinds[i])
			}
		}
	}
}

func TestSlowerIsTwiceAndASecond(t *testing.T) {
	for _, c := range []struct {
		before, after float64
		want          bool
	}{{0.1, 0.9, false}, {0.1, 1.2, true}, {10, 19, false}, {10, 20, false}, {10, 20.5, true}, {1, 2, false}, {0.9, 2.1, true}, {20, 10, false}} {
		passed := func(s float64) *journal.Journal { return run(journal.Result{Verdict: verdict.Passed, Seconds: s}) }
		if got := diff.Compare(passed(c.before), passed(c.after)).Counts[diff.Slower] == 1; got != c.want {
			t.Errorf("%v s -> %v s: slower is %v", c.before, c.after, got)
		}
	}
	slow := run(journal.Result{Verdict: verdict.Failed, Seconds: 60})
	if d := diff.Compare(run(one("passed")), slow); d.Counts[diff.Slower] > 0 {
		t.Error("what fails after a long time is slower")
	}
}

func TestANewTitleIsNoNewScenario(t *testing.T) {
	after := run(one("passed"))
	after.Pages[0].Rules[0].Scenarios[0].Title = "a better title"
	d := diff.Compare(run(one("passed")), after)
	if len(d.Changes) != 1 || d.Changes[0].Kind != diff.Renamed || d.Changes[0].OldTitle != "title of a" || d.Changes[0].Title != "a better title" {
		t.Errorf("got %+v", d.Changes)
	}
	if d.Outcome() != verdict.Success {
		t.Errorf("the outcome is %s", d.Outcome())
	}
}

func TestTheOutcome(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []journal.Result
		want          verdict.Outcome
	}{
		"equal":                     {[]journal.Result{one("passed"), one("failed")}, []journal.Result{one("passed"), one("failed")}, verdict.Success},
		"better":                    {[]journal.Result{one("passed"), one("failed")}, []journal.Result{one("passed"), one("passed")}, verdict.Success},
		"broken":                    {[]journal.Result{one("passed"), one("passed")}, []journal.Result{one("passed"), one("failed")}, verdict.Failure},
		"unjudged":                  {[]journal.Result{one("passed"), one("passed")}, []journal.Result{one("passed"), one("not-run")}, verdict.Partial},
		"broken and unjudged":       {[]journal.Result{one("passed"), one("passed")}, []journal.Result{one("error"), one("failed")}, verdict.Failure},
		"a new one fails":           {[]journal.Result{one("passed"), one("")}, []journal.Result{one("passed"), one("failed")}, verdict.Success},
		"the second judged nothing": {[]journal.Result{one("passed")}, []journal.Result{one("unsupported")}, verdict.Invalid},
		"the first judged nothing":  {[]journal.Result{one("not-run")}, []journal.Result{one("passed")}, verdict.Invalid},
	} {
		if got := diff.Compare(run(c.before...), run(c.after...)).Outcome(); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// much is a difference with many kinds of changes.
func much() diff.Diff {
	before := run(one("passed"), one("failed"), one("passed"), journal.Result{Verdict: verdict.Passed, Seconds: 1}, one("passed"), one(""), one("failed"))
	after := run(journal.Result{Verdict: verdict.Failed, Seconds: 30, Why: "user <x> cannot list pods"}, one("passed"),
		journal.Result{Verdict: verdict.Unsupported, FailedStep: -1, Why: "no nodes"}, journal.Result{Verdict: verdict.Passed, Seconds: 4}, one(""), one("passed"), one("failed"))
	before.Run.Capabilities, after.Run.Capabilities = []string{"dns", "nodes"}, []string{"dns", "two-nodes"}
	return diff.Compare(before, after)
}

func TestTheTextBeginsWithWhatBroke(t *testing.T) {
	var out strings.Builder
	if err := much().Text(&out); err != nil {
		t.Fatal(err)
	}
	const want = `before  r  v1.36.3  failure (4 passed, 2 failed)
after   r  v1.36.3  failure (3 passed, 2 failed, 1 unsupported)
the cluster no longer offers nodes
the cluster now offers two-nodes

Broken: 1
  a  title of a  (passed -> failed)
      user <x> cannot list pods
      at: Then it is there
      see: https://kubernetes.io/docs/x

Now unsupported: 1
  c  title of c  (passed -> unsupported)
      no nodes

Slower: 1
  d  title of d  (1.0 s -> 4.0 s)

Vanished: 1
  e  title of e  (was passed)

Fixed: 1
  b  title of b  (failed -> passed)

New: 1
  f  title of f  (passed)

1 broken, 1 now unsupported, 1 slower, 1 vanished, 1 fixed, 1 new; as before: 1 passed, 1 failed
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
}

func TestGoodNewsAreCut(t *testing.T) {
	var before, after []journal.Result
	for range 26 {
		before, after = append(before, one("failed")), append(after, one("passed"))
	}
	for name, c := range map[string]struct {
		d    diff.Diff
		want int
	}{"fixed": {diff.Compare(run(before...), run(after...)), 20}, "broken": {diff.Compare(run(after...), run(before...)), 26}} {
		var out strings.Builder
		if err := c.d.Text(&out); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(out.String(), "title of"); got != c.want || strings.Contains(out.String(), "... and 6 more") != (c.want == 20) {
			t.Errorf("%s: %d are told:\n%s", name, got, out.String())
		}
	}
}

func TestNothingHasChanged(t *testing.T) {
	if got := diff.Compare(run(one("passed")), run(one("passed"))).Summary(); got != "nothing has changed; as before: 1 passed" {
		t.Error(got)
	}
}

func TestTheJSONNamesTheKinds(t *testing.T) {
	data, err := json.Marshal(much())
	if err != nil {
		t.Fatal(err)
	}
	var back diff.Diff
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	var kinds []diff.Kind
	for _, change := range back.Changes {
		kinds = append(kinds, change.Kind)
	}
	if !slices.Equal(kinds, []diff.Kind{"broken", "now-unsupported", "slower", "vanished", "fixed", "new"}) || back.Counts[diff.Broken] != 1 {
		t.Errorf("got %v, %v", kinds, back.Counts)
	}
}

func TestTheHTMLIsEscaped(t *testing.T) {
	body, err := much().Body()
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	for _, part := range []string{
		"user &lt;x&gt; cannot list pods", `id="broken"`, `id="slower"`, "1.0 s -&gt; 4.0 s", "no longer offers nodes", `href="https://kubernetes.io/docs/x"`,
		`<span class="v passed">passed</span><span class="soft">then</span><span class="v failed">failed</span>`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("the page lacks %q", part)
		}
	}
	if strings.Contains(page, "<x>") || strings.Contains(page, `id="now-flaky"`) {
		t.Errorf("got\n%s", page)
	}
}
