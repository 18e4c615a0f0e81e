package steps

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
	"github.com/seatrial/seatrial/steps/wait"
)

// accessOutcomes are what the authorizers say.
func accessOutcomes() []Step {
	return []Step{
		{
			Sentence: `user {user}[ in group {group}] {may} {verb} {resource}[ in Namespace {namespace}]`, Phase: Outcome, observe: userMay,
			Doc: "A SubjectAccessReview for the resource, in the scenario's Namespace unless another one is named.",
		},
		{
			Sentence: `ServiceAccount {name} {may} {verb} {resource}`, Phase: Outcome, observe: accountMay,
			Doc: "A SubjectAccessReview for the resource in the scenario's Namespace.",
		},
		{
			Sentence: `a request with the token {token} is refused with {code} {reason}`, Phase: Outcome, observe: tokenRefused,
			Doc: "A request that carries this bearer token and nothing else is refused like this.",
		},
	}
}

func userMay(_ context.Context, w *World, a Args) (wait.Observer, error) {
	groups := []string{"system:authenticated"}
	if a.given("group") {
		groups = append(groups, a.get("group"))
	}
	return w.review(a, a.get("user"), groups)
}

func accountMay(_ context.Context, w *World, a Args) (wait.Observer, error) {
	namespace, name := w.locate(a.get("name"))
	user := "system:serviceaccount:" + namespace + ":" + name
	return w.review(a, user, []string{"system:authenticated", "system:serviceaccounts", "system:serviceaccounts:" + namespace})
}

func (w *World) review(a Args, user string, groups []string) (wait.Observer, error) {
	namespace := w.Namespace
	if a.given("namespace") {
		namespace = a.get("namespace")
	}
	resource, group, _ := strings.Cut(a.get("resource"), ".")
	body, err := json.Marshal(map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
		"spec": map[string]any{"user": user, "groups": groups, "resourceAttributes": map[string]any{
			"namespace": namespace, "verb": a.get("verb"), "resource": resource, "group": group,
		}},
	})
	if err != nil {
		return nil, broken("review access: %w", err)
	}
	request := client.Request{Method: http.MethodPost, Path: "/apis/authorization.k8s.io/v1/subjectaccessreviews", Body: body}
	wanted := a.get("may") == "may"
	return wait.Probe(askAgain, func(ctx context.Context) error {
		answer, err := w.Cluster.Send(ctx, request)
		if err != nil {
			return wait.Notf("%v", err)
		}
		allowed, err := partial.Field(answer.Object, "status.allowed")
		if err != nil || answer.Refused() {
			return wait.Notf("the review is %s", answer)
		}
		if (allowed == true) != wanted {
			return wait.Notf("the review says allowed: %v", allowed == true)
		}
		return nil
	}), nil
}

func tokenRefused(_ context.Context, w *World, a Args) (wait.Observer, error) {
	bearer, err := w.Cluster.WithToken("the bearer of a token", a.get("token"))
	if err != nil {
		return nil, broken("%w", err)
	}
	return wait.Probe(askAgain, func(ctx context.Context) error {
		answer, err := bearer.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + w.Namespace + "/configmaps"})
		if err != nil {
			return wait.Notf("%v", err)
		}
		return refusedAs(answer, a)
	}), nil
}
