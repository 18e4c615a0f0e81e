package run_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/standin"
)

// with runs with these options, against the server.
func with(t *testing.T, server *standin.Server, o run.Options) (run.Result, *journal.Journal) {
	t.Helper()
	o.Config = server.Config()
	if o.ReportDir == "" && !o.Resume {
		o.ReportDir = t.TempDir()
	}
	result, err := run.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if result.ReportDir == "" {
		return result, journal.New()
	}
	j, err := journal.Read(result.ReportDir)
	if err != nil {
		t.Fatal(err)
	}
	return result, j
}

// refuseSome makes the server refuse the creation of ConfigMaps whose number, from 1, is wanted.
func refuseSome(server *standin.Server, wanted func(number int64) bool) {
	var created atomic.Int64
	server.Refuse = func(r *http.Request) *metav1.Status {
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/configmaps") && wanted(created.Add(1)) {
			return standin.Status(http.StatusInternalServerError, metav1.StatusReasonInternalError, "out of order")
		}
		return nil
	}
}

func TestWhatPassesWhenItIsTriedAgainIsFlaky(t *testing.T) {
	server := standin.Start(t)
	refuseSome(server, func(number int64) bool { return number == 1 })
	result, j := with(t, server, run.Options{Features: page(passes), Effort: run.Effort{Retries: 2}})
	got := j.Result("api.test.passes")
	if got.Verdict != verdict.Flaky || got.Attempts != 2 || len(got.Failures) != 1 || !strings.Contains(got.Failures[0], "out of order") {
		t.Errorf("got %+v", got)
	}
	if result.ExitCode() != verdict.ExitSuccess || len(j.Attempts["api.test.passes"]) != 2 || j.Started["api.test.passes"].Attempt != 2 {
		t.Errorf("got %+v, attempts %+v", result, j.Attempts)
	}
}

func TestWithoutRetriesNothingIsTriedAgain(t *testing.T) {
	server := standin.Start(t)
	refuseSome(server, func(number int64) bool { return number == 1 })
	result, j := with(t, server, run.Options{Features: page(passes)})
	if got := j.Result("api.test.passes"); got.Verdict != verdict.Failed || got.Attempts != 0 || result.ExitCode() != verdict.ExitFailure {
		t.Errorf("got %+v, %+v", got, result)
	}
}

func TestRepeatMeansThatEveryRoundMustPass(t *testing.T) {
	server := standin.Start(t)
	_, j := with(t, server, run.Options{Features: page(passes), Effort: run.Effort{Repeat: 3}})
	if got := j.Result("api.test.passes"); got.Verdict != verdict.Passed || got.Attempts != 3 {
		t.Errorf("three rounds: %+v", got)
	}
	refuseSome(server, func(number int64) bool { return number == 2 })
	_, j = with(t, server, run.Options{Features: page(passes), Effort: run.Effort{Repeat: 3}})
	if got := j.Result("api.test.passes"); got.Verdict != verdict.Failed || got.Attempts != 2 || !strings.HasPrefix(got.Why, "In round 2, after 1 that passed: ") {
		t.Errorf("a failure in the second: %+v", got)
	}
}

func TestUntilFailGoesOnUntilSomethingFails(t *testing.T) {
	server := standin.Start(t)
	refuseSome(server, func(number int64) bool { return number == 7 })
	another := strings.Replace(passes, "passes", "another", 1)
	result, j := with(t, server, run.Options{Features: page(passes, another), Parallel: 1, Effort: run.Effort{UntilFail: true}})
	// In turns: the seventh creation is the fourth round of one of them, and the other has passed three.
	failed, passed := j.Result("api.test.passes"), j.Result("api.test.another")
	if failed.Verdict != verdict.Failed {
		failed, passed = passed, failed
	}
	if failed.Verdict != verdict.Failed || failed.Attempts != 4 || passed.Verdict != verdict.Passed || passed.Attempts != 3 {
		t.Errorf("got %+v and %+v", failed, passed)
	}
	if result.ExitCode() != verdict.ExitFailure || !strings.Contains(result.Reason, "--until-fail") {
		t.Errorf("got %+v", result)
	}
}

func TestFailFastStartsNothingMore(t *testing.T) {
	slow := strings.Replace(passes, "passes", "zlast", 1)
	server := standin.Start(t)
	result, j := with(t, server, run.Options{
		Features: page(fails, slow), Parallel: 1, Effort: run.Effort{FailFast: true},
		Choice: run.Choice{From: ranBefore(t, map[string]float64{"fails": 9, "zlast": 1})},
	})
	got := j.Result("api.test.zlast")
	if got.Verdict != verdict.NotRun || got.Why != "It did not run to its end: the run stopped at the first failure (--fail-fast)." {
		t.Errorf("got %+v", got)
	}
	if result.ExitCode() != verdict.ExitFailure || !strings.Contains(result.Reason, "--fail-fast") {
		t.Errorf("got %+v", result)
	}
}

