// Package run runs scenarios against a cluster: it selects them, decides which may run side by side, judges each one, watches whether the
// cluster is still there, and leaves a journal and reports.
package run

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// Options say what to run, where and how.
type Options struct {
	// Config is how to reach the cluster; see Connect.
	Config *rest.Config
	// Features holds the feature files.
	Features fs.FS
	// Selection is a tag expression; see spec.ParseSelector. Empty means everything.
	Selection string
	// Parallel is how many scenarios run side by side; 0 means 16, or on a throw-away cluster, which shares this machine, 4 for each CPU.
	Parallel int
	// Deadline bounds one scenario; 0 means 5 minutes.
	Deadline time.Duration
	// Scale stretches all bounds of the feature files, for slow machines; 0 means 1.
	Scale float64
	// ImageRegistry is a mirror of the images; empty means the public registry.
	ImageRegistry string
	// ReportDir is where the journal and the reports go. When empty, the run makes a directory for itself in reports/runs, and
	// reports/latest leads to it.
	ReportDir string
	// Progress gets lines about the run while it goes on; nil means none.
	Progress io.Writer
	// Implementation tells whose cluster it is; nil when nobody said.
	Implementation *journal.Implementation
	// Detail is how much Progress is told.
	Detail report.Detail
	// Observe gets every record of the journal, one after the other. It must not wait; nil means nobody looks.
	Observe func(journal.Record)
	// Throwaway is the name of the cluster when it is removed after the run: then nobody waits for its Namespaces to end.
	Throwaway string
	// Kubectl is the command that runs kubectl; when empty, this program with the argument kubectl.
	Kubectl []string
	// Kit is the version of the harness, and Command the command line that runs it against this cluster, for the journal.
	Kit, Command string
	// Remains tells a second signal what is left; nil means nobody asks.
	Remains *Remains

	// Namespaces are existing ones to use instead of making new ones, one scenario at a time in each. They must be empty.
	Namespaces []string
	// Profile is what the run has to judge to be complete; the zero Profile asks for nothing.
	Profile Profile

	Claims
	Choice
	Effort
}

// Profile names a part of the specification that a cluster claims to fulfil.
type Profile struct {
	Name string
	// Selects picks its scenarios, and Optional those of them without which a cluster fulfils it; nil means none.
	Selects, Optional spec.Selector
}

// Choice says which of the selected scenarios run.
type Choice struct {
	// Budget is the time in which the run must end: it runs the widest set of scenarios that fits, and starts nothing later. 0 means no limit.
	Budget time.Duration
	// RerunFailed runs only what failed, was blocked or met an error in the run of From.
	RerunFailed bool
	// Resume goes on with the run of From: it runs what has no result, in the same journal.
	Resume bool
	// From is the directory of an earlier run; empty means ReportDir, or else reports/latest. Durations are taken from its journal.
	From string
}

// Effort says how often and in which order scenarios run.
type Effort struct {
	// Shuffle mixes the order by the Seed; a Seed of 0 means a random one.
	Shuffle bool
	Seed    int64
	// Repeat runs every scenario so often; 0 means once. UntilFail repeats until one fails, at most Repeat times if that is given.
	Repeat    int
	UntilFail bool
	// FailFast starts nothing more after the first scenario that fails the run.
	FailFast bool
	// Retries is how often a scenario that did not pass is tried again. One that passes then is flaky.
	Retries int
	// Known is a file of known failures; see package known.
	Known string
	// NoInventory leaves out the inventories of the cluster before and after the run.
	NoInventory bool
}

// How many scenarios run side by side unless the options say. Most of them wait most of the time.
const (
	usualParallel = 16
	perCPU        = 4
)

func (o Options) withDefaults() Options {
	if o.Parallel <= 0 {
		o.Parallel = usualParallel
		if o.Throwaway != "" {
			o.Parallel = min(usualParallel, perCPU*runtime.NumCPU())
		}
	}
	if len(o.Namespaces) > 0 {
		o.Parallel = min(o.Parallel, len(o.Namespaces))
	}
	if o.Deadline <= 0 {
		o.Deadline = 5 * time.Minute
	}
	if o.Scale <= 0 {
		o.Scale = 1
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Observe == nil {
		o.Observe = func(journal.Record) {}
	}
	if o.Remains == nil {
		o.Remains = &Remains{}
	}
	if len(o.Kubectl) == 0 {
		o.Kubectl = []string{os.Args[0], "kubectl"}
		if self, err := os.Executable(); err == nil {
			o.Kubectl[0] = self
		}
	}
	return o
}

// check refuses options that contradict each other.
func (o Options) check() error {
	if _, err := (capability.Set{}).Override(o.Offer, o.Lack); err != nil {
		return err
	}
	switch {
	case o.Resume && o.RerunFailed:
		return fmt.Errorf("--resume goes on with a run and --rerun-failed begins a new one: use one of them")
	case o.Resume && o.From != "" && o.ReportDir != "" && o.From != o.ReportDir:
		return fmt.Errorf("a run is resumed in its own directory %s: leave --report out", o.From)
	case o.Repeat < 0 || o.Retries < 0 || o.Budget < 0:
		return fmt.Errorf("--repeat, --retries and --budget take no negative values")
	}
	return nil
}

// rules say how often each scenario runs.
func (o Options) rules() rules {
	r := rules{repeat: max(o.Repeat, 1), retries: o.Retries}
	if o.UntilFail && o.Repeat == 0 {
		r.repeat = forever
	}
	return r
}

// Result is the end of a run.
type Result struct {
	Outcome verdict.Outcome
	Counts  verdict.Counts
	// Reason tells in one line what ended the run early or made it invalid; empty when it ended by itself.
	Reason      string
	Interrupted bool
	ClusterLost bool
	// ReportDir is where the journal and the reports are; empty when there are none.
	ReportDir string
}

// ExitCode is the exit code of the process that ran this.
func (r Result) ExitCode() int {
	switch {
	case r.Interrupted:
		return verdict.ExitInterrupted
	case r.ClusterLost:
		return verdict.ExitCluster
	}
	return r.Outcome.ExitCode()
}
