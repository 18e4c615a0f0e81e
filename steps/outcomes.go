package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// objectOutcomes are what can be seen of objects.
func objectOutcomes() []Step {
	return []Step{
		{
			Sentence: `{kind} {name} {match}`, Phase: Outcome, Argument: Text, observe: objectMatches,
			Doc: "The object has at least these fields; with \"for\" it keeps matching. <any>, <none>, <not X>, </expression/>, <at least N> and <at most N> stand for values.",
		},
		{
			Sentence: `{field} of {kind} {name} is {value}`, Phase: Outcome, observe: fieldIsValue,
			Doc: "One field has this value, written as text; the words in angle brackets work as well.",
		},
		{
			Sentence: `{kind} {name} exists`, Phase: Outcome, observe: objectExists,
			Doc: "The object is there.",
		},
		{
			Sentence: `{kind} {name} {absent}`, Phase: Outcome, observe: objectGone,
			Doc: "The object is not there, not any more or not at all.",
		},
		{
			Sentence: `there are {limit} {count} {kind} objects[ with label {label}]`, Phase: Outcome, Argument: MayHaveText, observe: countObjects,
			Doc: "Counts the objects of the scenario's Namespace that the selector picks, and that match the YAML if there is one.",
		},
		{
			Sentence: `creating {kind} {name} would be refused with {code}[ {reason}]`, Phase: Outcome, Argument: MayHaveText, observe: wouldBeRefused,
			Doc: "A create request that is a dry run is refused like this.",
		},
		{
			Sentence: `creating {kind} {name} would be accepted`, Phase: Outcome, Argument: MayHaveText, observe: wouldBeAccepted,
			Doc: "A create request that is a dry run is accepted.",
		},
		{
			Sentence: `creating {kind} {name} would make`, Phase: Outcome, Argument: Text, observe: wouldMake,
			Doc: "A create request that is a dry run and sends nothing but the defaults of the kit is answered with an object that has at least these fields.",
		},
	}
}

// subject observes the object that the sentence names.
func (w *World) subject(ctx context.Context, a Args, check func(map[string]any) error) (wait.Observer, error) {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return nil, err
	}
	namespace, name := w.locate(a.get("name"))
	return w.one(kind, namespace, name, check), nil
}

func objectMatches(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	want, err := a.object()
	if err != nil {
		return nil, err
	}
	return w.subject(ctx, a, func(object map[string]any) error { return mismatch(want, object) })
}

// mismatch compares and makes one line of the differences.
func mismatch(want, got any) error {
	if lines := partial.Differences(want, got); len(lines) > 0 {
		return wait.Notf("%s", strings.Join(lines, "; "))
	}
	return nil
}

func fieldIsValue(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	path := a.get("field")
	return w.subject(ctx, a, func(object map[string]any) error {
		got, err := partial.Field(object, path)
		if err != nil {
			return broken("%w", err)
		}
		return sameText(path, a.get("value"), got)
	})
}

// sameText compares a value with the text of a sentence, in which a word in angle brackets stands for values.
func sameText(what, want string, got any) error {
	if partial.Text(got) == want {
		return nil
	}
	if len(partial.Differences(want, got)) == 0 {
		return nil
	}
	return wait.Notf("%s is %q, want %q", what, partial.Text(got), want)
}

func objectExists(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	return w.subject(ctx, a, func(map[string]any) error { return nil })
}

func objectGone(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return nil, err
	}
	namespace, name := w.locate(a.get("name"))
	selector := wait.Selector{Fields: "metadata.name=" + name}
	return wait.Objects(w.resource(kind, namespace), selector, func(objects []*unstructured.Unstructured) error {
		if len(objects) == 0 {
			return nil
		}
		return wait.Notf("%s %q is there%s", kind.Kind, name, leaving(objects[0]))
	}), nil
}

// leaving tells what holds an object up that is being deleted.
func leaving(object *unstructured.Unstructured) string {
	if object.GetDeletionTimestamp() == nil {
		return ", not being deleted"
	}
	if finalizers := object.GetFinalizers(); len(finalizers) > 0 {
		return ", being deleted, held by finalizers " + strings.Join(finalizers, ", ")
	}
	return ", being deleted"
}

func countObjects(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return nil, err
	}
	want, err := a.object()
	if err != nil {
		return nil, err
	}
	number := a.number("count")
	holds := map[string]func(n int) bool{
		"exactly": func(n int) bool { return n == number }, "at least": func(n int) bool { return n >= number }, "at most": func(n int) bool { return n <= number },
	}[a.get("limit")]
	return wait.Objects(w.resource(kind, w.Namespace), wait.Selector{Labels: a.get("label")}, func(objects []*unstructured.Unstructured) error {
		n, other := 0, ""
		for _, object := range objects {
			if err := mismatch(want, object.Object); err != nil {
				other = fmt.Sprintf("; %q does not match: %v", object.GetName(), err)
				continue
			}
			n++
		}
		if holds(n) {
			return nil
		}
		return wait.Notf("there are %d, want %s %d%s", n, a.get("limit"), number, other)
	}), nil
}

// rehearse sends the create request of a sentence as a dry run, once a second.
func rehearse(check func(client.Answer) error) func(context.Context, *World, Args) (wait.Observer, error) {
	return func(ctx context.Context, w *World, a Args) (wait.Observer, error) {
		kind, object, err := w.compose(ctx, a)
		if err != nil {
			return nil, err
		}
		body, err := json.Marshal(object)
		if err != nil {
			return nil, broken("create %s: %w", kind.Kind, err)
		}
		path := kind.Path(textOf(child(object, "metadata"), "namespace"), "", "")
		request := client.Request{Method: http.MethodPost, Path: path, Body: body, Query: url.Values{"dryRun": {"All"}}}
		return wait.Probe(askAgain, func(ctx context.Context) error {
			answer, err := w.actor.Send(ctx, request)
			if err != nil {
				return wait.Notf("%v", err)
			}
			w.answer = &answer
			return check(answer)
		}), nil
	}
}

func wouldMake(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	want, err := a.object()
	if err != nil {
		return nil, err
	}
	a.text, a.has = "", false
	return rehearse(func(answer client.Answer) error {
		if answer.Refused() {
			return wait.Notf("it is %s", answer)
		}
		return mismatch(want, answer.Object)
	})(ctx, w, a)
}

func wouldBeRefused(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	return rehearse(func(answer client.Answer) error { return refusedAs(answer, a) })(ctx, w, a)
}

func wouldBeAccepted(ctx context.Context, w *World, a Args) (wait.Observer, error) {
	return rehearse(func(answer client.Answer) error {
		if answer.Refused() {
			return wait.Notf("it is %s", answer)
		}
		return nil
	})(ctx, w, a)
}

// refusedAs demands a code, and a reason if one is given.
func refusedAs(answer client.Answer, a Args) error {
	if !answer.Refused() || answer.Code != a.number("code") || (a.given("reason") && string(answer.Status().Reason) != a.get("reason")) {
		return wait.Notf("it is %s", answer)
	}
	return nil
}
