// Package evidence gathers what a cluster shows of a scenario that did not pass, finds the cause in it, and keeps secrets out of both.
package evidence

import (
	"errors"
	"strings"
	"time"

	"github.com/seatrial/seatrial/steps/wait"
)

// Subject is what has to be explained.
type Subject struct {
	// Namespace is the scenario's own; empty when it could not be made.
	Namespace string
	// Kinds lists the kinds that the scenario speaks of.
	Kinds []string
	// About lists the objects that the line which failed speaks of. Only what has to do with them can be the cause; none means everything
	// in the Namespace.
	About []Ref
	// Failure is the error of that line.
	Failure error
}

// Ref names an object: by its name in the scenario's Namespace, as "namespace/name", or with no name all objects of the kind.
type Ref struct{ Kind, Name string }

// Evidence is what was found.
type Evidence struct {
	Subject
	Files []File
	// Objects are those of the Namespace, and those of the cluster that decide over them. Each has its kind.
	Objects []map[string]any
	Events  []map[string]any
	// Logs holds the end of the log of each container, by "pod/container"; Previous that of its run before.
	Logs, Previous map[string]string
	// User is what the cluster calls the user of the kubeconfig; empty when it does not tell.
	User string
	// Ahead is how far the clock of the API server is ahead of the clock here; 0 when it is not known.
	Ahead time.Duration
	// Seen is when the evidence was gathered, by the clock of the API server.
	Seen time.Time
	// KitImages are the images that the kit puts into Pods on its own account.
	KitImages []string
}

// File is one piece of evidence as text, without secrets.
type File struct{ Name, Text string }

// Cause is why a scenario did not pass, as far as the evidence tells.
type Cause struct {
	// Sentence is empty when nothing was found. It holds no secrets.
	Sentence string
	// Blocks tells that it is no fault of the behaviour: the image cannot be had, a quota or a policy of somebody else forbids the Pods.
	Blocks bool
}

// Explain says what an error means by itself, without a look at the cluster; empty when nothing is known of it.
func Explain(err error) string {
	return Redact(refused(Evidence{Subject: Subject{Failure: err}}).Sentence)
}

// Find looks for the cause, the most telling one first.
func (e Evidence) Find() Cause {
	if causes := e.Causes(); len(causes) > 0 {
		return causes[0]
	}
	return Cause{}
}

// Causes lists all that may be the cause, the most telling one first, each once.
func (e Evidence) Causes() []Cause {
	var found []Cause
	add := func(cause Cause) {
		cause.Sentence = strings.Replace(Redact(cause.Sentence), "....", "...", 1) // the end of a message that was cut off
		for _, known := range found {
			if known.Sentence == cause.Sentence {
				return
			}
		}
		if cause.Sentence != "" {
			found = append(found, cause)
		}
	}
	near := e.focus()
	if e.atOnce() { // what has happened already says why by itself, whatever else goes on now
		add(refused(near))
		return found
	}
	for _, look := range looks() {
		add(look(near))
	}
	for _, look := range []func(Evidence) Cause{failedCreate, imagePull, failedScheduling} {
		add(look(e))
	}
	add(lastSeen(e))
	return found
}

// looks lists the searches for a cause in their order: what was refused, who did nothing, what keeps a Pod from running, and what depends
// on the Pods.
func looks() []func(Evidence) Cause {
	return []func(Evidence) Cause{
		refused, failedCreate, idleController,
		removedPod, imagePull, failedScheduling, failedMount, containerConfig, stillStarting, livenessKill, containerEnd, failedProbe, idleKubelet,
		pendingClaim, noEndpoints, heldObject, noName,
	}
}

// atOnce reports whether the line that failed looked once, at something that had happened already.
func (e Evidence) atOnce() bool {
	var waited *wait.Failure
	return errors.As(e.Failure, &waited) && waited.Bound == ""
}

// said is what the line that failed reports, all that was observed included.
func (e Evidence) said() string {
	if e.Failure == nil {
		return ""
	}
	return e.Failure.Error()
}
