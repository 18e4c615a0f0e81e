package report

import (
	"encoding/json"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// ctrfReport follows the schema of the Common Test Report Format (https://ctrf.io), version 0.0.0, which refuses fields it does not know.
type ctrfReport struct {
	ReportFormat string      `json:"reportFormat"`
	SpecVersion  string      `json:"specVersion"`
	GeneratedBy  string      `json:"generatedBy"`
	Timestamp    string      `json:"timestamp"`
	Results      ctrfResults `json:"results"`
}

type ctrfResults struct {
	Tool        ctrfTool        `json:"tool"`
	Summary     ctrfSummary     `json:"summary"`
	Tests       []ctrfTest      `json:"tests"`
	Environment ctrfEnvironment `json:"environment"`
}

type ctrfTool struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type ctrfSummary struct {
	Tests   int            `json:"tests"`
	Passed  int            `json:"passed"`
	Failed  int            `json:"failed"`
	Skipped int            `json:"skipped"`
	Pending int            `json:"pending"`
	Other   int            `json:"other"`
	Flaky   int            `json:"flaky"`
	Suites  int            `json:"suites"`
	Start   int64          `json:"start"`
	Stop    int64          `json:"stop"`
	Extra   map[string]any `json:"extra"`
}

type ctrfTest struct {
	Name          string           `json:"name"`
	Status        string           `json:"status"`
	Duration      int64            `json:"duration"`
	Start         int64            `json:"start,omitempty"`
	Stop          int64            `json:"stop,omitempty"`
	Suite         []string         `json:"suite"`
	Message       string           `json:"message,omitempty"`
	Trace         string           `json:"trace,omitempty"`
	Line          int              `json:"line,omitempty"`
	RawStatus     string           `json:"rawStatus"`
	Tags          []string         `json:"tags,omitempty"`
	Type          string           `json:"type"`
	FilePath      string           `json:"filePath"`
	Retries       int              `json:"retries,omitempty"`
	RetryAttempts []ctrfAttempt    `json:"retryAttempts,omitempty"`
	Flaky         bool             `json:"flaky,omitempty"`
	Attachments   []ctrfAttachment `json:"attachments,omitempty"`
	Steps         []ctrfStep       `json:"steps,omitempty"`
	Extra         map[string]any   `json:"extra"`
}

type ctrfAttempt struct {
	Attempt int    `json:"attempt"`
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

type ctrfAttachment struct {
	Name        string `json:"name"`
	ContentType string `json:"contentType"`
	Path        string `json:"path"`
}

type ctrfStep struct {
	Name   string `json:"name"`
	Status string `json:"status"`
}

type ctrfEnvironment struct {
	AppName    string         `json:"appName"`
	AppVersion string         `json:"appVersion"`
	Extra      map[string]any `json:"extra"`
}

// CTRF writes the run in the Common Test Report Format. Times are milliseconds; a behaviour that could not be judged or is known to fail
// is skipped, an error of the kit is "other", and rawStatus is our own verdict.
func CTRF(w io.Writer, j *journal.Journal) error {
	judged, reason := outcome(j)
	start := j.Begin.UnixMilli()
	stop := start + int64(seconds(j)*1000)
	r := ctrfReport{ReportFormat: "CTRF", SpecVersion: "0.0.0", GeneratedBy: "seatrial", Timestamp: time.UnixMilli(stop).UTC().Format(time.RFC3339)}
	r.Results = ctrfResults{
		Tool:    ctrfTool{"seatrial", j.Run.Kit},
		Summary: ctrfSummary{Start: start, Stop: stop, Extra: map[string]any{"outcome": judged, "reason": reason, "run": j.Run.ID}},
		Tests:   []ctrfTest{},
		Environment: ctrfEnvironment{AppName: "Kubernetes", AppVersion: j.Run.Version, Extra: map[string]any{
			"cluster": j.Run.Cluster, "profile": j.Run.Profile, "capabilities": orEmpty(j.Run.Capabilities),
		}},
	}
	all := entries(j)
	r.Results.Summary.Suites = len(byPage(all))
	for _, e := range all {
		test := newCTRFTest(j, e)
		r.Results.Summary.count(test)
		r.Results.Tests = append(r.Results.Tests, test)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(r); err != nil {
		return fmt.Errorf("write CTRF: %w", err)
	}
	return nil
}

func (s *ctrfSummary) count(test ctrfTest) {
	s.Tests++
	switch test.Status {
	case "passed":
		s.Passed++
	case "failed":
		s.Failed++
	case "skipped":
		s.Skipped++
	default:
		s.Other++
	}
	if test.Flaky {
		s.Flaky++
	}
}

func ctrfStatus(s standing) string {
	switch s {
	case fine:
		return "passed"
	case wrong, surprise:
		return "failed"
	case broken:
		return "other"
	}
	return "skipped"
}

func newCTRFTest(j *journal.Journal, e entry) ctrfTest {
	r := e.Result
	test := ctrfTest{
		Name: e.ID + ": " + e.Title, Status: ctrfStatus(e.Standing), Duration: int64(r.Seconds * 1000), Suite: []string{e.Page.Name},
		Message: e.why(), Trace: r.Error, Line: e.Line, RawStatus: string(r.Verdict), Tags: e.Tags, Type: "conformance",
		FilePath: "features/" + e.Path, Flaky: r.Verdict == verdict.Flaky, Extra: map[string]any{"id": e.ID, "documentation": e.Page.Link},
	}
	if e.Rule != "" {
		test.Suite = append(test.Suite, e.Rule)
	}
	if attempts := j.Attempts[e.ID]; len(attempts) > 0 {
		test.Start = attempts[0].Begin.UnixMilli()
		test.Stop = test.Start + test.Duration
	}
	if r.Attempts > 1 {
		test.Retries = r.Attempts - 1
		for i, why := range r.Failures {
			test.RetryAttempts = append(test.RetryAttempts, ctrfAttempt{i + 1, "failed", why})
		}
	}
	for _, file := range r.Evidence {
		test.Attachments = append(test.Attachments, ctrfAttachment{path.Base(file), mediaType(file), file})
	}
	if e.Standing != fine {
		test.Steps = ctrfSteps(j, e)
	}
	return test
}

func ctrfSteps(j *journal.Journal, e entry) []ctrfStep {
	var steps []ctrfStep
	ended := map[int]journal.Step{}
	for _, step := range j.Steps[e.ID] {
		ended[step.Index] = step
	}
	for i, step := range e.Steps {
		status := "skipped"
		if end, ok := ended[i]; ok {
			status = "passed"
			if end.Error != "" {
				status = "failed"
			}
		}
		steps = append(steps, ctrfStep{step.Keyword + " " + step.Text, status})
	}
	return steps
}

// mediaType tells what a file of evidence holds by its name.
func mediaType(file string) string {
	switch strings.ToLower(path.Ext(file)) {
	case ".yaml", ".yml":
		return "text/yaml" // the older name of application/yaml: readers show what is text
	case ".json":
		return "application/json"
	case ".ndjson":
		return "application/x-ndjson"
	case ".html":
		return "text/html"
	}
	return "text/plain"
}
