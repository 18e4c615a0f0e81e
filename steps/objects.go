package steps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// objectSteps are the sentences that make the world of a scenario.
func objectSteps() []Step {
	return []Step{
		{
			Sentence: `an empty Namespace`, Phase: Setup, do: haveNamespace,
			Doc: "The scenario's own Namespace, ${ns}, in which all objects are that name no other one. It is there without being mentioned.",
		},
		{
			Sentence: `{article} {kind} {name}`, Phase: Setup, Argument: MayHaveText, do: haveObject,
			Doc: "Makes an object. The YAML shows only what matters: apiVersion, kind, name and namespace are filled in, a container without an " +
				"image gets agnhost (which pauses unless args say more), a workload without a selector gets the label app: <its name>.",
		},
		{
			Sentence: `a ready {kind} {name}`, Phase: Setup, Argument: MayHaveText, do: haveReadyObject,
			Doc: "Makes an object and waits until it has settled: a Pod is Ready, a workload has all of its replicas updated and available, a " +
				"Service has a ready endpoint, a CustomResourceDefinition is served.",
		},
		{
			Sentence: `a simulated Node {name}`, Phase: Setup, Argument: MayHaveText, do: haveSimulatedNode,
			Doc: "Makes a Node that no machine stands behind, Ready, with 4 CPUs, 8Gi of memory and room for 110 Pods unless the YAML says " +
				"otherwise. The Pods of a scenario that has simulated Nodes are confined to them, and no other Pods are placed there.",
		},
		{
			Sentence: `{field} of {kind} {name} is noted as {variable}`, Phase: Setup, do: noteField,
			Doc: "Keeps a value as a ${variable} for later lines; it is waited for when there is none yet.",
		},
		{
			Sentence: `{field} of the answer is noted as {variable}`, Phase: Setup, do: noteAnswer,
			Doc: "Keeps a value of the last answer as a ${variable} for later lines.",
		},
	}
}

func haveNamespace(ctx context.Context, w *World, _ Args) error {
	kind, err := w.kind(ctx, "Namespace", "v1")
	if err != nil {
		return err
	}
	return wait.Within(ctx, w.one(kind, "", w.Namespace, func(map[string]any) error { return nil }), w.scaled(glance))
}

func haveObject(ctx context.Context, w *World, a Args) error {
	_, _, err := w.make(ctx, a)
	return err
}

func haveReadyObject(ctx context.Context, w *World, a Args) error {
	kind, object, err := w.make(ctx, a)
	if err != nil {
		return err
	}
	return w.settle(ctx, kind, object)
}

// make creates the object of a Given with the rights of the kubeconfig. A refusal by the cluster's rules blocks the scenario.
func (w *World) make(ctx context.Context, a Args) (client.Kind, map[string]any, error) {
	kind, object, err := w.compose(ctx, a)
	if err != nil {
		return kind, nil, err
	}
	answer, err := w.create(ctx, w.Cluster.User, kind, object)
	if err != nil {
		return kind, nil, err
	}
	if answer.Code == http.StatusForbidden {
		return kind, nil, &Blocked{fmt.Errorf("create %s %q: %s", kind.Kind, nameOf(object), answer)}
	}
	if answer.Refused() {
		return kind, nil, &refusal{fmt.Sprintf("create %s %q", kind.Kind, nameOf(object)), answer.String()}
	}
	made, ok := answer.Object.(map[string]any)
	if !ok {
		return kind, nil, fmt.Errorf("create %s %q: the answer is not an object: %.200s", kind.Kind, nameOf(object), answer.Body)
	}
	return kind, made, nil
}

// compose makes the whole object out of a sentence and its YAML.
func (w *World) compose(ctx context.Context, a Args) (client.Kind, map[string]any, error) {
	object, err := a.object()
	if err != nil {
		return client.Kind{}, nil, err
	}
	kind, err := w.identify(ctx, a, object)
	if err != nil {
		return kind, nil, err
	}
	w.addDefaults(kind.Kind, object)
	w.mark(object)
	return kind, object, nil
}

// mark labels an object with who made it, so that it can be found and told from others.
func (w *World) mark(object map[string]any) {
	fill(child(object, "metadata"), "labels", map[string]any{})
	labels := child(object, "metadata", "labels")
	labels[RunLabel], labels[ScenarioLabel] = w.Run, w.Scenario
}

// identify fills in who the object is: kind, version, name and namespace.
func (w *World) identify(ctx context.Context, a Args, object map[string]any) (client.Kind, error) {
	apiVersion, _ := object["apiVersion"].(string)
	kind, err := w.kind(ctx, a.get("kind"), apiVersion)
	if err != nil {
		return kind, err
	}
	fill(object, "apiVersion", kind.APIVersion())
	fill(object, "kind", kind.Kind)
	namespace, name := w.locate(a.get("name"))
	metadata := child(object, "metadata")
	if name != "" {
		fill(metadata, "name", name)
	}
	if kind.Namespaced {
		fill(metadata, "namespace", namespace)
	}
	return kind, nil
}

