package report_test

import (
	"bytes"
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// records is a run with one scenario of each verdict.
func records() []journal.Record {
	doc := "data: {x: <b>}"
	rule := spec.Rule{Name: "A rule"}
	var ids []string
	results := map[verdict.Verdict]journal.Result{
		verdict.Passed:      {Seconds: 1.5, FailedStep: -1},
		verdict.Failed:      {Why: "It is <red>.", Error: "x: want 1, got 2\x00", FailedStep: 0, Evidence: []string{"evidence/api.x.failed/pod.yaml"}},
		verdict.Unsupported: {Why: "The cluster does not offer: dns.", FailedStep: -1},
		verdict.Blocked:     {Why: "A quota forbids it.", FailedStep: 0},
		verdict.Error:       {Why: "The kit is wrong.", Error: "panic", FailedStep: 0},
		verdict.NotRun:      {Why: "The run ended first.", FailedStep: -1},
	}
	list := []journal.Record{{Time: time.Unix(0, 0), Run: &journal.Run{ID: "r1", Cluster: "https://c", Version: "v1.36.3"}}}
	for _, v := range verdict.All() {
		if _, ok := results[v]; !ok {
			continue
		}
		id := "api.x." + string(v)
		ids = append(ids, id)
		rule.Scenarios = append(rule.Scenarios, spec.Scenario{
			ID: id, Title: "Is " + string(v), Feature: "A page", Rule: "A rule", Path: "api/x.feature", Line: 7, Hint: "Look there.",
			Steps: []spec.Step{{Keyword: "Given", Text: "a thing:", Doc: &doc}},
		})
	}
	left := spec.Scenario{ID: "api.x.other", Title: "Not selected"}
	rule.Scenarios = append(rule.Scenarios, left)
	page := spec.Feature{Path: "api/x.feature", Area: "api", Name: "A page", Lead: "The lead.", Link: "https://kubernetes.io/docs/x", Rules: []spec.Rule{rule}}
	list = append(list, journal.Record{Page: &page}, journal.Record{Selected: &journal.Selected{IDs: ids}})
	counts := verdict.Counts{}
	for v, result := range results {
		result.ID, result.Verdict = "api.x."+string(v), v
		counts[v]++
		list = append(list, journal.Record{Started: &journal.Started{ID: result.ID}},
			journal.Record{Step: &journal.Step{ID: result.ID, Seconds: 2, Error: result.Error}}, journal.Record{Result: &result})
	}
	return append(list, journal.Record{End: &journal.End{Outcome: verdict.Failure, Counts: counts, Seconds: 3}})
}

func write(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records() {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "evidence", "api.x.failed", "pod.yaml")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("kind: Pod"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestJUnitCountsWhatCannotBeJudgedAsSkipped(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(write(t), report.JUnitName))
	if err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
		Suites   []struct {
			Name  string `xml:"name,attr"`
			Cases []struct {
				Classname string `xml:"classname,attr"`
				Name      string `xml:"name,attr"`
				Skipped   *struct {
					Message string `xml:"message,attr"`
				} `xml:"skipped"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	if suites.Tests != 6 || suites.Failures != 1 || suites.Errors != 1 || suites.Skipped != 3 {
		t.Errorf("tests %d, failures %d, errors %d, skipped %d", suites.Tests, suites.Failures, suites.Errors, suites.Skipped)
	}
	if len(suites.Suites) != 1 || suites.Suites[0].Name != "A page" {
		t.Fatalf("suites %+v", suites.Suites)
	}
	first := suites.Suites[0].Cases[0]
	if first.Classname != "A page / A rule" || first.Name != "api.x.passed: Is passed" || first.Skipped != nil {
		t.Errorf("first case %+v", first)
	}
	if !strings.Contains(string(text), "unsupported: The cluster does not offer: dns.") {
		t.Errorf("a skipped case has no reason:\n%s", text)
	}
}

func TestTerminalTellsWhatWentWrong(t *testing.T) {
	var out bytes.Buffer
	terminal, j := report.NewTerminal(&out), journal.New()
	for _, r := range records() {
		j.Add(r)
		terminal.Show(r, j)
	}
	for _, want := range []string{
		"6 behaviours against https://c, Kubernetes v1.36.3", "FAILED", "why: It is <red>.", "step: Given a thing:", "hint: Look there.",
		"failure: 1 passed, 1 failed, 1 unsupported, 1 blocked, 1 error, 1 not-run in 3.0s",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the output lacks %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b") {
		t.Error("escape sequences without a terminal")
	}
}

func TestDirectoryKeepsRunsApartAndLeadsToTheLatest(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, id := range []string{"one", "two"} {
		dir, err := report.Directory("", id)
		if err != nil || dir != filepath.Join("reports", "runs", id) {
			t.Fatalf("%s: %q, %v", id, dir, err)
		}
		if target, err := os.Readlink("reports/latest"); err != nil || target != filepath.Join("runs", id) {
			t.Errorf("latest leads to %q, %v", target, err)
		}
	}
}

func TestDirectoryThatWasWishedForIsCleared(t *testing.T) {
	dir := write(t)
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.Directory(dir, "x"); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "mine.txt" {
		t.Errorf("left %v, %v", left, err)
	}
}
