// Package run runs scenarios against a cluster: it selects them, decides which may run side by side, judges each one, watches whether the
// cluster is still there, and leaves a journal and reports.
package run

import (
	"io"
	"io/fs"
	"os"
	"runtime"
	"time"

	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/journal"
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
	// ReportDir is where the journal and the reports go, without a journal of another run. When empty, the run makes a directory for
	// itself in reports/runs, and reports/latest leads to it.
	ReportDir string
	// Progress gets lines about the run while it goes on; nil means none.
	Progress io.Writer
	// Observe gets every record of the journal, one after the other. It must not wait; nil means nobody looks.
	Observe func(journal.Record)
	// Throwaway says that the cluster is removed after the run: nobody waits for its Namespaces to end.
	Throwaway bool
	// Kubectl is the command that runs kubectl; when empty, this program with the argument kubectl.
	Kubectl []string
	// Kit is the version of the harness, for the journal.
	Kit string
}

// How many scenarios run side by side unless the options say. Most of them wait most of the time.
const (
	usualParallel = 16
	perCPU        = 4
)

func (o Options) withDefaults() Options {
	if o.Parallel <= 0 {
		o.Parallel = usualParallel
		if o.Throwaway {
			o.Parallel = min(usualParallel, perCPU*runtime.NumCPU())
		}
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
	if len(o.Kubectl) == 0 {
		o.Kubectl = []string{os.Args[0], "kubectl"}
		if self, err := os.Executable(); err == nil {
			o.Kubectl[0] = self
		}
	}
	return o
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
