// Package wait observes a condition until it holds, or for as long as it must hold. An observer hands in what it sees when it sees it,
// usually from a watch, and a wait that fails says what was seen and when.
package wait

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Observer looks at the world and hands each observation to see: nil where the condition holds, a *NotYet where it does not hold now,
// any other error where it cannot be observed at all. It returns nil once see returned true, or else when it cannot go on.
type Observer func(ctx context.Context, see func(error) (enough bool)) error

// NotYet is an observation that the condition does not hold. The text is one line.
type NotYet struct{ What string }

func (e *NotYet) Error() string { return e.What }

// Notf makes a *NotYet.
func Notf(format string, args ...any) error { return &NotYet{What: fmt.Sprintf(format, args...)} }

// Failure says that a condition did not hold as it had to.
type Failure struct {
	// Bound is the wait in words, such as "within 30s".
	Bound string
	// Last is the last observation that counted against the condition.
	Last string
	// History is every different observation with its time since the start, oldest first.
	History []Observation
	// Changes tells how the objects changed that were watched, oldest first. It is no part of the text of the error.
	Changes []Change
}

// Observation is one thing that was seen.
type Observation struct {
	After time.Duration
	What  string
}

func (f *Failure) Error() string {
	text := f.Last
	if f.Bound != "" {
		text = f.Bound + ": " + f.Last
	}
	if len(f.History) > 1 {
		text += "\nseen:"
		for _, o := range f.History {
			text += fmt.Sprintf("\n  %6.1fs  %s", o.After.Seconds(), o.What)
		}
	}
	return text
}

// remembered is how many different observations a history keeps: the first half and the last half.
const remembered = 24

// errUnseen ends a wait during which the observer saw nothing.
var errUnseen = errors.New("nothing was observed")

// Now observes once.
func Now(ctx context.Context, observe Observer, limit time.Duration) error {
	v := newVigil("")
	err := v.run(ctx, observe, limit, func(error) bool { return true })
	return v.verdict(err, v.latest)
}

// Within waits until the condition holds, at most for the limit.
func Within(ctx context.Context, observe Observer, limit time.Duration) error {
	v := newVigil("within " + limit.String())
	err := v.run(ctx, observe, limit, func(seen error) bool {
		var notYet *NotYet
		return seen == nil || !errors.As(seen, &notYet)
	})
	return v.verdict(err, v.latest)
}

// firstLook bounds the time until the first observation of a span: a slow
// answer is not an absence of the condition.
const firstLook = 30 * time.Second

// For waits for the whole span, in which the condition must hold all the time.
// The span begins with the first observation.
func For(ctx context.Context, observe Observer, span time.Duration) error {
	v := newVigil("for " + span.String())
	err := v.run(ctx, fromFirst(observe, span), firstLook+span, func(seen error) bool { return seen != nil })
	return v.verdict(err, v.latest)
}

// fromFirst ends an observer when the span since its first observation is over.
func fromFirst(observe Observer, span time.Duration) Observer {
	return func(outer context.Context, see func(error) bool) error {
		ctx, cancel := context.WithCancel(outer)
		defer cancel()
		var end *time.Timer
		err := observe(ctx, func(seen error) bool {
			if seen != nil && ctx.Err() != nil {
				return true
			}
			if end == nil {
				end = time.AfterFunc(span, cancel)
			}
			return see(seen)
		})
		if end != nil {
			end.Stop()
		}
		if ctx.Err() != nil && outer.Err() == nil {
			return nil // the span is over
		}
		return err
	}
}

// vigil collects the observations of one wait.
type vigil struct {
	bound   string
	start   time.Time
	history []Observation
	changes *changes
	seen    bool
	latest  error
}

func newVigil(bound string) *vigil {
	now := time.Now()
	return &vigil{bound: bound, start: now, changes: &changes{start: now}}
}

// run observes until enough says so or the limit is over. Its error is nil unless the surrounding context ended or the observer broke.
func (v *vigil) run(ctx context.Context, observe Observer, limit time.Duration, enough func(error) bool) error {
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := observe(withChanges(bounded, v.changes), func(seen error) bool {
		if seen != nil && bounded.Err() != nil {
			return true // an observation that was cut short says nothing about the condition
		}
		v.note(seen)
		return enough(seen)
	})
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case bounded.Err() != nil:
		return nil
	}
	return err
}

func (v *vigil) note(seen error) {
	v.seen, v.latest = true, seen
	what := "as wanted"
	if seen != nil {
		what = seen.Error()
	}
	if n := len(v.history); n > 0 && v.history[n-1].What == what {
		return
	}
	v.history = append(v.history, Observation{After: time.Since(v.start), What: what})
	if len(v.history) > remembered {
		v.history = append(v.history[:remembered/2], v.history[remembered/2+1:]...)
	}
}

func (v *vigil) verdict(err, latest error) error {
	var notYet *NotYet
	switch {
	case err != nil:
		return err
	case !v.seen:
		return &Failure{Bound: v.bound, Last: errUnseen.Error()}
	case latest == nil:
		return nil
	case errors.As(latest, &notYet):
		return &Failure{Bound: v.bound, Last: latest.Error(), History: v.history, Changes: v.changes.tell()}
	}
	return latest
}
