package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// runOf leaves the journal of a run with one scenario for each verdict.
func runOf(t *testing.T, verdicts ...verdict.Verdict) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	page := spec.Feature{Path: "api/x.feature", Name: "X", Rules: []spec.Rule{{Name: "R"}}}
	var ids []string
	for i := range verdicts {
		ids = append(ids, string(rune('a'+i)))
		page.Rules[0].Scenarios = append(page.Rules[0].Scenarios, spec.Scenario{ID: ids[i], Title: "title of " + ids[i]})
	}
	records := []journal.Record{{Run: &journal.Run{ID: "r1", Version: "v1.36.3"}}, {Page: &page}, {Selected: &journal.Selected{IDs: ids}}}
	for i, v := range verdicts {
		records = append(records, journal.Record{Result: &journal.Result{ID: ids[i], Verdict: v, FailedStep: -1}})
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

func TestDiffEndsWithTheCodeOfWhatChanged(t *testing.T) {
	good := runOf(t, verdict.Passed, verdict.Passed)
	bad := runOf(t, verdict.Passed, verdict.Failed)
	for name, c := range map[string]struct {
		args []string
		code int
	}{
		"nothing changed":    {[]string{good, good}, verdict.ExitSuccess},
		"something broke":    {[]string{good, bad}, verdict.ExitFailure},
		"it was fixed":       {[]string{bad, good}, verdict.ExitSuccess},
		"one was not judged": {[]string{good, runOf(t, verdict.Passed, verdict.Blocked)}, verdict.ExitPartial},
		"nothing was judged": {[]string{good, runOf(t, verdict.Unsupported)}, verdict.ExitInvalid},
		"a journal file":     {[]string{good, filepath.Join(bad, journal.Name)}, verdict.ExitFailure},
		"no such run":        {[]string{good, filepath.Join(good, "none")}, verdict.ExitUsage},
		"no journal":         {[]string{good, t.TempDir()}, verdict.ExitUsage},
		"not a journal":      {[]string{good, "diff_test.go"}, verdict.ExitUsage},
		"one argument":       {[]string{good}, verdict.ExitUsage},
		"unknown output":     {[]string{good, good, "--output", "yaml"}, verdict.ExitUsage},
		"as JSON":            {[]string{good, bad, "--output", "json"}, verdict.ExitFailure},
		"as HTML":            {[]string{good, bad, "-o", "html"}, verdict.ExitFailure},
	} {
		var out, stderr bytes.Buffer
		if code := Main(append([]string{"diff"}, c.args...), &out, &stderr); code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s%s", name, code, c.code, out.String(), stderr.String())
		}
		if said := stderr.Len() > 0; said != (c.code == verdict.ExitUsage) {
			t.Errorf("%s: on standard error: %q", name, stderr.String())
		}
	}
}

func TestATarballIsMadeOfAnOldRun(t *testing.T) {
	dir := runOf(t, verdict.Passed)
	t.Chdir(t.TempDir())
	var out, stderr bytes.Buffer
	if code := Main([]string{"sonobuoy", "archive", dir}, &out, &stderr); code != verdict.ExitSuccess {
		t.Fatalf("exit code %d: %s", code, stderr.String())
	}
	name := strings.TrimSpace(out.String())
	if info, err := os.Stat(name); err != nil || info.Size() == 0 || !strings.Contains(name, "_sonobuoy_") {
		t.Errorf("said %q: %v", name, err)
	}
	if code := Main([]string{"sonobuoy", "archive", name}, &out, &stderr); code != verdict.ExitUsage {
		t.Errorf("a tarball of a tarball: exit code %d", code)
	}
}
