package steps

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

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
			Doc: "One request of the API as it is; the YAML is sent as JSON, and a text that is JSON is sent unchanged.",
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
		body, err := bodyOf(a.text)
		if err != nil {
			return err
		}
		request.Body = body
	}
	if request.Method == http.MethodPatch {
		request.ContentType = mergePatch
	}
	answer, err := w.actor.Send(ctx, request)
	return w.conclude(a, request.Method+" "+request.Path, answer, err)
}

// bodyOf makes JSON of YAML. What is JSON already stays as it is, so that a scenario can send what YAML could not say, such as a field twice.
func bodyOf(text string) ([]byte, error) {
	if json.Valid([]byte(text)) {
		return []byte(text), nil
	}
	body, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return nil, broken("read the body: %w", err)
	}
	return body, nil
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
