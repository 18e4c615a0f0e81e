package steps

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/steps/client"
)

// readSteps are the actions that ask.
func readSteps() []Step {
	return []Step{
		{
			Sentence: `I {try?}get {kind} {name}`, Phase: Action, do: getObject,
			Doc: "Reads one object into the answer.",
		},
		{
			Sentence: `I list {kind} objects[ with label {label}][ with field {selector}]`, Phase: Action, do: listObjects,
			Doc: "Lists the objects of the scenario's Namespace, or of the cluster for a cluster-scoped kind, that the selectors pick.",
		},
		{
			Sentence: `I {try?}send {method} {path}[ accepting {type}]`, Phase: Action, Argument: MayHaveText, do: sendRaw,
			Doc: "One request of the API as it is; the YAML is sent as JSON.",
		},
		{
			Sentence: `I watch {kind} objects[ with label {label}]`, Phase: Setup, do: watchObjects,
			Doc: "Follows the changes of the scenario's Namespace from now on.",
		},
		{
			Sentence: `I {try?}call {command}`, Phase: Action, Argument: MayHaveText, do: callKubectl,
			Doc: "Runs kubectl in the scenario's Namespace; the text below is its standard input.",
		},
	}
}

func getObject(ctx context.Context, w *World, a Args) error {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return err
	}
	return w.write(ctx, a, kind, "get", client.Request{Method: http.MethodGet})
}

func listObjects(ctx context.Context, w *World, a Args) error {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return err
	}
	query := url.Values{}
	for parameter, name := range map[string]string{"labelSelector": "label", "fieldSelector": "selector"} {
		if a.given(name) {
			query.Set(parameter, a.get(name))
		}
	}
	answer, err := w.actor.Send(ctx, client.Request{Method: http.MethodGet, Path: kind.Path(w.Namespace, "", ""), Query: query})
	return w.conclude(a, "list "+kind.Kind+" objects", answer, err)
}

func sendRaw(ctx context.Context, w *World, a Args) error {
	request := client.Request{Method: a.get("method"), Path: a.get("path"), Accept: a.get("type")}
	if a.has {
		body, err := yaml.YAMLToJSON([]byte(a.text))
		if err != nil {
			return broken("read the body: %w", err)
		}
		request.Body = body
	}
	if request.Method == http.MethodPatch {
		request.ContentType = mergePatch
	}
	answer, err := w.actor.Send(ctx, request)
	return w.conclude(a, request.Method+" "+request.Path, answer, err)
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
	options := metav1.ListOptions{LabelSelector: a.get("label")}
	list, err := resource.List(ctx, options)
	if err != nil {
		return err
	}
	options.ResourceVersion = list.GetResourceVersion()
	stream, err := resource.Watch(w.ctx, options)
	if err != nil {
		return err
	}
	w.watched = &watched{events: make(chan watch.Event, 1000)}
	w.running.Go(func() {
		defer stream.Stop()
		defer close(w.watched.events)
		for {
			select {
			case event, open := <-stream.ResultChan():
				if !open {
					return
				}
				w.watched.events <- event
			case <-w.ctx.Done():
				return
			}
		}
	})
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

func callKubectl(ctx context.Context, w *World, a Args) error {
	words, err := splitWords(a.get("command"))
	if err != nil {
		return err
	}
	if len(words) == 0 || words[0] != "kubectl" {
		return broken("call %q: only kubectl can be called", a.get("command"))
	}
	output, err := w.Kubectl.Run(ctx, w.actor, w.Namespace, words[1:], a.text)
	if err != nil {
		return err
	}
	return w.ended(a, output)
}

// ended keeps the output of a command. One that was not merely tried has failed when its exit code is not 0.
func (w *World) ended(a Args, output client.Output) error {
	w.output = &output
	if output.Code != 0 && !a.given("try") {
		return &refusal{"run " + strings.TrimSpace(a.get("command")), commandResult(output)}
	}
	return nil
}
