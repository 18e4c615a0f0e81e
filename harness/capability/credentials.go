package capability

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/seatrial/seatrial/steps/client"
)

// The credentials of a Node that is not there, which has them by its name and its group alone.
// https://kubernetes.io/docs/reference/access-authn-authz/node/
const (
	strangeNode = "system:node:seatrial-dry-run"
	nodeGroup   = "system:nodes"
)

// restriction tries what the two parts of the protection decide: a Node has rights without any binding, and it makes no other Node.
func (d *detection) restriction(ctx context.Context) error {
	reason, err := d.nodeRights(ctx)
	if err == nil && reason == "" {
		reason, err = d.otherNode(ctx)
	}
	if err == nil {
		d.found(NodeRestriction, reason)
	}
	return err
}

func (d *detection) nodeRights(ctx context.Context) (reason string, err error) {
	body, err := json.Marshal(map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": map[string]any{
			"user": strangeNode, "groups": []string{nodeGroup}, "resourceAttributes": map[string]any{"verb": "create", "resource": "nodes"},
		},
	})
	if err != nil {
		return "", fmt.Errorf("ask for the rights of a node: %w", err)
	}
	answer, err := d.cluster.Send(ctx, client.Request{Method: http.MethodPost, Path: "/apis/authorization.k8s.io/v1/subjectaccessreviews", Body: body})
	switch {
	case err != nil:
		return "", err
	case answer.Refused():
		return "the rights of a Node cannot be asked for: " + brief(answer), nil
	case text(answer.Object, "status.allowed") != "true":
		return "a Node may not make itself known", nil
	}
	return "", nil
}

func (d *detection) otherNode(ctx context.Context) (reason string, err error) {
	node, err := d.cluster.Impersonate(strangeNode, nodeGroup)
	if err != nil {
		return "", fmt.Errorf("act as a node: %w", err)
	}
	body := `{"apiVersion":"v1","kind":"Node","metadata":{"name":"seatrial-dry-run-other"}}`
	request := client.Request{Method: http.MethodPost, Path: "/api/v1/nodes", Query: url.Values{"dryRun": {"All"}}, Body: []byte(body)}
	answer, err := node.Send(ctx, request)
	if err == nil && !answer.Refused() {
		reason = "a Node may make another Node"
	}
	return reason, err
}
