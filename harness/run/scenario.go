package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// errDeadline is the cause with which a scenario that takes too long ends.
var errDeadline = errors.New("the scenario has taken longer than its deadline")

// scenario runs one scenario and writes its result to the journal.
func (r *runner) scenario(ctx context.Context, s spec.Scenario) {
	if err := r.heart.confirm(ctx, nil); err != nil {
		return // it counts as not run
	}
	start := time.Now()
	result := journal.Result{ID: s.ID, FailedStep: -1}
	if missing := r.missing(s); len(missing) > 0 {
		result.Verdict, result.Why = verdict.Unsupported, "The cluster does not offer: "+strings.Join(missing, ", ")+"."
	} else {
		r.attempt(ctx, s, &result)
	}
	result.Seconds = time.Since(start).Seconds()
	r.record(journal.Record{Result: &result})
}

// attempt runs the steps and judges.
func (r *runner) attempt(ctx context.Context, s spec.Scenario, result *journal.Result) {
	namespace := r.namespace()
	r.record(journal.Record{Started: &journal.Started{ID: s.ID, Namespace: namespace}})
	bounded, cancel := context.WithTimeoutCause(ctx, time.Duration(float64(r.Deadline)*r.Scale), errDeadline)
	defer cancel()
	world, err := steps.NewWorld(bounded, steps.Options{
		Cluster: r.cluster, Kubectl: r.kubectl, Run: r.id, Scenario: labelValue(s.ID), Namespace: namespace, Scale: r.Scale,
	})
	if err == nil {
		result.FailedStep, err = r.steps(bounded, world, s)
	}
	if err != nil && bounded.Err() != nil && !errors.Is(err, errDeadline) && errors.Is(context.Cause(bounded), errDeadline) {
		err = fmt.Errorf("%w: %w", errDeadline, err)
	}
	r.judge(ctx, s, err, result, world)
	if world != nil {
		// The clean-up has its own time, also when the run was interrupted; there is none where nobody listens.
		if _, gone := context.Cause(ctx).(*ClusterLost); !gone { //nolint:errorlint // the cause is set by this package
			if err := world.Close(context.WithoutCancel(ctx)); err != nil {
				result.Left = err.Error()
			}
		}
	}
}

// steps runs the steps in their order and returns the index of the one that failed.
func (r *runner) steps(ctx context.Context, world *steps.World, s spec.Scenario) (int, error) {
	for i, step := range s.Steps {
		start := time.Now()
		err := r.step(ctx, world, step)
		record := journal.Step{ID: s.ID, Index: i, Seconds: time.Since(start).Seconds()}
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

func (r *runner) step(ctx context.Context, world *steps.World, step spec.Step) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &steps.Broken{Cause: fmt.Errorf("the kit panics: %v\n%s", p, debug.Stack())}
		}
	}()
	matches := r.vocabulary.Match(step.Text, step.Doc != nil, step.Table != nil)
	if len(matches) != 1 {
		return &steps.Broken{Cause: fmt.Errorf("%q matches %d steps, want 1", step.Text, len(matches))}
	}
	return world.Perform(ctx, matches[0], step.Doc, step.Table)
}

// judge turns the error of a scenario into its verdict.
func (r *runner) judge(ctx context.Context, s spec.Scenario, err error, result *journal.Result, world *steps.World) {
	if err == nil {
		result.Verdict = verdict.Passed
		return
	}
	// Nothing is blamed on a cluster that has just gone: only its next answer shows that it is there.
	alive := r.heart.confirm(ctx, err) == nil
	if alive && isConnection(err) {
		err = &steps.Broken{Cause: fmt.Errorf("the connection to the cluster was interrupted: %w", err)}
	}
	result.Error = evidence.Redact(err.Error())
	if ctx.Err() != nil {
		result.Verdict, result.Why = verdict.NotRun, "The run ended first: "+context.Cause(ctx).Error()+"."
		return
	}
	var broken *steps.Broken
	var blocked *steps.Blocked
	switch {
	case errors.As(err, &broken):
		result.Verdict = verdict.Error
	case errors.As(err, &blocked):
		result.Verdict = verdict.Blocked
	default:
		result.Verdict = verdict.Failed
	}
	result.Why = firstLine(result.Error)
	if result.Verdict == verdict.Error {
		return
	}
	found := evidence.Gather(context.WithoutCancel(ctx), r.cluster, r.subject(s, err, result.FailedStep, world))
	result.Evidence = r.keep(s, found.Files)
	if cause := found.Find(); cause.Sentence != "" {
		result.Why = cause.Sentence
		if cause.Blocks {
			result.Verdict = verdict.Blocked
		}
	}
}

// subject is what the evidence has to explain.
func (r *runner) subject(s spec.Scenario, err error, failed int, world *steps.World) evidence.Subject {
	subject := evidence.Subject{Namespace: world.Namespace, Kinds: r.kinds(s), Failure: err}
	if failed < 0 {
		return subject
	}
	step := s.Steps[failed]
	for _, m := range r.vocabulary.Match(step.Text, step.Doc != nil, step.Table != nil) {
		for _, about := range world.About(m) {
			subject.About = append(subject.About, evidence.Ref(about))
		}
	}
	return subject
}

// kinds lists the kinds that the scenario speaks of.
func (r *runner) kinds(s spec.Scenario) []string {
	var kinds []string
	seen := map[string]bool{}
	for _, step := range s.Steps {
		for _, m := range r.vocabulary.Match(step.Text, step.Doc != nil, step.Table != nil) {
			if kind := m.Kind(); kind != "" && !seen[kind] {
				seen[kind] = true
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
}

// missing lists the capabilities that the scenario needs and the cluster lacks.
func (r *runner) missing(s spec.Scenario) []string {
	var missing []string
	for _, need := range s.Values("needs") {
		if !r.capabilities[need] {
			missing = append(missing, need)
		}
	}
	return missing
}

// isConnection reports whether the error is one of talking to the cluster at all.
func isConnection(err error) bool {
	var noAnswer *client.NoAnswer
	var opError *net.OpError
	return (errors.As(err, &noAnswer) || errors.As(err, &opError)) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// labelValue makes an id fit to be the value of a label.
func labelValue(id string) string {
	value := strings.NewReplacer("[", "_", "]", "").Replace(id)
	const longest = 63
	return strings.TrimRight(value[:min(len(value), longest)], "._-")
}
