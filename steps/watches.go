package steps

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seatrial/seatrial/steps/wait"
)

// watchSteps are about the changes that the API server tells of.
func watchSteps() []Step {
	return []Step{
		{
			Sentence: `I watch {kind} objects[ with label {label}][ with field {selector}][ from version {version}]`, Phase: Setup, do: watchObjects,
			Doc: "Follows the changes of the scenario's Namespace, or of the cluster for a cluster-scoped kind, from now on or from a resource version. " +
				"Several watches may run side by side.",
		},
		{
			Sentence: `{each} watch has seen`, Phase: Outcome, Argument: Table, observe: watchHasSeen,
			Doc: "The running watch, or every one of them, has delivered these events in this order; others may lie between them.",
		},
		{
			Sentence: `{each} watch has seen nothing but`, Phase: Outcome, Argument: Table, observe: watchHasSeenOnly,
			Doc: "The running watch, or every one of them, has delivered these events in this order, each once, and no others.",
		},
	}
}

// watched is a watch that runs beside the scenario.
type watched struct {
	events chan watch.Event
	seen   []watch.Event
}

func watchObjects(ctx context.Context, w *World, a Args) error {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return err
	}
	resource := w.resource(kind, w.Namespace)
	options := metav1.ListOptions{LabelSelector: a.get("label"), FieldSelector: a.get("selector"), ResourceVersion: a.get("version")}
	if !a.given("version") {
		list, err := resource.List(ctx, options)
		if err != nil {
			return err
		}
		options.ResourceVersion = list.GetResourceVersion()
	}
	stream, err := resource.Watch(w.ctx, options)
	if err != nil {
		return err
	}
	watched := &watched{events: make(chan watch.Event, 1000)}
	w.watched = append(w.watched, watched)
	w.running.Go(func() {
		defer stream.Stop()
		defer close(watched.events)
		for {
			select {
			case event, open := <-stream.ResultChan():
				if !open {
					return
				}
				watched.events <- event
			case <-w.ctx.Done():
				return
			}
		}
	})
	return nil
}

func watchHasSeen(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return w.watchesTell(a, (*watched).missing)
}

func watchHasSeenOnly(_ context.Context, w *World, a Args) (wait.Observer, error) {
	return w.watchesTell(a, (*watched).differs)
}

// telling compares the wanted events with those that a watch has seen so far; nil when they agree.
type telling func(w *watched, want []string) error

// watchesTell observes until all of the watches agree with the table.
func (w *World) watchesTell(a Args, tell telling) (wait.Observer, error) {
	if len(w.watched) == 0 {
		return nil, broken("no watch was started before this step")
	}
	var want []string
	for _, row := range a.table {
		want = append(want, strings.Join(row, " "))
	}
	return func(ctx context.Context, see func(error) bool) error {
		for {
			late := lagging(w.watched, want, tell)
			if late == nil {
				if see(nil) {
					return nil
				}
				late = w.watched[0]
			} else if see(tell(late, want)) {
				return nil
			}
			select {
			case event, open := <-late.events:
				if !open {
					return fmt.Errorf("the watch has ended")
				}
				late.seen = append(late.seen, event)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}, nil
}

// lagging returns the first watch that does not agree with the wanted events; nil when all do.
func lagging(watches []*watched, want []string, tell telling) *watched {
	for _, w := range watches {
		w.drain()
		if tell(w, want) != nil {
			return w
		}
	}
	return nil
}

// describe tells an event in a line: its type and the name of its object.
func describe(event watch.Event) string {
	object, ok := event.Object.(*unstructured.Unstructured)
	if !ok {
		return string(event.Type)
	}
	return string(event.Type) + " " + object.GetName()
}

// drain takes the events that have come without waiting for more.
func (w *watched) drain() {
	for {
		select {
		case event, open := <-w.events:
			if !open {
				return
			}
			w.seen = append(w.seen, event)
		default:
			return
		}
	}
}

// missing compares the wanted events with those seen so far.
func (w *watched) missing(want []string) error {
	next := 0
	var seen []string
	for _, event := range w.seen {
		line := describe(event)
		seen = append(seen, line)
		if next < len(want) && line == want[next] {
			next++
		}
	}
	if next == len(want) {
		return nil
	}
	return wait.Notf("%q has not been seen; seen so far: %q", want[next], seen)
}

// differs demands that the events seen so far are the wanted ones and no others.
func (w *watched) differs(want []string) error {
	var seen []string
	for _, event := range w.seen {
		seen = append(seen, describe(event))
	}
	if !slices.Equal(seen, want) {
		return wait.Notf("seen so far: %q, want nothing but %q", seen, want)
	}
	return nil
}
