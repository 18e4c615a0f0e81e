package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// hostile is text that comes from a cluster and means something to one of the formats.
const hostile = "]]></failure> \x1b[31mred\x1b[0m \x00\x07\u202e \"q\" 'q' \\ | `tick` <b> & %25 ::error::x {{.}} *a* _b_ #c\n# EOF\n\tlast"

// act is what a scenario of the golden run goes through: its result, and the errors of its steps in each attempt. An attempt without an
// error passes.
type act struct {
	id, rule string
	tags     []string
	result   journal.Result
	attempts []string
}

func acts() []act {
	failed := func(why, text string) journal.Result {
		return journal.Result{Verdict: verdict.Failed, Why: why, Error: text, FailedStep: 1, Seconds: 12.25}
	}
	known := failed("It is still wrong.", "still wrong")
	known.Expected, known.ExpectedReason, known.ExpectedIssue = journal.KnownFailing, "the API lacks it", "https://example.com/issues/7"
	flapping := failed("It was wrong this time.", "wrong this time")
	flapping.Expected, flapping.ExpectedReason = journal.KnownFlaky, "clocks differ"
	evident := failed("The quota is used up.", "pods \"web\": want 3, got 2\nhistory: 1, 2, 2")
	evident.Evidence = []string{"evidence/api.x.failed/pod.yaml", "evidence/api.x.failed/events.txt", "evidence/api.x.failed/gone.txt"}
	evident.Attempts, evident.Failures = 2, []string{"It was wrong at first.", "The quota is used up."}
	none := func(v verdict.Verdict, why string) journal.Result {
		return journal.Result{Verdict: v, Why: why, FailedStep: -1}
	}
	return []act{
		{"api.x.passed", "A rule", nil, journal.Result{Verdict: verdict.Passed, Seconds: 1.5, FailedStep: -1}, []string{""}},
		{"api.x.failed", "A rule", []string{"@needs:nodes"}, evident, []string{"wrong at first", "pods \"web\": want 3, got 2\nhistory: 1, 2, 2"}},
		{"api.x.flaky", "A rule", nil, journal.Result{
			Verdict: verdict.Flaky, Why: "It passed, but not at the first attempt: no.", Seconds: 8, FailedStep: -1, Attempts: 3, Failures: []string{"no.", "not yet."},
		}, []string{"no", "not yet", ""}},
		{"api.x.known", "A rule", nil, known, []string{"still wrong"}},
		{"api.x.fixed", "A rule", nil, journal.Result{
			Verdict: verdict.Passed, Seconds: 2, FailedStep: -1, Expected: journal.KnownFailing, ExpectedReason: "it never worked", ExpectedIssue: "https://example.com/issues/8",
		}, []string{""}},
		{"api.x.flapping", "A rule", nil, flapping, []string{"wrong this time"}},
		{"api.x.hostile[row]", "A <rule> & \x0b]]>", nil, failed("Why: "+hostile, hostile), []string{hostile}},
		{"api.y.dns", "", []string{"@needs:dns"}, none(verdict.Unsupported, "The cluster does not offer: dns."), nil},
		{"api.y.balanced", "", []string{"@needs:dns", "@needs:load-balancer"}, none(verdict.Unsupported, "The cluster does not offer: dns, load-balancer."), nil},
		{"api.y.blocked", "", nil, journal.Result{Verdict: verdict.Blocked, Why: "A quota forbids it.", Error: "forbidden", FailedStep: 0, Seconds: 0.5}, []string{"forbidden"}},
		{"api.y.error", "", nil, journal.Result{Verdict: verdict.Error, Why: "The kit panics.", Error: "panic: x\nstack", FailedStep: 1, Seconds: 0.25}, []string{"panic: x\nstack"}},
		{"api.y.never", "", nil, none(verdict.NotRun, "The run ended first: the time of the budget was over."), nil},
	}
}

func scenarioOf(a act, feature string, line int) spec.Scenario {
	doc := "data: {x: <b>}"
	return spec.Scenario{
		ID: a.id, Title: "It holds for " + a.id, Feature: feature, Rule: a.rule, Path: "api/x.feature", Line: line,
		Tags: append([]string{"@id:" + a.id}, a.tags...), Hint: "Look there:\nnot here.",
		Steps: []spec.Step{
			{Keyword: "Given", Phase: spec.Given, Text: "a thing:", Doc: &doc, Line: line + 1},
			{Keyword: "When", Phase: spec.When, Text: "I act", Line: line + 5},
			{Keyword: "Then", Phase: spec.Then, Text: "it is so:", Table: [][]string{{"a", "b|c"}, {"1", "2"}}, Line: line + 6},
		},
	}
}

