package run

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/report"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// Run plans a run and does it. The error tells that there was no run; a bad result is not an error.
func Run(ctx context.Context, o Options) (Result, error) {
	p, err := NewPlan(o)
	if err != nil {
		return Result{Outcome: verdict.Invalid}, err
	}
	return p.Run(ctx)
}

// Run does what is planned. When the context ends, it starts nothing more, lets what runs end at once, cleans up, and writes the
// reports. The error tells that there was no run; a bad result is not an error. An *Unreachable error tells that no cluster answered.
func (p *Plan) Run(ctx context.Context) (Result, error) {
	if len(p.Scenarios) == 0 {
		return Result{Outcome: verdict.Invalid, Reason: p.Reason}, nil
	}
	r, err := newRunner(ctx, p)
	if err != nil {
		return Result{Outcome: verdict.Invalid}, err
	}
	defer r.close()
	return r.run(ctx)
}

// runner is one run.
type runner struct {
	*Plan
	id       string
	dir      string
	start    time.Time
	cluster  *client.Cluster
	own      *client.Recorder // of what the kit asks for itself
	kubectl  *client.Kubectl
	scratch  string
	lines    map[string][]line
	offers   capability.Set
	heart    *heartbeat
	journal  *journal.Writer
	terminal *report.Terminal
	rooms    house
	trials   map[string]*trial
	hold     context.CancelCauseFunc // starts nothing more

	mu     sync.Mutex
	broken error // of the journal
	folded *journal.Journal
}

func newRunner(ctx context.Context, p *Plan) (*runner, error) {
	cluster, err := client.Open(p.Config, client.ImagesFrom(p.ImageRegistry))
	if err != nil {
		return nil, &Unreachable{err}
	}
	own := client.NewRecorder()
	now, err := survey(client.Record(ctx, own), cluster)
	if err != nil {
		return nil, err
	}
	lent, err := p.lent(ctx, cluster)
	if err != nil {
		return nil, err
	}
	r := &runner{
		Plan: p, own: own, id: newID(time.Now()), dir: p.dir, start: time.Now(), cluster: cluster, lines: understand(p.Scenarios, steps.NewVocabulary()),
		trials: map[string]*trial{}, folded: journal.New(),
	}
	resumes := 0
	if p.past != nil {
		r.id, resumes = p.past.Run.ID, p.past.Resumes+1
	} else if r.dir, err = report.Directory(p.ReportDir, r.id); err != nil {
		return nil, err
	}
	r.terminal = report.NewTerminal(p.Progress, report.TerminalOptions{Detail: p.Detail, Dir: r.dir})
	if r.scratch, err = os.MkdirTemp("", "seatrial-"); err != nil {
		return nil, fmt.Errorf("start run: %w", err)
	}
	r.kubectl = client.NewKubectl(p.Kubectl, r.scratch)
	r.rooms = newNamespaces(cluster, own, r.id, resumes)
	if lent != nil {
		r.rooms = lent
	}
	if err := r.detect(client.Record(ctx, own), &now); err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.scratch))
	}
	if err := r.openJournal(r.describe(now)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(r.scratch))
	}
	return r, nil
}

// describe is the first record of the journal.
func (r *runner) describe(now journal.Run) journal.Run {
	now.ID, now.Kit, now.Command, now.Selection, now.Throwaway = r.id, r.Kit, r.Command, r.Selection, r.Throwaway
	now.Implementation = r.Implementation
	now.Parallel, now.Seed, now.Budget, now.Repeat, now.Retries = r.Parallel, r.Seed, r.Budget.Seconds(), r.Repeat, r.Retries
	now.Profile, now.Namespaces = r.Profile.Name, r.Namespaces
	if r.rules().repeat == forever {
		now.Repeat = -1
	}
	return now
}

// newID names a run by its time and a random part.
func newID(now time.Time) string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails
	return now.UTC().Format("20060102-150405") + "-" + hex.EncodeToString(random[:])
}

// Why a run starts nothing more.
var (
	errInterrupted = errors.New("the run was interrupted")
	errFailFast    = errors.New("the run stopped at the first failure (--fail-fast)")
	errUntilFail   = errors.New("the run stopped at the first failure (--until-fail)")
	errBudget      = errors.New("the time of the budget was over")
)

func (r *runner) run(ctx context.Context) (Result, error) {
	running, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	defer stop(nil)
	defer context.AfterFunc(ctx, func() { stop(errInterrupted) })()
	starting, hold := context.WithCancelCause(running)
	r.hold = hold
	if r.Budget > 0 {
		end := time.AfterFunc(time.Until(r.start.Add(r.Budget)), func() { hold(errBudget) })
		defer end.Stop()
	}
	r.Remains.begin(r.id, r.dir, r.rooms.remaining)
	r.heart = newHeartbeat(r.cluster.Alive, stop)
	var beating sync.WaitGroup
	beating.Go(func() { r.heart.run(running) })
	beating.Go(func() { r.terminal.Run(running) })

	todo := r.choose()
	before := r.prepare(running, todo)
	never := scheduler{
		parallel: r.Parallel,
		do:       func(s spec.Scenario) bool { return r.turn(running, s) },
		soon:     func(next []spec.Scenario) { r.rooms.prepare(ids(next)) },
	}.run(starting, todo)
	for _, s := range never {
		r.finish(r.trials[s.ID].ended(notRun(s, context.Cause(starting))))
	}
	end := r.end(ctx, context.Cause(starting), before)
	stop(nil)
	beating.Wait()
	r.book("", r.own.Calls(""))
	r.record(journal.Record{End: &end})
	r.Remains.end()
	return r.result(end)
}

// result closes the journal and writes the reports.
func (r *runner) result(end journal.End) (Result, error) {
	result := Result{Outcome: end.Outcome, Counts: end.Counts, Reason: end.Reason, Interrupted: end.Interrupted, ClusterLost: end.ClusterLost, ReportDir: r.dir}
	if err := r.journal.Close(); err != nil && r.broken == nil {
		r.broken = err
	}
	if r.broken != nil {
		return result, fmt.Errorf("keep the journal: %w", r.broken)
	}
	return result, report.Write(r.dir)
}

func ids(scenarios []spec.Scenario) []string {
	all := make([]string, len(scenarios))
	for i, s := range scenarios {
		all[i] = s.ID
	}
	return all
}

func (r *runner) close() { _ = os.RemoveAll(r.scratch) }
