package steps

import (
	"context"
	"time"

	"github.com/seatrial/seatrial/steps/wait"
)

// preview bounds the look at one outcome before the When; what takes longer does not hold yet.
const preview = 5 * time.Second

// Guards reports whether the line says that something stays as it is. It may be true before the When; any other outcome may not, since
// then it would say nothing about the When.
func (m Match) Guards() bool { return m.Bound == "for" || m.Bound == "as before" }

// AlreadyTrue looks once, without waiting, whether an outcome holds before the When that it is to follow from. It leaves no trace: the
// scenario's answer, output, watch and variables are the same afterwards. These are not true before:
//
//   - an outcome about the answer, the output or the forwarded port, since those come with the When;
//   - an outcome about what does not exist yet, and one that uses a ${variable} without a value yet;
//   - an outcome that cannot be observed, or not within five seconds;
//   - a guard with "for", which is about the time after the When.
//
// A guard with "as before" has to be true by now; that it is not is an error, as is the end of the context.
func (w *World) AlreadyTrue(ctx context.Context, m Match, text *string, table [][]string) (bool, error) {
	if m.Step.Phase != Outcome || m.Step.settled || m.Bound == "for" {
		return false, nil
	}
	answer := w.answer
	defer func() { w.answer = answer }() // a rehearsed request leaves one
	err := w.look(ctx, m, text, table)
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	if m.Bound == "as before" {
		if err != nil {
			return false, broken("it is not so before the When: %w", err)
		}
		return false, nil
	}
	return err == nil, nil
}

// look observes an outcome once.
func (w *World) look(ctx context.Context, m Match, text *string, table [][]string) error {
	args, err := newArgs(m.values, text, table, w.vars)
	if err != nil {
		return err
	}
	observe, err := m.Step.observe(ctx, w, args)
	if err != nil {
		return err
	}
	return wait.Now(ctx, observe, preview)
}
