package report_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
)

// names lists the files of a directory and below.
func names(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, _ := filepath.Rel(dir, path)
			all = append(all, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWriteMakesEveryReportAndDirectoryRemovesThemAll(t *testing.T) {
	_, dir := golden(t)
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	all := names(t, dir)
	for _, want := range []string{
		report.JUnitName, report.MessagesName, report.JSONName, report.CTRFName, report.ConformanceName, report.MetricsName, report.SummaryName, report.SonobuoyName,
		"index.html", journal.Name,
	} {
		if !slices.Contains(all, want) {
			t.Errorf("%s is missing among %v", want, all)
		}
	}
	if err := report.Write(dir); err != nil || !slices.Equal(names(t, dir), all) {
		t.Errorf("a second time: %v, files %v", err, names(t, dir))
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := report.Directory(dir, "x"); err != nil {
		t.Fatal(err)
	}
	if left := names(t, dir); !slices.Equal(left, []string{"mine.txt"}) {
		t.Errorf("left %v", left)
	}
}

func TestOneReportThatCannotBeWrittenKeepsNoOther(t *testing.T) {
	_, dir := golden(t)
	if err := os.MkdirAll(filepath.Join(dir, report.JSONName, "in the way"), 0o755); err != nil {
		t.Fatal(err)
	}
	err := report.Write(dir)
	if err == nil || !strings.Contains(err.Error(), report.JSONName) {
		t.Errorf("got %v", err)
	}
	all := names(t, dir)
	if !slices.Contains(all, report.MetricsName) || !slices.Contains(all, "index.html") {
		t.Errorf("only %v", all)
	}
	if i := slices.IndexFunc(all, func(name string) bool { return strings.HasPrefix(name, ".") }); i >= 0 {
		t.Errorf("%s is left over", all[i])
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

func TestStepSummaryIsAddedToWhatIsThere(t *testing.T) {
	_, dir := golden(t)
	if err := report.Write(dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "step.md")
	if err := os.WriteFile(file, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	getenv := func(name string) string { return map[string]string{"GITHUB_STEP_SUMMARY": file}[name] }
	if err := report.StepSummary(dir, getenv); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(file)
	if err != nil || !strings.HasPrefix(string(got), "before\n## Seatrial: failure\n") {
		t.Errorf("got %q, %v", got, err)
	}
	if err := report.StepSummary(dir, func(string) string { return "" }); err != nil {
		t.Errorf("without the variable: %v", err)
	}
}

// large is a run of many scenarios, each with steps, half of them failed.
func large(n int) []journal.Record {
	now := start
	list := []journal.Record{{Time: now, Run: &journal.Run{ID: "large", Kit: "v1", Version: "v1.36.3"}}}
	page := spec.Feature{Path: "api/x.feature", Area: "api", Name: "A page"}
	selected := journal.Selected{}
	var rest []journal.Record
	for i := range n {
		a := acts()[i%2]
		a.id = fmt.Sprintf("api.x.s%d", i)
		if i%20 == 0 {
			page.Rules = append(page.Rules, spec.Rule{Name: fmt.Sprintf("Rule %d", i)})
		}
		rule := &page.Rules[len(page.Rules)-1]
		a.rule = rule.Name
		rule.Scenarios = append(rule.Scenarios, scenarioOf(a, page.Name, 10*i+10))
		selected.IDs = append(selected.IDs, a.id)
		rest = append(rest, journal.Record{Time: now, Started: &journal.Started{ID: a.id, Attempt: 1}})
		for k := range 3 {
			rest = append(rest, journal.Record{Time: now, Step: &journal.Step{ID: a.id, Index: k, Seconds: 0.1}})
		}
		a.result.ID = a.id
		rest = append(rest, journal.Record{Time: now, Result: &a.result})
	}
	return append(append(list, journal.Record{Time: now, Page: &page}, journal.Record{Time: now, Selected: &selected}), rest...)
}

var start = time.Date(2026, 11, 20, 22, 0, 0, 0, time.UTC)

func BenchmarkAllReportsOf600Scenarios(b *testing.B) {
	dir := keep(b, large(600))
	for b.Loop() {
		if err := report.Write(dir); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTheEndOfABadRunIsShort(t *testing.T) {
	j, err := journal.Read(keep(t, large(600)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"text", "summary"} {
		if lines := bytes.Count(text(t, j, name), []byte("\n")); lines < 300 && name == "text" || lines > 800 {
			t.Errorf("%s has %d lines for 300 failures", name, lines)
		}
	}
}