// locate parts "namespace/name"; a name alone is in the scenario's Namespace.
func (w *World) locate(name string) (namespace, rest string) {
	if namespace, rest, ok := strings.Cut(name, "/"); ok {
		return namespace, rest
	}
	return w.Namespace, name
}

// create sends the object and remembers to remove it when it lives outside the scenario's Namespace.
func (w *World) create(ctx context.Context, user *client.User, kind client.Kind, object map[string]any) (client.Answer, error) {
	if kind.Kind == "Pod" && kind.Group == "" {
		if err := w.awaitAccount(ctx); err != nil {
			return client.Answer{}, err
		}
	}
	body, err := json.Marshal(object)
	if err != nil {
		return client.Answer{}, broken("create %s: %w", kind.Kind, err)
	}
	namespace := textOf(child(object, "metadata"), "namespace")
	request := client.Request{Method: http.MethodPost, Path: kind.Path(namespace, "", ""), Body: body, Query: url.Values{"fieldValidation": {"Strict"}}}
	answer, err := w.sendWhole(ctx, user, request)
	if err == nil && !answer.Refused() {
		w.created(kind, answer.Object)
	}
	return answer, err
}

// created takes note of a new object.
func (w *World) created(kind client.Kind, made any) {
	object, ok := made.(map[string]any)
	if !ok {
		return
	}
	if kind.Kind == "CustomResourceDefinition" {
		w.defined(object)
	}
	namespace := textOf(child(object, "metadata"), "namespace")
	path := kind.Path(namespace, nameOf(object), "")
	converted := kind.Kind == "CustomResourceDefinition" && textOf(child(object, "spec", "conversion"), "strategy") == "Webhook"
	if converted {
		w.later("the objects of "+nameOf(object), func(ctx context.Context) error { return w.drained(ctx, path) })
	}
	if child(object, "metadata")["finalizers"] != nil && kind.Kind != "Namespace" {
		w.later("the finalizers of "+kind.Kind+" "+nameOf(object), func(ctx context.Context) error { return w.release(ctx, path) })
	}
	if kind.Namespaced && namespace == w.Namespace {
		return // goes with the Namespace
	}
	w.later(kind.Kind+" "+nameOf(object), func(ctx context.Context) error { return w.remove(ctx, path) })
	if converted {
		w.later("the conversion of "+nameOf(object), func(ctx context.Context) error { return w.change(ctx, path, noConversion) })
	}
}

// noConversion lets custom resources go without their webhook, whose server may go before them: a cluster converts what it deletes.
const noConversion = `{"spec":{"conversion":{"strategy":"None","webhook":null}}}`

// nudged is how long a deleted custom kind may take before it is touched.
const nudged = time.Second

// drained waits until a deleted CustomResourceDefinition is gone. A cluster that cannot list the objects at once, since their conversion has
// just been changed, may look again only after minutes: its finalizer overlooks a status that it has written itself. Any other change of the
// definition lets it look.
func (w *World) drained(ctx context.Context, path string) error {
	tick := time.NewTicker(nudged)
	defer tick.Stop()
	for {
		answer, err := w.Cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: path})
		if err != nil || answer.Code == http.StatusNotFound {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-tick.C:
			if err := w.change(ctx, path, fmt.Sprintf(`{"metadata":{"annotations":{"seatrial.io/nudged":%q}}}`, now.Format(time.RFC3339Nano))); err != nil {
				return err
			}
		}
	}
}

// defined makes the kind of a new CustomResourceDefinition known to the scenario's later lines.
func (w *World) defined(crd map[string]any) {
	spec := child(crd, "spec")
	names := child(spec, "names")
	versions, _ := spec["versions"].([]any)
	for _, v := range versions {
		version, _ := v.(map[string]any)
		if served, _ := version["served"].(bool); !served {
			continue
		}
		kind := client.Kind{Kind: textOf(names, "kind"), Namespaced: textOf(spec, "scope") == "Namespaced"}
		kind.Group, kind.Version, kind.Resource = textOf(spec, "group"), textOf(version, "name"), textOf(names, "plural")
		w.kinds[kind.Kind] = kind
		return
	}
}

// noteField waits until the field has a value: it may be one that a controller is about to set.
func noteField(ctx context.Context, w *World, a Args) error {
	return wait.Within(ctx, wait.Probe(askAgain, func(ctx context.Context) error {
		object, err := w.read(ctx, a)
		if err != nil {
			return err
		}
		return w.note(object, a)
	}), w.scaled(glance))
}

func noteAnswer(_ context.Context, w *World, a Args) error {
	if w.answer == nil {
		return broken("%w", errNoAnswer)
	}
	return w.note(w.answer.Object, a)
}

// read gets the object that the sentence names.
func (w *World) read(ctx context.Context, a Args) (map[string]any, error) {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return nil, err
	}
	namespace, name := w.locate(a.get("name"))
	answer, err := w.Cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: kind.Path(namespace, name, "")})
	if err != nil {
		return nil, err
	}
	object, ok := answer.Object.(map[string]any)
	if answer.Refused() || !ok {
		return nil, errors.New("get " + kind.Kind + " " + name + ": " + answer.String())
	}
	return object, nil
}
