package certify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/harness/verdict"
)

// Options say what to run, where and how.
type Options struct {
	Tools Tools
	// Config is how to reach the cluster; Kubeconfig and Context tell the same to upstream's programs.
	Config     *rest.Config
	Kubeconfig string
	Context    string
	// Parallel is how many tests run side by side, apart from those that are serial; 0 means 8. One means all in one process.
	Parallel int
	// Focus and Skip are regular expressions that select tests, for trials: what they leave out is missing in a submission.
	Focus, Skip string
	// Timeout ends the run; 0 means a day.
	Timeout time.Duration
	// Arguments are more flags of e2e.test.
	Arguments []string
	// Dir gets all files. A run that is resumed goes on in the directory of the earlier one.
	Dir    string
	Resume bool
	// Product is the folder of the submission.
	Product string
	// Throwaway says that the cluster is removed after the run: nobody cleans up in it.
	Throwaway bool
	// Progress gets lines about the run while it goes on; nil means none.
	Progress io.Writer
	// Abandon, when it is closed, ends Ginkgo by force, without its clean-up.
	Abandon <-chan struct{}
	// Kit is the version of this program.
	Kit string
}

const (
	usualParallel = 8
	usualTimeout  = 24 * time.Hour
)

func (o Options) withDefaults() Options {
	if o.Parallel <= 0 {
		o.Parallel = usualParallel
	}
	if o.Timeout <= 0 {
		o.Timeout = usualTimeout
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	if o.Product == "" {
		o.Product = "my-product"
	}
	return o
}

// ErrNothingSelected is the error of a run without any test.
var ErrNothingSelected = errors.New("no conformance test matches")

// ErrNoRun is the error of a resumed run when there is none to resume.
var ErrNoRun = errors.New("there is no run to resume")

// runner is one run.
type runner struct {
	Options
	*record
	client   kubernetes.Interface
	server   string
	before   []string // Namespaces of tests that are somebody else's
	progress *progress

	mu     sync.Mutex
	log    *Log
	broken error // of the record
}

// Run runs the tests that are left, and writes the submission, a summary and the results in JSON. When the context ends, it lets Ginkgo
// clean up and still writes everything. The error tells that there was no run; tests that fail are no error. An *Unreachable error tells
// that no cluster answered.
func Run(ctx context.Context, o Options) (Report, error) {
	r := &runner{Options: o.withDefaults()}
	r.progress = newProgress(r.Progress, time.Now)
	tests, names, err := r.Tools.List(ctx)
	if err != nil {
		return Report{}, err
	}
	if r.client, r.server, err = connect(ctx, r.Config); err != nil {
		return Report{}, err
	}
	if r.before, err = testNamespaces(ctx, r.client); err != nil {
		return Report{}, err
	}
	if err := r.open(tests, names); err != nil {
		return Report{}, err
	}
	defer func() { _ = r.close() }()
	report, err := r.run(ctx)
	if err := errors.Join(err, r.broken); err != nil {
		return report, err
	}
	return report, r.write(&report)
}

// open begins the record of the run, or goes on with that of an earlier one.
func (r *runner) open(tests string, names []string) (err error) {
	if r.Resume {
		r.record, err = openRecord(r.Dir)
		if isMissing(err) {
			return fmt.Errorf("directory %q: %w", r.Dir, ErrNoRun)
		}
		if err == nil && (r.begin.Server != r.server || r.begin.Tests != tests) {
			err = fmt.Errorf("resume run in %q: it was of Kubernetes %s with the tests of %s, not %s with %s; start a new one", //
				r.Dir, r.begin.Server, r.begin.Tests, r.server, tests)
			return errors.Join(err, r.close())
		}
		if err == nil && r.process != 0 {
			err = endLeftover(r.process, "--report-dir="+r.folder(len(r.parts)))
		}
		return err
	}
	selected, err := Select(names, r.Focus, r.Skip)
	if err != nil {
		return err
	}
	if len(selected) == 0 {
		return ErrNothingSelected
	}
	if err := os.MkdirAll(r.Dir, 0o755); err != nil { //nolint:gosec // reports, for all to read
		return fmt.Errorf("make directory: %w", err)
	}
	b := begin{Cluster: r.Config.Host, Server: r.server, Tests: tests, Selected: selected, All: len(selected) == len(names)}
	r.record, err = createRecord(r.Dir, b)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("directory %q has a run: resume it, or choose another directory", r.Dir)
	}
	return err
}

