package steps

import (
	"context"
	"errors"
	"net/http"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
)

// userSteps decide with whose rights the actions that follow are done. Outcomes are always observed with the rights of the kubeconfig.
func userSteps() []Step {
	return []Step{
		{
			Sentence: `I act as user {user}[ in group {group}]`, Phase: Setup, do: actAsUser,
			Doc: "The actions that follow impersonate this user.",
		},
		{
			Sentence: `I act as ServiceAccount {name}`, Phase: Setup, do: actAsAccount,
			Doc: "The actions that follow use a fresh token of this ServiceAccount, and nothing else.",
		},
		{
			Sentence: `I act with the token {token}`, Phase: Setup, do: actWithToken,
			Doc: "The actions that follow use this bearer token, and nothing else.",
		},
		{
			Sentence: `I act as nobody`, Phase: Setup, do: actAsNobody,
			Doc: "The actions that follow carry no credentials.",
		},
	}
}

func (w *World) become(user *client.User, err error) error {
	if err != nil {
		return broken("%w", err)
	}
	w.actor = user
	return nil
}

func actAsUser(_ context.Context, w *World, a Args) error {
	groups := []string{"system:authenticated"}
	if a.given("group") {
		groups = append(groups, a.get("group"))
	}
	return w.become(w.Cluster.Impersonate(a.get("user"), groups...))
}

func actAsAccount(ctx context.Context, w *World, a Args) error {
	namespace, name := w.locate(a.get("name"))
	path := "/api/v1/namespaces/" + namespace + "/serviceaccounts/" + name + "/token"
	body := `{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}`
	answer, err := w.Cluster.Send(ctx, client.Request{Method: http.MethodPost, Path: path, Body: []byte(body)})
	if err != nil {
		return err
	}
	if answer.Refused() {
		return &refusal{"ask for a token of ServiceAccount " + name, answer.String()}
	}
	token, err := partial.Field(answer.Object, "status.token")
	if err != nil {
		return broken("%w", err)
	}
	if partial.Text(token) == "" {
		return errors.New("ask for a token of ServiceAccount " + name + ": the answer has none")
	}
	return w.become(w.Cluster.WithToken("ServiceAccount "+name, partial.Text(token)))
}

func actWithToken(_ context.Context, w *World, a Args) error {
	return w.become(w.Cluster.WithToken("the bearer of a token", a.get("token")))
}

func actAsNobody(_ context.Context, w *World, _ Args) error {
	return w.become(w.Cluster.WithToken("nobody", ""))
}
