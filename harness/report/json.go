package report

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/verdict"
)

// APIVersion is the version of the documents of our own. Fields may be added to it; none goes or changes its meaning.
const APIVersion = "seatrial.dev/v1"

// Document is the whole run as one JSON document of kind Report.
type Document struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Run        RunInfo `json:"run"`
	Cluster    Cluster `json:"cluster"`
	// Implementation is there when the user told whose cluster it is.
	Implementation *journal.Implementation `json:"implementation,omitempty"`
	Counts         verdict.Counts          `json:"counts"`
	// Missing lists required behaviours that were not judged; UnexpectedPasses those that are known to fail and passed.
	Missing          []string           `json:"missing"`
	UnexpectedPasses []string           `json:"unexpectedPasses"`
	Behaviours       []Behaviour        `json:"behaviours"`
	Isolation        *journal.Isolation `json:"isolation,omitempty"`
}

// RunInfo tells what ran and how it ended.
type RunInfo struct {
	ID      string          `json:"id"`
	Start   time.Time       `json:"start"`
	Seconds float64         `json:"seconds"`
	Outcome verdict.Outcome `json:"outcome"`
	// Reason says what ended the run early or made it invalid. Complete is false when the run was killed.
	Reason      string `json:"reason,omitempty"`
	Complete    bool   `json:"complete"`
	Interrupted bool   `json:"interrupted"`
	ClusterLost bool   `json:"clusterLost"`
	Resumes     int    `json:"resumes"`
	Kit         string `json:"kit"`
	Profile     string `json:"profile,omitempty"`
	Selection   string `json:"selection,omitempty"`
	Parallel    int    `json:"parallel,omitempty"`
	Seed        int64  `json:"seed,omitempty"`
	// Left lists what the run could not remove from the cluster.
	Left []string `json:"left,omitempty"`
}

// Cluster tells what the run ran against. Absent gives the reason for each capability that is not there.
type Cluster struct {
	Server       string            `json:"server"`
	UID          string            `json:"uid,omitempty"`
	Version      string            `json:"version"`
	Capabilities []string          `json:"capabilities"`
	Absent       map[string]string `json:"absent,omitempty"`
}

// Behaviour is one scenario with its result.
type Behaviour struct {
	ID            string   `json:"id"`
	Title         string   `json:"title"`
	Area          string   `json:"area"`
	Feature       string   `json:"feature"`
	Rule          string   `json:"rule"`
	Path          string   `json:"path"`
	Line          int      `json:"line"`
	Documentation string   `json:"documentation,omitempty"`
	Tags          []string `json:"tags"`
	Needs         []string `json:"needs"`
	Required      bool     `json:"required"`

	Verdict verdict.Verdict `json:"verdict"`
	Seconds float64         `json:"seconds"`
	// Why is one sentence; Error the whole error; Step the line at which the scenario ended.
	Why   string `json:"why,omitempty"`
	Error string `json:"error,omitempty"`
	Step  string `json:"step,omitempty"`
	Hint  string `json:"hint,omitempty"`
	// Known is known-failing or known-flaky.
	Known       string `json:"known,omitempty"`
	KnownReason string `json:"knownReason,omitempty"`
	KnownIssue  string `json:"knownIssue,omitempty"`
	// Attempts is how often the scenario ran; Failures says of each attempt that did not pass why.
	Attempts int      `json:"attempts"`
	Failures []string `json:"failures,omitempty"`
	// Evidence lists files, relative to the report.
	Evidence []string `json:"evidence,omitempty"`
	Left     string   `json:"left,omitempty"`
}

// JSON writes the run as a Document.
func JSON(w io.Writer, j *journal.Journal) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(NewDocument(j)); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// NewDocument makes the document of a run.
func NewDocument(j *journal.Journal) Document {
	judged, reason := outcome(j)
	d := Document{
		APIVersion: APIVersion, Kind: "Report", Implementation: j.Run.Implementation, Counts: j.Counts(), Isolation: j.Isolation,
		Missing: orEmpty(j.Missing()), UnexpectedPasses: orEmpty(j.UnexpectedPasses()), Behaviours: []Behaviour{},
		Run: RunInfo{
			ID: j.Run.ID, Start: j.Begin.UTC(), Seconds: seconds(j), Outcome: judged, Reason: reason, Complete: j.End != nil, Resumes: j.Resumes,
			Kit: j.Run.Kit, Profile: j.Run.Profile, Selection: j.Run.Selection, Parallel: j.Run.Parallel, Seed: j.Run.Seed,
		},
		Cluster: Cluster{j.Run.Cluster, j.Run.ClusterUID, j.Run.Version, orEmpty(j.Run.Capabilities), j.Run.Absent},
	}
	if j.End != nil {
		d.Run.Interrupted, d.Run.ClusterLost, d.Run.Left = j.End.Interrupted, j.End.ClusterLost, j.End.Left
	}
	for _, e := range entries(j) {
		d.Behaviours = append(d.Behaviours, newBehaviour(e))
		d.Behaviours[len(d.Behaviours)-1].Required = j.Required == nil || slices.Contains(j.Required, e.ID)
	}
	return d
}

func newBehaviour(e entry) Behaviour {
	r := e.Result
	b := Behaviour{
		ID: e.ID, Title: e.Title, Area: e.Page.Area, Feature: e.Page.Name, Rule: e.Rule, Path: e.Path, Line: e.Line, Documentation: e.Page.Link,
		Tags: orEmpty(e.Tags), Needs: orEmpty(e.Values("needs")),
		Verdict: r.Verdict, Seconds: r.Seconds, Why: r.Why, Error: r.Error, Step: e.step(), Known: r.Expected, KnownReason: r.ExpectedReason,
		KnownIssue: r.ExpectedIssue, Attempts: r.Attempts, Failures: r.Failures, Evidence: r.Evidence, Left: r.Left,
	}
	switch r.Verdict {
	case verdict.Passed, verdict.Failed, verdict.Flaky, verdict.Blocked, verdict.Error:
		b.Attempts = max(b.Attempts, 1)
	}
	if r.Verdict == verdict.Failed {
		b.Hint = e.Hint
	}
	return b
}

// orEmpty makes a list of nothing "[]", so that readers need not tell it from null.
func orEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
