package certify

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/verdict"
)

// The names of the files in the directory of a run, beside the submission.
const (
	SummaryName = "summary.md"
	ResultsName = "certify.json"
)

// Report is the end of a run, and the content of certify.json.
type Report struct {
	Cluster string    `json:"cluster"`
	Server  string    `json:"server"`
	Tests   string    `json:"tests"`
	Kit     string    `json:"kit,omitempty"`
	Started time.Time `json:"started"`
	// Seconds is how long Ginkgo ran, in all parts.
	Seconds float64         `json:"seconds"`
	Outcome verdict.Outcome `json:"outcome"`
	Counts  verdict.Counts  `json:"counts"`
	// Reason tells in one line what ended the run early or made it invalid; empty when it ended by itself.
	Reason      string `json:"reason,omitempty"`
	Interrupted bool   `json:"interrupted,omitempty"`
	ClusterLost bool   `json:"clusterLost,omitempty"`
	// Notes say why this run is no submission, and what it left in the cluster.
	Notes []string `json:"notes,omitempty"`
	// Submission is the folder with the files that the CNCF asks for.
	Submission string `json:"submission"`
	Results    []Test `json:"results"`
}

// ExitCode is the exit code of the process that ran this.
func (r Report) ExitCode() int {
	switch {
	case r.Interrupted:
		return verdict.ExitInterrupted
	case r.ClusterLost:
		return verdict.ExitCluster
	}
	return r.Outcome.ExitCode()
}

// report judges the run by the JUnit files of its parts, and by the record where a part has none.
func (r *runner) report(last ending) (Report, error) {
	report := Report{
		Cluster: r.begin.Cluster, Server: r.begin.Server, Tests: r.begin.Tests, Kit: r.Kit, Started: r.start,
		Interrupted: last.Interrupted, ClusterLost: last.ClusterLost, Notes: r.notes(), Submission: r.submission(), Counts: verdict.Counts{},
		Seconds: r.spent.Seconds(),
	}
	all, err := r.merged()
	if err != nil {
		return report, err
	}
	results := map[string]Test{}
	for _, t := range all.Conformance() {
		results[t.Name] = t
	}
	for _, name := range r.begin.Selected {
		t, ran := results[name]
		if !ran {
			t = Test{Name: name, State: NotRun}
		}
		report.Results = append(report.Results, t)
		report.Counts[counted(t.State)]++
	}
	byName(report.Results)
	report.Outcome = report.Counts.Outcome()
	report.Reason = r.reason(last, all)
	return report, nil
}

// reason tells what went wrong with the run itself.
func (r *runner) reason(last ending, all *JUnit) string {
	if broken := all.Broken(); len(broken) > 0 {
		return fmt.Sprintf("%s failed: %s", broken[0].Name, broken[0].Why)
	}
	switch {
	case last.ClusterLost:
		return ErrClusterLost.Error()
	case last.Interrupted:
		return "interrupted"
	case len(r.parts) == 0:
		return ""
	}
	if r.log != nil && len(r.log.Suites) == 0 {
		return fmt.Sprintf("ginkgo did not begin (%s); see %s", last.Exit, filepath.Join(r.folder(len(r.parts)), logName))
	}
	return ""
}

// notes say why what this run yields is no submission. They are said before the run and written after it.
func (r *runner) notes() []string {
	var notes []string
	if Minor(r.begin.Server) != Minor(r.begin.Tests) {
		notes = append(notes, fmt.Sprintf("the tests are those of %s, but the cluster is Kubernetes %s", r.begin.Tests, r.begin.Server))
	}
	if !r.begin.All {
		notes = append(notes, fmt.Sprintf("a trial: only %d tests are selected", len(r.begin.Selected)))
	} else if text := compare(r.begin.Selected, Minor(r.begin.Server)); text != "" {
		notes = append(notes, text)
	}
	if len(r.parts) > 1 || r.Resume && len(r.left()) > 0 {
		notes = append(notes, "the run was resumed, so that its log has several parts: for a submission, run all tests in one go")
	}
	return notes
}

// merged reads the JUnit files of all parts and reduces them to the tests that ran.
func (r *runner) merged() (*JUnit, error) {
	all := &JUnit{}
	for _, p := range r.parts {
		j, err := ReadJUnit(filepath.Join(r.folder(p.Number), junitName))
		if isMissing(err) {
			continue // the part was killed
		}
		if err != nil {
			return nil, err
		}
		j.reduce()
		all.merge(j)
	}
	known := map[string]bool{}
	for _, t := range all.Conformance() {
		known[t.Name] = true
	}
	all.add(slices.DeleteFunc(slices.Clone(r.ended), func(t Test) bool { return known[t.Name] || t.State == Interrupted }))
	return all, nil
}

// write writes the submission, the summary and the results.
func (r *runner) write(report *Report) error {
	if err := r.submit(); err != nil {
		return err
	}
	results, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return fmt.Errorf("write results: %w", err)
	}
	for name, content := range map[string][]byte{ResultsName: append(results, '\n'), SummaryName: []byte(Summary(*report))} {
		if err := os.WriteFile(filepath.Join(r.Dir, name), content, 0o644); err != nil { //nolint:gosec // reports, for all to read
			return fmt.Errorf("write results: %w", err)
		}
	}
	r.progress.say("%s: %s in %s", report.Outcome, countText(report.Counts), duration(report.Seconds))
	if report.Reason != "" {
		r.progress.say("%s", report.Reason)
	}
	for _, note := range report.Notes {
		r.progress.say("note: %s", note)
	}
	r.progress.say("summary: %s", filepath.Join(r.Dir, SummaryName))
	r.progress.say("submission: %s (check it: seatrial certify check %s)", report.Submission, report.Submission)
	return nil
}

// countText writes counts in the words of Ginkgo.
func countText(counts verdict.Counts) string {
	words := map[verdict.Verdict]string{verdict.Blocked: "skipped"}
	var parts []string
	for _, v := range verdict.All() {
		if counts[v] == 0 {
			continue
		}
		word := words[v]
		if word == "" {
			word = string(v)
		}
		parts = append(parts, fmt.Sprintf("%d %s", counts[v], word))
	}
	if len(parts) == 0 {
		return "nothing ran"
	}
	return strings.Join(parts, ", ")
}

func duration(seconds float64) string {
	return time.Duration(seconds * float64(time.Second)).Round(time.Second).String()
}