// run runs one part: all tests that are left.
func (r *runner) run(ctx context.Context) (Report, error) {
	left := r.left()
	r.say(left)
	var last ending
	if len(left) > 0 {
		p := part{Number: len(r.parts) + 1, Procs: r.procs(left)}
		p.Command = r.command(p, left)
		if err := os.MkdirAll(r.folder(p.Number), 0o755); err != nil { //nolint:gosec // reports, for all to read
			return Report{}, fmt.Errorf("make directory: %w", err)
		}
		r.log = NewLog(left)
		r.parts = append(r.parts, p)
		r.keep(entry{Part: &p})
		r.progress.begin(left, len(r.begin.Selected), p.Procs)
		var err error
		if last, err = r.part(ctx, p); err != nil {
			return Report{}, err
		}
		r.keep(entry{End: &last})
	}
	r.progress.clear()
	report, err := r.report(last)
	if err == nil && !r.Throwaway && !last.ClusterLost && len(left) > 0 {
		if text := leftText(cleanUp(context.WithoutCancel(ctx), r.client, r.before)); text != "" {
			report.Notes = append(report.Notes, text)
		}
	}
	return report, err
}

// procs is how many processes run the tests: no more than there are tests that may run side by side.
func (r *runner) procs(tests []string) int {
	return max(1, min(r.Parallel, len(tests)-serials(tests)))
}

func serials(tests []string) int {
	count := 0
	for _, name := range tests {
		if Serial(name) {
			count++
		}
	}
	return count
}

// say tells what runs against what.
func (r *runner) say(left []string) {
	r.progress.say("%d conformance tests of %s against %s, Kubernetes %s: %d by %d, then %d one after another",
		len(left), r.begin.Tests, r.begin.Cluster, r.server, len(left)-serials(left), r.procs(left), serials(left))
	if done := len(r.begin.Selected) - len(left); done > 0 {
		r.progress.say("%d tests have a verdict from the run that is resumed", done)
	}
	for _, note := range r.notes() {
		r.progress.say("note: %s", note)
	}
}

// part runs Ginkgo once, and watches whether the cluster is there.
func (r *runner) part(ctx context.Context, p part) (ending, error) {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var watching sync.WaitGroup
	watching.Go(func() { watchOver(running, alive(r.client), func() { stop(ErrClusterLost) }) })
	started := time.Now()
	exit, err := r.execute(running, p)
	r.spent += time.Since(started)
	end := ending{Exit: exit, Interrupted: ctx.Err() != nil, ClusterLost: errors.Is(context.Cause(running), ErrClusterLost)}
	stop(nil)
	watching.Wait()
	if err != nil {
		return end, fmt.Errorf("run ginkgo: %w", err)
	}
	return end, nil
}

// line takes one line of Ginkgo.
func (r *runner) line(line string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ended := r.log.Add(line); ended != nil {
		r.ended = append(r.ended, *ended)
		r.keep(entry{Ended: ended})
		r.progress.ended(*ended)
	}
	r.progress.draw(r.log.Running())
}

// keep writes to the record. The first error ends the run with an error, once Ginkgo has ended.
func (r *runner) keep(e entry) {
	if err := r.record.write(e); err != nil && r.broken == nil {
		r.broken = err
	}
}

// submission is the folder that a pull request to the CNCF has.
func (r *runner) submission() string {
	minor := Minor(r.server)
	if minor == "" {
		minor = "v0.0"
	}
	return filepath.Join(r.Dir, minor, r.Product)
}

// counted maps a state to the verdict of this project's own runs. A test that skips itself did not show what it must.
func counted(s State) verdict.Verdict {
	switch s {
	case Passed:
		return verdict.Passed
	case Failed:
		return verdict.Failed
	case Skipped:
		return verdict.Blocked
	case Interrupted, NotRun:
	}
	return verdict.NotRun
}
