package cli_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// killed is the folder of a run that never ended.
func killed(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	page := spec.Feature{Path: "api/x.feature", Name: "X", Rules: []spec.Rule{{Scenarios: []spec.Scenario{{ID: "a", Title: "A"}, {ID: "b", Title: "B"}}}}}
	for _, r := range []journal.Record{
		{Run: &journal.Run{ID: "r1", Version: "v1.36.3"}},
		{Page: &page},
		{Selected: &journal.Selected{IDs: []string{"a", "b"}}},
		{Result: &journal.Result{ID: "a", Verdict: verdict.Passed}},
	} {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestReportsOfAKilledRunAreWrittenAnew(t *testing.T) {
	dir := killed(t)
	code, out, said := seatrial("report", dir)
	if code != verdict.ExitSuccess || out != "" {
		t.Fatalf("code %d, %q, %q", code, out, said)
	}
	for _, name := range []string{"junit.xml", "report.json", "index.html", "summary.md", "sonobuoy.tar.gz"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestOneReportGoesToItsFileOrToStandardOutput(t *testing.T) {
	dir := killed(t)
	us, file := filepath.Join(t.TempDir(), "us.yaml"), filepath.Join(t.TempDir(), "report.yaml")
	if err := os.WriteFile(us, []byte("organization: Us\nproject: P\nversion: v1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, said := seatrial("report", dir, "--format", "conformance", "--implementation", us, "-o", file); code != 0 || out != "" {
		t.Fatalf("code %d, %q, %q", code, out, said)
	}
	if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "organization: Us") {
		t.Errorf("got %q, %v", text, err)
	}
	code, out, _ := seatrial("report", filepath.Join(dir, journal.Name), "--format", "text")
	if code != 0 || !strings.Contains(out, "partial: 1 passed, 1 not-run") {
		t.Errorf("code %d, %q", code, out)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("the folder of the run has got files: %v", left)
	}
}

func TestWrongWordsForAReportAreUsageErrors(t *testing.T) {
	dir := killed(t)
	for _, args := range [][]string{
		{"report", dir, "--format", "pdf"},
		{"report", dir, "-o", "x"},
		{"report", filepath.Join(dir, journal.Name)},
		{"report", filepath.Join(dir, "nothing")},
		{"report", dir, "--implementation", filepath.Join(dir, "nothing")},
		{"report"},
		{"run", "--quiet", "--verbose"},
	} {
		if code, _, said := seatrial(args...); code != verdict.ExitUsage || said == "" {
			t.Errorf("%v: code %d, %q", slices.Clone(args), code, said)
		}
	}
}
