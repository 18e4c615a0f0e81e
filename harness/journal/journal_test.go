package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

func write(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	w, err := journal.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range []journal.Record{
		{Run: &journal.Run{ID: "r1", Version: "v1.36.3"}},
		{Page: &spec.Feature{Path: "api/x.feature", Name: "X"}},
		{Selected: &journal.Selected{IDs: []string{"a", "b", "c"}}},
		{Started: &journal.Started{ID: "a"}},
		{Step: &journal.Step{ID: "a", Index: 0, Seconds: 1}},
		{Result: &journal.Result{ID: "a", Verdict: verdict.Passed}},
		{Started: &journal.Started{ID: "b"}},
		{Result: &journal.Result{ID: "b", Verdict: verdict.Failed, Why: "no"}},
		{Started: &journal.Started{ID: "c"}},
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

func check(t *testing.T, dir string) {
	t.Helper()
	j, err := journal.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	counts := j.Counts()
	if j.Run.ID != "r1" || len(j.Pages) != 1 || len(j.Steps["a"]) != 1 || counts[verdict.Passed] != 1 || counts[verdict.Failed] != 1 {
		t.Errorf("got %+v, %v", j, counts)
	}
	if j.End != nil || j.Result("c").Verdict != verdict.NotRun || counts[verdict.NotRun] != 1 {
		t.Errorf("a scenario without a result counts as %s", j.Result("c").Verdict)
	}
}

func TestAJournalIsReadAsWritten(t *testing.T) { check(t, write(t)) }

func TestAKilledRunLosesOnlyItsLastLine(t *testing.T) {
	dir := write(t)
	file, err := os.OpenFile(filepath.Join(dir, journal.Name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"result":{"id":"c","verdi`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	check(t, dir)
}

func TestAJournalIsNotOverwritten(t *testing.T) {
	if _, err := journal.Create(write(t)); err == nil {
		t.Error("a second journal was created in the directory")
	}
}

func TestABrokenLineInTheMiddleIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, journal.Name), []byte("{}\nnonsense\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Read(dir); err == nil {
		t.Error("no error")
	}
}

func TestAResumedJournalGoesOnAfterItsLastWholeLine(t *testing.T) {
	dir := write(t)
	file, err := os.OpenFile(filepath.Join(dir, journal.Name), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(`{"result":{"id":"c","verdi`); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	w, past, err := journal.Resume(dir)
	if err != nil {
		t.Fatal(err)
	}
	if past.Run.ID != "r1" || past.Result("b").Why != "no" {
		t.Errorf("got %+v", past)
	}
	if _, _, err := journal.Resume(dir); !errors.Is(err, journal.ErrInUse) {
		t.Errorf("resumed while it is written: %v", err)
	}
	for _, r := range []journal.Record{{Resumed: &journal.Resumed{Left: 1}}, {Result: &journal.Result{ID: "c", Verdict: verdict.Passed}}} {
		if err := w.Append(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if j, err := journal.Read(dir); err != nil || j.Resumes != 1 || j.Result("c").Verdict != verdict.Passed || j.Result("a").Verdict != verdict.Passed {
		t.Errorf("got %+v, %v", j, err)
	}
}

func TestAResumedRunForgetsWhatItsEndKeptFromRunning(t *testing.T) {
	j := journal.New()
	for _, r := range []journal.Record{
		{Selected: &journal.Selected{IDs: []string{"a", "b", "c"}, Unfit: []string{"c"}}},
		{Result: &journal.Result{ID: "a", Verdict: verdict.Passed}},
		{Result: &journal.Result{ID: "b", Verdict: verdict.NotRun}},
		{Result: &journal.Result{ID: "c", Verdict: verdict.NotRun}},
		{End: &journal.End{Interrupted: true}},
		{Resumed: &journal.Resumed{Left: 1}},
	} {
		j.Add(r)
	}
	if _, ok := j.Results["b"]; ok || len(j.Results) != 2 || j.End != nil {
		t.Errorf("got %+v, %+v", j.Results, j.End)
	}
}
