// Package journal keeps the one record of a run: an append-only file of lines of JSON, from which every report is made. What was
// appended before a crash is there after it.
package journal

import (
	"time"

	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Name is the name of the file in the directory of a run.
const Name = "journal.ndjson"

// Record is one line. Exactly one of its parts is set.
type Record struct {
	Time     time.Time     `json:"time"`
	Run      *Run          `json:"run,omitempty"`
	Page     *spec.Feature `json:"page,omitempty"`
	Selected *Selected     `json:"selected,omitempty"`
	Started  *Started      `json:"started,omitempty"`
	Step     *Step         `json:"step,omitempty"`
	Result   *Result       `json:"result,omitempty"`
	End      *End          `json:"end,omitempty"`
}

// Run begins the journal: what runs against what.
type Run struct {
	ID string `json:"id"`
	// Cluster is the address of the API server, Version what it says its version is.
	Cluster string `json:"cluster"`
	Version string `json:"version"`
	// Kit is the version of the harness.
	Kit          string   `json:"kit,omitempty"`
	Selection    string   `json:"selection,omitempty"`
	Capabilities []string `json:"capabilities"`
}

// Selected lists the scenarios of the run in the order of the pages.
type Selected struct {
	IDs []string `json:"ids"`
}

// Started tells that a scenario has begun.
type Started struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
}

// Step is the end of one line of a scenario.
type Step struct {
	ID string `json:"id"`
	// Index counts the steps of the scenario from 0.
	Index   int     `json:"index"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
}

// Result is the verdict on a scenario.
type Result struct {
	ID      string          `json:"id"`
	Verdict verdict.Verdict `json:"verdict"`
	Seconds float64         `json:"seconds"`
	// Why is one sentence for everything but passed.
	Why string `json:"why,omitempty"`
	// Error is the whole error of the step that ended the scenario; FailedStep is its index.
	Error      string `json:"error,omitempty"`
	FailedStep int    `json:"failedStep"`
	// Evidence lists files, relative to the directory of the run.
	Evidence []string `json:"evidence,omitempty"`
	// Left tells what the clean-up could not remove. It does not change the verdict.
	Left string `json:"left,omitempty"`
}

// End is the verdict on the run.
type End struct {
	Outcome     verdict.Outcome `json:"outcome"`
	Counts      verdict.Counts  `json:"counts"`
	Seconds     float64         `json:"seconds"`
	Reason      string          `json:"reason,omitempty"`
	Interrupted bool            `json:"interrupted,omitempty"`
	ClusterLost bool            `json:"clusterLost,omitempty"`
	// Left lists what the run could not remove from the cluster.
	Left []string `json:"left,omitempty"`
}
