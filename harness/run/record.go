package run

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/client"
)

// record appends to the journal and tells the terminal.
func (r *runner) record(record journal.Record) {
	record.Time = time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.folded.Add(record)
	if err := r.journal.Append(record); err != nil && r.broken == nil {
		r.broken = err
	}
	r.terminal.Show(record, r.folded)
	r.Observe(record)
}

// book writes down what a scenario asked of the API server, or with the empty id, what the kit asked for itself.
func (r *runner) book(id string, seen []client.Call) {
	if len(seen) == 0 {
		return
	}
	calls := make([]journal.Call, len(seen))
	for i, call := range seen {
		calls[i] = journal.Call(call)
	}
	r.record(journal.Record{Calls: &journal.Calls{ID: id, Calls: calls}})
}

// finish writes the result of a scenario down, with what the list of known failures says of it.
func (r *runner) finish(result journal.Result) {
	if entry, ok := r.known.Find(result.ID); ok {
		result.Expected, result.ExpectedReason, result.ExpectedIssue = entry.Kind, entry.Reason, entry.Issue
	}
	r.record(journal.Record{Result: &result})
	failed := result.Verdict == verdict.Failed && result.Decides()
	switch {
	case !failed && !unexpected(result):
	case r.UntilFail:
		r.hold(errUntilFail)
	case r.FailFast:
		r.hold(errFailFast)
	}
}

// unexpected reports whether the scenario passed against the list of known failures.
func unexpected(r journal.Result) bool {
	return r.Expected == journal.KnownFailing && (r.Verdict == verdict.Passed || r.Verdict == verdict.Flaky)
}

// notRun is the result of a scenario that the end of the run came before.
func notRun(s spec.Scenario, cause error) journal.Result {
	return journal.Result{ID: s.ID, Verdict: verdict.NotRun, FailedStep: -1, Why: "It did not run to its end: " + cause.Error() + "."}
}

// keep writes evidence to files. Every attempt but the first has a folder of its own.
func (r *runner) keep(s spec.Scenario, attempt int, files []evidence.File) []string {
	var kept []string
	folder := filepath.Join("evidence", strings.NewReplacer("[", "_", "]", "").Replace(s.ID))
	if attempt > 1 {
		folder = filepath.Join(folder, fmt.Sprintf("attempt-%d", attempt))
	}
	if r.past != nil && slices.Contains(unfinished(r.past), s.ID) && attempt == 1 {
		_ = os.RemoveAll(filepath.Join(r.dir, folder)) // half of what the killed process had gathered
	}
	for _, file := range files {
		name := filepath.Join(folder, strings.ReplaceAll(file.Name, string(filepath.Separator), "_"))
		path := filepath.Join(r.dir, name)
		if os.MkdirAll(filepath.Dir(path), 0o755) == nil && os.WriteFile(path, []byte(file.Text), 0o644) == nil {
			kept = append(kept, filepath.ToSlash(name))
		}
	}
	return kept
}
