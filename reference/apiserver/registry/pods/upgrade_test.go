package pods

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// mayOnly allows one verb.
type mayOnly string

func (m mayOnly) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if a.GetVerb() == string(m) && a.GetResource() == "pods" && a.GetSubresource() == "exec" && a.GetName() == "p" && a.GetUser().GetName() == "u" {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

// "the API server ... performs an additional authorization check for the create verb" (since v1.35, for WebSocket streams).
func TestStreamNeedsTheRightToCreate(t *testing.T) {
	for _, c := range []struct {
		verb    string // of the request: a WebSocket begins with GET
		may     mayOnly
		refused bool
	}{
		{"get", "get", true},
		{"get", "create", false},
		{"create", "create", false},
		{"create", "get", false}, // was asked for create before it came here
	} {
		ctx := request.WithUser(t.Context(), &user.DefaultInfo{Name: "u"})
		ctx = request.WithRequestInfo(ctx, &request.RequestInfo{
			IsResourceRequest: true, Verb: c.verb, APIVersion: "v1", Namespace: "n", Resource: "pods", Subresource: "exec", Name: "p",
		})
		err := creates{c.may}.check(ctx)
		if apierrors.IsForbidden(err) != c.refused || !c.refused && err != nil {
			t.Errorf("%s by one who may %s: %v", c.verb, c.may, err)
		}
	}
}
