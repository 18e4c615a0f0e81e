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
	Time      time.Time     `json:"time"`
	Run       *Run          `json:"run,omitempty"`
	Page      *spec.Feature `json:"page,omitempty"`
	Selected  *Selected     `json:"selected,omitempty"`
	Started   *Started      `json:"started,omitempty"`
	Step      *Step         `json:"step,omitempty"`
	Result    *Result       `json:"result,omitempty"`
	Calls     *Calls        `json:"calls,omitempty"`
	Resumed   *Resumed      `json:"resumed,omitempty"`
	Isolation *Isolation    `json:"isolation,omitempty"`
	End       *End          `json:"end,omitempty"`
}

// Run begins the journal: what runs against what.
type Run struct {
	ID string `json:"id"`
	// Cluster is the address of the API server, Version what it says its version is.
	Cluster string `json:"cluster"`
	Version string `json:"version"`
	// ClusterUID is the UID of the Namespace kube-system, by which a cluster is known again; empty when it may not be read.
	ClusterUID string `json:"clusterUID,omitempty"`
	// Throwaway is the name of the cluster when the run made it for itself.
	Throwaway string `json:"throwaway,omitempty"`
	// Kit is the version of the harness.
	Kit          string   `json:"kit,omitempty"`
	Selection    string   `json:"selection,omitempty"`
	Capabilities []string `json:"capabilities"`
	// Absent tells of each capability that the cluster lacks why it counts as absent.
	Absent map[string]string `json:"absent,omitempty"`
	// Profile is the name of the profile that was asked for; empty means none.
	Profile string `json:"profile,omitempty"`
	// Parallel is how many scenarios ran side by side; Seed is that of the shuffled order, 0 when it was not shuffled.
	Parallel int   `json:"parallel,omitempty"`
	Seed     int64 `json:"seed,omitempty"`
	// Budget is the time the run was given, in seconds; Repeat how often every scenario runs; Retries how often it is tried again.
	Budget  float64 `json:"budget,omitempty"`
	Repeat  int     `json:"repeat,omitempty"`
	Retries int     `json:"retries,omitempty"`
	// Namespaces are the existing ones that scenarios ran in, when they did not make their own.
	Namespaces []string `json:"namespaces,omitempty"`
	// Command is the command line that runs against this cluster, up to the selection: "seatrial run --kubeconfig demo". It is for people
	// who want to run one scenario again.
	Command string `json:"command,omitempty"`
	// Implementation is who made the cluster, in the words of the user.
	Implementation *Implementation `json:"implementation,omitempty"`
}

// Implementation tells whose cluster this is, for reports that are published.
type Implementation struct {
	Organization string `json:"organization"`
	Project      string `json:"project"`
	URL          string `json:"url"`
	Version      string `json:"version"`
	// Contact lists addresses: URLs, e-mail addresses or names such as "@team".
	Contact []string `json:"contact"`
	// Mode is the mode of operation that was tested; empty means the default one.
	Mode string `json:"mode,omitempty"`
}

// Selected lists the scenarios of the run in the order of the pages.
type Selected struct {
	IDs []string `json:"ids"`
	// Required lists those without which the run is partial: what its profile asks for, or without a profile, what its budget has room
	// for. A run with neither requires all of IDs.
	Required []string `json:"required,omitempty"`
	// Unfit lists those that the budget has no room for. They are among IDs and do not run.
	Unfit []string `json:"unfit,omitempty"`
	// Estimate is how many seconds a scenario took in the run before, or is thought to take; for forecasts, and for nothing else.
	Estimate map[string]float64 `json:"estimate,omitempty"`
}

// Resumed tells that a later process goes on with a run that ended early. What has a result is not run again.
type Resumed struct {
	// Left is how many scenarios had no result.
	Left int `json:"left"`
}

// Started tells that a scenario has begun.
type Started struct {
	ID        string `json:"id"`
	Namespace string `json:"namespace"`
	// Attempt counts from 1; more than one means that the scenario was tried again, or repeated.
	Attempt int `json:"attempt,omitempty"`
}

// Step is the end of one line of a scenario.
type Step struct {
	ID string `json:"id"`
	// Index counts the steps of the scenario from 0.
	Index   int     `json:"index"`
	Seconds float64 `json:"seconds"`
	Error   string  `json:"error,omitempty"`
}

// The values of Result.Expected.
const (
	KnownFailing = "known-failing"
	KnownFlaky   = "known-flaky"
)

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
	// Attempts is how often the scenario ran, when more than once; Failures tells in one sentence each why an attempt did not pass.
	Attempts int      `json:"attempts,omitempty"`
	Failures []string `json:"failures,omitempty"`
	// Expected is known-failing or known-flaky when a list of the user says so, with the reason that stands there.
	Expected       string `json:"expected,omitempty"`
	ExpectedReason string `json:"expectedReason,omitempty"`
	ExpectedIssue  string `json:"expectedIssue,omitempty"`
	// Left tells what the clean-up could not remove. It does not change the verdict.
	Left string `json:"left,omitempty"`
}

// Calls lists what a scenario asked of the API server, whoever it spoke as; with an empty ID, what the kit asked for itself.
type Calls struct {
	ID    string `json:"id"`
	Calls []Call `json:"calls"`
}

// Call is one kind of request, in the words of RBAC. A request that is about no resource has a Path instead.
type Call struct {
	// Method and Template are the operation as OpenAPI knows it: "GET", "/api/v1/namespaces/{namespace}/pods/{name}/log".
	Method   string `json:"method"`
	Template string `json:"template"`
	// Verb is that of RBAC: get, list, watch, create, update, patch, delete, deletecollection. A call that has neither Method nor Template
	// is a right that a request needs besides the one it is about, such as bind, escalate or impersonate.
	Verb        string `json:"verb"`
	Group       string `json:"group,omitempty"`
	Version     string `json:"version,omitempty"`
	Resource    string `json:"resource,omitempty"`
	Subresource string `json:"subresource,omitempty"`
	Path        string `json:"path,omitempty"`
	// Namespaced tells that the path names a Namespace. It is set only when it is not the scenario's own nor one that it made; Name only
	// for objects outside of these that it did not make, with "${ns}" for its own Namespace.
	Namespaced bool   `json:"namespaced,omitempty"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name,omitempty"`
	// As is the user when it is another than that of the kubeconfig: what others may is no part of the kit's least rights.
	As     string `json:"as,omitempty"`
	Count  int    `json:"count"`
	Status []int  `json:"status,omitempty"`
}

// Isolation compares the cluster before and after the run.
type Isolation struct {
	// Left are objects that were not there before; Touched were, and have changed or gone. Only those that the kit may be the cause of.
	Left    []Object `json:"left,omitempty"`
	Touched []Object `json:"touched,omitempty"`
	// Kinds and Objects are how many were looked at; Unlisted names the kinds that could not be listed, with the reason.
	Kinds    int      `json:"kinds"`
	Objects  int      `json:"objects"`
	Unlisted []string `json:"unlisted,omitempty"`
}

// Object names one object of the cluster and says what is the matter with it.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Scenario is the label of the scenario that made it; empty when it has none.
	Scenario string `json:"scenario,omitempty"`
	What     string `json:"what"`
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
	// UnexpectedPasses lists the known-failing scenarios that passed; each of them fails the run.
	UnexpectedPasses []string `json:"unexpectedPasses,omitempty"`
	// Known is the file of known failures.
	Known string `json:"known,omitempty"`
	// Throttled is how often the API server asked the kit to come back later, and the kit did.
	Throttled int `json:"throttled,omitempty"`
}
