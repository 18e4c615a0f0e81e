package run

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// errDeadline is the cause with which a scenario that takes too long ends.
var errDeadline = errors.New("the scenario has taken longer than its deadline")

// line is a line of a scenario and what it means, which is exactly one step in a good feature file.
type line struct {
	spec.Step
	matches []steps.Match
}

// understand finds out what every line means, once for all attempts.
func understand(scenarios []spec.Scenario, vocabulary *steps.Vocabulary) map[string][]line {
	lines := map[string][]line{}
	for _, s := range scenarios {
		for _, step := range s.Steps {
			lines[s.ID] = append(lines[s.ID], line{step, vocabulary.Match(step.Text, step.Doc != nil, step.Table != nil)})
		}
	}
	return lines
}

// attempt is one time that a scenario runs.
type attempt struct {
	spec.Scenario
	// number counts from 1.
	number int
	result journal.Result
}

// turn runs a scenario once, and reports whether it must run again. If not, its result is in the journal.
func (r *runner) turn(ctx context.Context, s spec.Scenario) (again bool) {
	trial := r.trials[s.ID]
	if err := r.heart.confirm(ctx, nil); err != nil {
		r.finish(trial.ended(notRun(s, err)))
		return false
	}
	a := &attempt{Scenario: s, number: trial.attempts + 1, result: journal.Result{ID: s.ID, FailedStep: -1}}
	r.try(ctx, a)
	result, again := trial.next(a.result)
	if !again {
		r.finish(result)
	}
	return again
}

// try makes the attempt: a Namespace, the steps, the verdict, and the clean-up.
func (r *runner) try(ctx context.Context, a *attempt) {
	namespace, err := r.rooms.take(ctx, a.ID) // the wait for it is not the scenario's
	start := time.Now()
	recorder := client.NewRecorder()
	recorded := client.Record(ctx, recorder)
	bounded, cancel := context.WithTimeoutCause(recorded, time.Duration(float64(r.Deadline)*r.Scale), errDeadline)
	defer cancel()
	r.record(journal.Record{Started: &journal.Started{ID: a.ID, Namespace: namespace, Attempt: a.number}})
	var world *steps.World
	if err == nil {
		world, err = steps.NewWorld(bounded, steps.Options{
			Cluster: r.cluster, Kubectl: r.kubectl, Run: r.id, Scenario: labelValue(a.ID), Namespace: namespace, Housed: true, Scale: r.Scale,
		})
	}
	if err == nil {
		a.result.FailedStep, err = r.steps(bounded, world, a)
	}
	if err != nil && bounded.Err() != nil && !errors.Is(err, errDeadline) && errors.Is(context.Cause(bounded), errDeadline) {
		err = fmt.Errorf("%w: %w", errDeadline, err)
	}
	r.judge(ctx, a, world, err)
	a.result.Seconds = time.Since(start).Seconds()
	if world == nil {
		return
	}
	// The clean-up has its own time, also when the run was interrupted; there is none where nobody listens.
	if _, gone := context.Cause(ctx).(*ClusterLost); !gone { //nolint:errorlint // the cause is set by this package
		if err := world.Close(context.WithoutCancel(recorded)); err != nil {
			a.result.Left = evidence.Redact(err.Error())
		}
		r.rooms.release(namespace)
	}
	r.book(a.ID, recorder.Calls(namespace))
}

// steps runs the steps in their order and returns the index of the one that failed.
func (r *runner) steps(ctx context.Context, world *steps.World, a *attempt) (int, error) {
	lines := r.lines[a.ID]
	for i := range lines {
		if lines[i].Phase == spec.When && (i == 0 || lines[i-1].Phase != spec.When) {
			if early, err := alreadyTrue(ctx, world, lines, i+1); err != nil {
				return early, err
			}
		}
		start := time.Now()
		err := guarded(func() error { return perform(ctx, world, lines[i]) })
		record := journal.Step{ID: a.ID, Index: i, Seconds: time.Since(start).Seconds()}
		if err != nil {
			record.Error = evidence.Redact(err.Error())
		}
		r.record(journal.Record{Step: &record})
		if err != nil {
			return i, err
		}
	}
	return -1, nil
}

// alreadyTrue looks, right before a When, whether one of the outcomes that follow from it holds already. Such an outcome would prove
// nothing. The outcomes of a later When are looked at before that one.
func alreadyTrue(ctx context.Context, world *steps.World, lines []line, from int) (int, error) {
	outcomes := false
	for i := from; i < len(lines) && (!outcomes || lines[i].Phase != spec.When); i++ {
		l := lines[i]
		if l.Phase != spec.Then || len(l.matches) != 1 {
			continue
		}
		outcomes = true
		err := guarded(func() error {
			early, err := world.AlreadyTrue(ctx, l.matches[0], l.Doc, l.Table)
			if err == nil && early {
				err = &steps.Broken{Cause: fmt.Errorf("%q is true before the When, so it proves nothing about it", l.Keyword+" "+l.Text)}
			}
			return err
		})
		if err != nil {
			return i, err
		}
	}
	return -1, nil
}

// guarded turns a panic of the kit into an error.
func guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &steps.Broken{Cause: fmt.Errorf("the kit panics: %v\n%s", p, debug.Stack())}
		}
	}()
	return do()
}

func perform(ctx context.Context, world *steps.World, l line) error {
	if len(l.matches) != 1 {
		return &steps.Broken{Cause: fmt.Errorf("%q matches %d steps, want 1", l.Text, len(l.matches))}
	}
	return world.Perform(ctx, l.matches[0], l.Doc, l.Table)
}