// records is a run with every verdict, attempts, known failures, and text that no format may take for its own.
func records() []journal.Record {
	now := time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)
	run := journal.Run{
		ID: "20261120-220000-ab12", Cluster: "https://c.example:6443", Version: "v1.36.3", ClusterUID: "8d1c", Kit: "v1.0.0", Capabilities: []string{"nodes"},
		Absent:  map[string]string{"dns": "kube-system has no Service kube-dns", "load-balancer": "no class"},
		Command: "seatrial run --kubeconfig demo.kubeconfig", Parallel: 4, Seed: 7,
		Implementation: &journal.Implementation{Organization: "Example", Project: "Demo", URL: "https://example.com", Version: "v2", Contact: []string{"@demo"}},
	}
	list := []journal.Record{{Time: now, Run: &run}}
	x := spec.Feature{Path: "api/x.feature", Area: "api", Name: "A page", Lead: "The lead.", Link: "https://kubernetes.io/docs/x"}
	y := spec.Feature{Path: "api/y.feature", Area: "api", Name: "Another page: <i>\x01", Rules: []spec.Rule{{}}}
	selected := journal.Selected{Estimate: map[string]float64{}}
	for i, a := range acts() {
		page := &x
		if a.rule == "" {
			page = &y
		}
		if n := len(page.Rules); n == 0 || page.Rules[n-1].Name != a.rule {
			page.Rules = append(page.Rules, spec.Rule{Name: a.rule, Lead: "Of the rule."})
		}
		rule := &page.Rules[len(page.Rules)-1]
		rule.Scenarios = append(rule.Scenarios, scenarioOf(a, page.Name, 10*(i+1)))
		selected.IDs = append(selected.IDs, a.id)
	}
	x.Rules[0].Scenarios = append(x.Rules[0].Scenarios, spec.Scenario{ID: "api.x.other", Title: "Not selected"})
	list = append(list, journal.Record{Time: now, Page: &x}, journal.Record{Time: now, Page: &y}, journal.Record{Time: now, Selected: &selected})
	add := func(r journal.Record) {
		now = now.Add(250 * time.Millisecond)
		r.Time = now
		list = append(list, r)
	}
	for _, a := range acts() {
		for i, text := range a.attempts {
			add(journal.Record{Started: &journal.Started{ID: a.id, Namespace: "n", Attempt: i + 1}})
			last := 2
			if text != "" {
				last = max(a.result.FailedStep, 0)
			}
			for n := range last + 1 {
				step := journal.Step{ID: a.id, Index: n, Seconds: 0.5}
				if n == last {
					step.Error = text
				}
				add(journal.Record{Step: &step})
			}
		}
		a.result.ID = a.id
		add(journal.Record{Result: &a.result})
	}
	add(journal.Record{Isolation: &journal.Isolation{
		Kinds: 40, Objects: 512, Left: []journal.Object{{Kind: "ConfigMap", Namespace: "seatrial-ab12-1", Name: "left", Scenario: "api.x.failed", What: "is left"}},
		Touched: []journal.Object{{Kind: "Node", Name: "n1", What: "has another label: " + hostile}}, Unlisted: []string{"Widget: 403"},
	}})
	return list
}

// endOf is the last record of a run.
func endOf(list []journal.Record) journal.Record {
	j := journal.New()
	for _, r := range list {
		j.Add(r)
	}
	return journal.Record{Time: j.Last, End: &journal.End{
		Outcome: j.Outcome(), Counts: j.Counts(), Seconds: 93.5, Reason: "the time of the budget was over", Left: []string{"seatrial-ab12-1"}, UnexpectedPasses: j.UnexpectedPasses(),
	}}
}

// keep writes the records as the journal of a run, and evidence beside it.
func keep(t testing.TB, list []journal.Record) string {
	t.Helper()
	dir := t.TempDir()
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"pod.yaml": "kind: Pod\n", "events.txt": hostile} {
		file := filepath.Join(dir, "evidence", "api.x.failed", name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// golden is the journal of the golden run, and its directory.
func golden(t testing.TB) (*journal.Journal, string) {
	t.Helper()
	list := records()
	dir := keep(t, append(list, endOf(list)))
	j, err := journal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j, dir
}

// The golden files are also what fixtures/formats has independent readers look at.
func TestFormatsAreAsTheirGoldenFiles(t *testing.T) {
	j, dir := golden(t)
	for _, format := range report.Formats() {
		if format.Name == "sonobuoy" {
			continue // binary, and read by the module fixtures/sonobuoy
		}
		var out bytes.Buffer
		if err := format.Write(&out, j, dir); err != nil {
			t.Errorf("%s: %v", format.Name, err)
			continue
		}
		text := bytes.ReplaceAll(out.Bytes(), []byte(dir), []byte("DIR"))
		name := filepath.Join("testdata", format.Name+".golden")
		if *rewrite {
			if err := os.WriteFile(name, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(text)); diff != "" {
			t.Errorf("%s differs (go test -rewrite writes it anew):\n%s", format.Name, diff)
		}
	}
}