// ranBefore writes the journal of a run in which scenarios passed in so many seconds.
func ranBefore(t *testing.T, seconds map[string]float64) string {
	t.Helper()
	dir := t.TempDir()
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	records := []journal.Record{{Run: &journal.Run{ID: "before"}}}
	for name, took := range seconds {
		records = append(records, journal.Record{Result: &journal.Result{ID: "api.test." + name, Verdict: verdict.Passed, Seconds: took}})
	}
	for _, r := range records {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// named makes scenarios that pass.
func named(names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, strings.Replace(passes, "passes", name, 1))
	}
	return all
}

func TestABudgetLeavesOutWhatDoesNotFit(t *testing.T) {
	server := standin.Start(t)
	result, j := with(t, server, run.Options{
		Features: page(named("short", "long", "middle")...), Parallel: 1,
		Choice: run.Choice{Budget: time.Minute, From: ranBefore(t, map[string]float64{"short": 5, "middle": 50, "long": 100})},
	})
	if got := j.Result("api.test.long"); got.Verdict != verdict.NotRun || got.Why != "The budget of 1m0s has no room for it." {
		t.Errorf("got %+v", got)
	}
	if result.Outcome != verdict.Success || result.Counts[verdict.Passed] != 2 || result.Reason != "the budget of 1m0s had no room for 1 of 3 behaviours" {
		t.Errorf("got %+v", result)
	}
	if !slices.Equal(j.Unfit, []string{"api.test.long"}) || len(j.Required) != 2 || j.Estimate["api.test.middle"] != 50 {
		t.Errorf("got %v, %v, %v", j.Unfit, j.Required, j.Estimate)
	}
}

func TestABudgetThatIsOverStartsNothingMore(t *testing.T) {
	server := standin.Start(t)
	slow := "slow\nGiven a ConfigMap \"a\"\nWhen I get ConfigMap \"a\"\nThen for 1 second, ConfigMap \"a\" exists"
	result, j := with(t, server, run.Options{
		Features: page(append(named("never"), slow)...), Parallel: 1,
		Choice: run.Choice{Budget: 500 * time.Millisecond, From: ranBefore(t, map[string]float64{"slow": 0.2, "never": 0.1})},
	})
	if got := j.Result("api.test.never"); got.Verdict != verdict.NotRun || !strings.Contains(got.Why, "the time of the budget was over") {
		t.Errorf("got %+v", got)
	}
	if j.Result("api.test.slow").Verdict != verdict.Passed || result.Outcome != verdict.Partial {
		t.Errorf("got %+v", result)
	}
}

func TestTheOrderFollowsTheSeed(t *testing.T) {
	names := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	order := func(o run.Effort) (string, int64) {
		_, j := with(t, standin.Start(t), run.Options{Features: page(named(names...)...), Parallel: 1, Effort: o})
		started := map[int]string{}
		for id, attempts := range j.Attempts {
			started[int(attempts[0].Begin.UnixNano())] = id
		}
		var all []string
		for _, at := range slices.Sorted(keys(started)) {
			all = append(all, started[at])
		}
		return strings.Join(all, " "), j.Run.Seed
	}
	first, seed := order(run.Effort{Shuffle: true})
	if seed == 0 {
		t.Error("a random seed is not in the journal")
	}
	if again, _ := order(run.Effort{Shuffle: true, Seed: seed}); again != first {
		t.Errorf("the same seed made %s and %s", first, again)
	}
	if other, _ := order(run.Effort{Shuffle: true, Seed: seed + 1}); other == first {
		t.Errorf("another seed made the same order %s", other)
	}
}

