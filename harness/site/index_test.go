package site

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// runOf makes a run with a behaviour for each result; its id is "a", "b" and so on.
func runOf(results ...journal.Result) *journal.Journal {
	j := journal.New()
	rule := spec.Rule{Name: "Rule"}
	for i, r := range results {
		r.ID = string(rune('a' + i))
		j.Order = append(j.Order, r.ID)
		j.Results[r.ID] = r
		rule.Scenarios = append(rule.Scenarios, spec.Scenario{ID: r.ID, Title: "Title " + r.ID})
	}
	j.Pages = []spec.Feature{{Path: "x/y.feature", Area: "x", Name: "Y", Rules: []spec.Rule{rule}}}
	return j
}

func indexOf(t *testing.T, j *journal.Journal) *index {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return newBook(j, root).index()
}

func TestTheHeadlineSaysTheResult(t *testing.T) {
	passed, failed := journal.Result{Verdict: verdict.Passed}, journal.Result{Verdict: verdict.Failed}
	known := journal.Result{Verdict: verdict.Failed, Expected: journal.KnownFailing}
	surprise := journal.Result{Verdict: verdict.Passed, Expected: journal.KnownFailing}
	unsupported, blocked := journal.Result{Verdict: verdict.Unsupported}, journal.Result{Verdict: verdict.Blocked}
	for want, results := range map[string][]journal.Result{
		"All 2 behaviours hold":                                       {passed, {Verdict: verdict.Flaky}},
		"2 of 3 behaviours hold; 1 is not supported here":             {passed, passed, unsupported},
		"1 of 2 behaviours hold":                                      {passed, known},
		"One of 3 behaviours does not hold":                           {passed, failed, known},
		"2 of 3 behaviours do not hold":                               {passed, failed, failed},
		"1 behaviour that was known to fail passes":                   {passed, surprise},
		"Nothing failed, but 1 of 2 behaviours could not be judged":   {passed, blocked},
		"Nothing was judged: this run says nothing about the cluster": {unsupported},
		"Nothing failed, but 2 of 3 behaviours could not be judged":   {passed, {Verdict: verdict.Error}, {Verdict: verdict.NotRun}},
		"4 of 4 behaviours do not hold":                               {failed, failed, failed, failed},
		"3 of 6 behaviours hold; 2 are not supported here":            {passed, passed, passed, known, unsupported, unsupported},
		"2 behaviours that were known to fail pass":                   {surprise, surprise},
		"Nothing failed, but 1 of 3 behaviours could not be judged":   {passed, blocked, unsupported},
		"Nothing failed, but 1 of 4 behaviours could not be judged":   {passed, known, unsupported, {Verdict: verdict.NotRun}},
		"One of 2 behaviours does not hold":                           {failed, surprise},
	} {
		if got := indexOf(t, runOf(results...)).Headline; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestWhatAProfileAsksForAndTheClusterLacksIsCounted(t *testing.T) {
	j := runOf(journal.Result{Verdict: verdict.Passed}, journal.Result{Verdict: verdict.Unsupported}, journal.Result{Verdict: verdict.Unsupported})
	j.Run.Profile, j.Required = "core", []string{"a", "b"}
	if got := indexOf(t, j).Headline; got != "Nothing failed, but 1 of 3 behaviours could not be judged" {
		t.Errorf("got %q", got)
	}
}

func TestWhatFailsForOneReasonIsToldOnce(t *testing.T) {
	quota := journal.Result{Verdict: verdict.Blocked, Why: "quota"}
	v := indexOf(t, runOf(quota, journal.Result{Verdict: verdict.Failed, Why: "quota"}, quota, journal.Result{Verdict: verdict.Failed}, journal.Result{Verdict: verdict.Failed}))
	var got []string
	for _, each := range v.Trouble {
		text := string(each.Verdict) + " " + each.Why + ":"
		for _, s := range each.Behaviours {
			text += s.ID
		}
		got = append(got, text)
	}
	if want := []string{"failed quota:b", "failed :d", "failed :e", "blocked quota:ac"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestALongListOfTroublesIsFolded(t *testing.T) {
	j := runOf(slices.Repeat([]journal.Result{{Verdict: verdict.Failed}}, 12)...)
	v := indexOf(t, j)
	if len(v.Trouble) != firstTroubles || len(v.Trouble)+len(v.More) != 12 {
		t.Errorf("%d and %d", len(v.Trouble), len(v.More))
	}
}

func TestTheSlowestComeFirst(t *testing.T) {
	v := indexOf(t, runOf(journal.Result{Seconds: 1}, journal.Result{Seconds: 3.0001}, journal.Result{}, journal.Result{Seconds: 3.0004}))
	got := ""
	for _, s := range v.Slowest {
		got += s.ID
	}
	if got != "dba" {
		t.Errorf("got %q", got)
	}
}

func TestFactsWithoutAValueAreLeftOut(t *testing.T) {
	j := runOf(journal.Result{Verdict: verdict.Passed})
	j.Run = journal.Run{Cluster: "https://c", Parallel: 4, Seed: 7, Budget: 600}
	j.Begin = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	j.End = &journal.End{Seconds: 61}
	var got []string
	for _, f := range indexOf(t, j).Facts {
		got = append(got, f.Name+"="+f.Value)
	}
	want := []string{"Cluster=https://c", "Began=2026-01-02 03:04 UTC", "Took=1 min 1 s", "Budget=10 min 0 s", "Side by side=4, shuffled by 7"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAKilledRunSaysSo(t *testing.T) {
	if v := indexOf(t, runOf(journal.Result{Verdict: verdict.Passed})); !strings.Contains(v.Reason, "killed") {
		t.Errorf("got %q", v.Reason)
	}
}

func TestTheSearchKnowsEveryWordOnce(t *testing.T) {
	doc := "spec: {replicas: 2}"
	s := &behaviour{Scenario: spec.Scenario{
		ID: "a.scale", Title: "Scaling works", Rule: "A rule", Hint: "Look at ReplicaSets.",
		Steps: []spec.Step{{Text: `I scale Deployment "web"`, Doc: &doc}, {Text: "scaling", Table: [][]string{{"Größe", "x"}}}},
	}, Result: journal.Result{Why: "A quota forbids it."}}
	if got, want := words(s), "at deployment forbids größe it look quota replicas replicasets spec web"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestAnchorsAreUniqueAndReadable(t *testing.T) {
	taken := map[string]bool{}
	got := []string{anchor("rule-A Pod's name", taken), anchor("rule-a pod s NAME", taken), anchor("rule-A Pod's name!", taken)}
	if !slices.Equal(got, []string{"rule-a-pod-s-name", "rule-a-pod-s-name-", "rule-a-pod-s-name--"}) {
		t.Errorf("got %q", got)
	}
}
