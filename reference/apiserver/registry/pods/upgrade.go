package pods

import (
	"context"

	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/filters"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
)

// creates lets a stream begin only for who may create the subresource: a WebSocket begins with GET, which the right to get would allow.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/authorization/#determine-the-request-verb
type creates struct{ authorizer authorizer.Authorizer }

func (c creates) check(ctx context.Context) error {
	asked, err := filters.GetAuthorizerAttributes(ctx)
	if err != nil || asked.GetVerb() == "create" {
		return err
	}
	create := authorizer.AttributesRecord{
		User: asked.GetUser(), Verb: "create", Namespace: asked.GetNamespace(),
		APIGroup: asked.GetAPIGroup(), APIVersion: asked.GetAPIVersion(),
		Resource: asked.GetResource(), Subresource: asked.GetSubresource(), Name: asked.GetName(),
		ResourceRequest: asked.IsResourceRequest(), Path: asked.GetPath(),
	}
	decision, reason, err := c.authorizer.Authorize(ctx, create)
	if decision == authorizer.DecisionAllow {
		return nil
	}
	if err != nil {
		return err
	}
	return responsewriters.ForbiddenStatusError(create, reason)
}