func keys[V any](m map[int]V) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestKnownFailuresDoNotFailTheRunAndUnexpectedPassesDo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known.yaml")
	list := "- {id: api.test.fails, kind: failing, reason: not built yet, issue: 'https://example.com/7'}\n"
	if err := os.WriteFile(file, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	server := standin.Start(t)
	result, j := with(t, server, run.Options{Features: page(passes, fails), Effort: run.Effort{Known: file, FailFast: true}})
	got := j.Result("api.test.fails")
	if got.Verdict != verdict.Failed || got.Expected != journal.KnownFailing || got.ExpectedReason != "not built yet" || got.ExpectedIssue == "" {
		t.Errorf("got %+v", got)
	}
	if result.ExitCode() != verdict.ExitSuccess {
		t.Errorf("got %+v", result)
	}
	if err := os.WriteFile(file, []byte(list+"- {id: api.test.passes, kind: failing, reason: outdated}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	result, j = with(t, server, run.Options{Features: page(passes, fails), Effort: run.Effort{Known: file}})
	if result.ExitCode() != verdict.ExitFailure || !strings.Contains(result.Reason, "api.test.passes passed, which "+file+" says it does not: remove it from there") {
		t.Errorf("got %+v", result)
	}
	if !slices.Equal(j.End.UnexpectedPasses, []string{"api.test.passes"}) {
		t.Errorf("got %+v", j.End)
	}
	if err := os.WriteFile(file, []byte(list+"- {id: api.test.nobody, kind: failing, reason: r}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := run.NewPlan(run.Options{Features: page(passes, fails), Effort: run.Effort{Known: file}}); err == nil || !strings.Contains(err.Error(), "known.yaml:2:") {
		t.Errorf("an unknown id: %v", err)
	}
}

func TestRerunFailedRunsOnlyWhatFailed(t *testing.T) {
	server := standin.Start(t)
	features := page(passes, fails, unknown, needs)
	first, _ := with(t, server, run.Options{Features: features})
	again, j := with(t, server, run.Options{Features: features, Choice: run.Choice{RerunFailed: true, From: first.ReportDir}})
	if !slices.Equal(j.Order, []string{"api.test.fails", "api.test.unknown"}) || again.Counts[verdict.Failed] != 1 || again.Counts[verdict.Error] != 1 {
		t.Errorf("ran %v: %+v", j.Order, again)
	}
	fine, _ := with(t, server, run.Options{Features: page(passes)})
	nothing, _ := with(t, server, run.Options{Features: page(passes), Choice: run.Choice{RerunFailed: true, From: fine.ReportDir}})
	if nothing.ExitCode() != verdict.ExitInvalid || !strings.Contains(nothing.Reason, "nothing of what is selected failed in "+fine.ReportDir) {
		t.Errorf("got %+v", nothing)
	}
	if _, err := run.NewPlan(run.Options{Features: features, Choice: run.Choice{RerunFailed: true, From: t.TempDir()}}); err == nil {
		t.Error("no run before, and no error")
	}
}

func TestAnOutcomeThatIsTrueBeforeTheWhenIsAnError(t *testing.T) {
	early := "early\nGiven a ConfigMap \"a\"\nWhen I get ConfigMap \"a\"\nThen ConfigMap \"a\" exists"
	cycle := "cycle\nWhen I create ConfigMap \"a\"\nThen ConfigMap \"a\" exists\nWhen I delete ConfigMap \"a\"\nThen ConfigMap \"a\" is gone"
	_, j := with(t, standin.Start(t), run.Options{Features: page(early, cycle)})
	got := j.Result("api.test.early")
	if got.Verdict != verdict.Error || got.FailedStep != 2 || got.Why != `"Then ConfigMap \"a\" exists" is true before the When, so it proves nothing about it` {
		t.Errorf("got %+v", got)
	}
	if got := j.Result("api.test.cycle"); got.Verdict != verdict.Passed {
		t.Errorf("the last outcome of a life cycle was true before the first When: %+v", got)
	}
}

func TestWhatAProfileRequiresAndIsNotJudgedMakesTheRunPartial(t *testing.T) {
	everything := run.Profile{Name: "all", Selects: func(spec.Scenario) bool { return true }}
	some := run.Profile{Name: "some", Selects: func(s spec.Scenario) bool { return s.ID == "api.test.passes" }}
	another := named("another")[0]
	for name, c := range map[string]struct {
		options run.Options
		want    verdict.Outcome
		reason  string
	}{
		"all of it passes":        {run.Options{Features: page(passes, needs), Profile: some}, verdict.Success, ""},
		"something not supported": {run.Options{Features: page(passes, needs), Profile: everything}, verdict.Partial, "1 behaviours that the profile all requires were not judged: api.test.needs"},
		"something not selected":  {run.Options{Features: page(passes, another), Profile: everything, Selection: "@id:api.test.passes"}, verdict.Partial, "api.test.another"},
		"something does not fit": {
			run.Options{Features: page(passes, another), Profile: everything, Choice: run.Choice{
				Budget: 10 * time.Second, From: ranBefore(t, map[string]float64{"passes": 1, "another": 60}),
			}}, verdict.Partial, "api.test.another",
		},
	} {
		result, j := with(t, standin.Start(t), c.options)
		if result.Outcome != c.want || !strings.Contains(result.Reason, c.reason) || j.Run.Profile != c.options.Profile.Name {
			t.Errorf("%s: got %+v", name, result)
		}
	}
}
