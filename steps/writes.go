package steps

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/steps/client"
)

// The content types of patches.
const (
	jsonPatch      = "application/json-patch+json"
	mergePatch     = "application/merge-patch+json"
	strategicPatch = "application/strategic-merge-patch+json"
	applyPatch     = "application/apply-patch+yaml"
)

// writeSteps are the actions that change objects. With "try to" the request may be refused, and an outcome tells how it went.
func writeSteps() []Step {
	return []Step{
		{
			Sentence: `I {try?}create {kind} {name}`, Phase: Action, Argument: MayHaveText, do: createObject,
			Doc: "Creates an object; the YAML is completed as for a Given.",
		},
		{
			Sentence: `I {try?}apply {kind} {name} as {manager}`, Phase: Action, Argument: Text, do: applyObject(false),
			Doc: "Server-side apply of exactly these fields, as this field manager.",
		},
		{
			Sentence: `I force-apply {kind} {name} as {manager}`, Phase: Action, Argument: Text, do: applyObject(true),
			Doc: "Server-side apply that takes over the fields which other managers own.",
		},
		{
			Sentence: `I {try?}replace {kind} {name}`, Phase: Action, Argument: Text, do: replaceObject,
			Doc: "Puts a whole new version of the object, completed as for a Given.",
		},
		{
			Sentence: `I {try?}patch {kind} {name}`, Phase: Action, Argument: Text, do: patchObject,
			Doc: "Merge patch of the object.",
		},
		{
			Sentence: `I {try?}patch the {part} of {kind} {name}`, Phase: Action, Argument: Text, do: patchObject,
			Doc: "Merge patch of a subresource, such as \"status\" or \"scale\".",
		},
		{
			Sentence: `I {try?}send a {form} patch to[ the {part} of] {kind} {name}`, Phase: Action, Argument: Text, do: patchByForm,
			Doc: "Patch of a named form, JSON, merge or strategic merge, of the object or of a subresource.",
		},
		{
			Sentence: `I scale {kind} {name} to {count} replicas`, Phase: Action, do: scaleObject,
			Doc: "Sets the replicas through the scale subresource.",
		},
		{
			Sentence: `I {try?}delete {kind} {name}`, Phase: Action, Argument: MayHaveText, do: deleteObject,
			Doc: "Deletes an object; the YAML is DeleteOptions.",
		},
		{
			Sentence: `I {try?}delete all {kind} objects with label {label}`, Phase: Action, do: deleteAll,
			Doc: "Deletes a collection of the scenario's Namespace, or of the cluster for a cluster-scoped kind, whose label must hold ${ns} then.",
		},
		{
			Sentence: `I {try?}evict Pod {name}`, Phase: Action, do: evictPod,
			Doc: "Asks for the eviction of a Pod, which disruption budgets may forbid.",
		},
	}
}

func createObject(ctx context.Context, w *World, a Args) error {
	kind, object, err := w.compose(ctx, a)
	if err != nil {
		return err
	}
	answer, err := w.create(ctx, w.actor, kind, object)
	return w.conclude(a, fmt.Sprintf("create %s %q", kind.Kind, nameOf(object)), answer, err)
}

// conclude keeps the answer of an action. An action that did not say "try to" has failed when it was refused.
func (w *World) conclude(a Args, what string, answer client.Answer, err error) error {
	if err != nil {
		return err
	}
	w.answer = &answer
	if answer.Refused() && !a.given("try") {
		return &refusal{what, answer.String()}
	}
	return nil
}

func applyObject(force bool) func(context.Context, *World, Args) error {
	return func(ctx context.Context, w *World, a Args) error {
		object, err := a.object()
		if err != nil {
			return err
		}
		kind, err := w.identify(ctx, a, object)
		if err != nil {
			return err
		}
		body, err := yaml.Marshal(object)
		if err != nil {
			return broken("apply %s: %w", kind.Kind, err)
		}
		query := url.Values{"fieldManager": {a.get("manager")}, "force": {strconv.FormatBool(force)}}
		return w.write(ctx, a, kind, "apply", client.Request{Method: http.MethodPatch, Body: body, ContentType: applyPatch, Query: query})
	}
}

// write sends a request to the object that the sentence names.
func (w *World) write(ctx context.Context, a Args, kind client.Kind, verb string, request client.Request) error {
	namespace, name := w.locate(a.get("name"))
	request.Path = kind.Path(namespace, name, a.get("part"))
	answer, err := w.actor.Send(ctx, request)
	if err == nil && !answer.Refused() && verb == "apply" {
		w.created(kind, answer.Object)
	}
	return w.conclude(a, fmt.Sprintf("%s %s %q", verb, kind.Kind, name), answer, err)
}

func replaceObject(ctx context.Context, w *World, a Args) error {
	kind, object, err := w.compose(ctx, a)
	if err != nil {
		return err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return broken("replace %s: %w", kind.Kind, err)
	}
	return w.write(ctx, a, kind, "replace", client.Request{Method: http.MethodPut, Body: body})
}

func patchObject(ctx context.Context, w *World, a Args) error { return w.patch(ctx, a, mergePatch) }

func patchByForm(ctx context.Context, w *World, a Args) error {
	forms := map[string]string{"JSON": jsonPatch, "merge": mergePatch, "strategic merge": strategicPatch}
	return w.patch(ctx, a, forms[a.get("form")])
}

func (w *World) patch(ctx context.Context, a Args, contentType string) error {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return err
	}
	body, err := yaml.YAMLToJSON([]byte(a.text))
	if err != nil {
		return broken("read the patch: %w", err)
	}
	return w.write(ctx, a, kind, "patch", client.Request{Method: http.MethodPatch, Body: body, ContentType: contentType})
}

func scaleObject(ctx context.Context, w *World, a Args) error {
	a.text = fmt.Sprintf("spec: {replicas: %d}", a.number("count"))
	a.values["part"] = "scale"
	return w.patch(ctx, a, mergePatch)
}

func deleteObject(ctx context.Context, w *World, a Args) error {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return err
	}
	body, err := yaml.YAMLToJSON([]byte(a.text))
	if err != nil {
		return broken("read the options: %w", err)
	}
	if !a.has {
		body = nil
	}
	return w.write(ctx, a, kind, "delete", client.Request{Method: http.MethodDelete, Body: body})
}

func evictPod(ctx context.Context, w *World, a Args) error {
	namespace, name := w.locate(a.get("name"))
	body, err := json.Marshal(map[string]any{
		"apiVersion": "policy/v1", "kind": "Eviction", "metadata": map[string]any{"name": name, "namespace": namespace},
	})
	if err != nil {
		return broken("evict Pod %q: %w", name, err)
	}
	path := "/api/v1/namespaces/" + namespace + "/pods/" + name + "/eviction"
	answer, err := w.actor.Send(ctx, client.Request{Method: http.MethodPost, Path: path, Body: body})
	return w.conclude(a, fmt.Sprintf("evict Pod %q", name), answer, err)
}

func deleteAll(ctx context.Context, w *World, a Args) error {
	kind, err := w.kind(ctx, a.get("kind"), "")
	if err != nil {
		return err
	}
	if !kind.Namespaced && !strings.Contains(a.get("label"), w.Namespace) {
		return broken("delete all %s objects: the kind is not namespaced, and the label does not hold ${ns}", kind.Kind)
	}
	request := client.Request{Method: http.MethodDelete, Path: kind.Path(w.Namespace, "", ""), Query: url.Values{"labelSelector": {a.get("label")}}}
	answer, err := w.actor.Send(ctx, request)
	return w.conclude(a, "delete all "+kind.Kind+" objects", answer, err)
}
