package run

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/evidence"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/client"
)

// judge turns the error of an attempt into its verdict. The world is nil when there was none.
func (r *runner) judge(ctx context.Context, a *attempt, world *steps.World, err error) {
	result := &a.result
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
		result.Verdict, result.Why = verdict.NotRun, notRun(a.Scenario, context.Cause(ctx)).Why
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
		if cause := evidence.Explain(err); cause != "" {
			result.Why = cause
		}
		return
	}
	found := evidence.Gather(context.WithoutCancel(ctx), r.cluster, r.subject(a, world, err))
	result.Evidence = r.keep(a.Scenario, a.number, found.Files)
	if cause := found.Find(); cause.Sentence != "" {
		result.Why = cause.Sentence
		if cause.Blocks {
			result.Verdict = verdict.Blocked
		}
	}
}

// subject is what the evidence has to explain.
func (r *runner) subject(a *attempt, world *steps.World, err error) evidence.Subject {
	if world == nil { // the Namespace could not be had
		return evidence.Subject{Failure: err}
	}
	subject := evidence.Subject{Namespace: world.Namespace, Kinds: kinds(r.lines[a.ID]), Failure: err}
	if failed := a.result.FailedStep; failed >= 0 {
		for _, m := range r.lines[a.ID][failed].matches {
			for _, about := range world.About(m) {
				subject.About = append(subject.About, evidence.Ref(about))
			}
		}
	}
	return subject
}

// kinds lists the kinds that the lines speak of.
func kinds(lines []line) []string {
	var kinds []string
	for _, l := range lines {
		for _, m := range l.matches {
			if kind := m.Kind(); kind != "" && !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	return kinds
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
