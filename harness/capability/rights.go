package capability

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/seatrial/seatrial/steps/client"
)

func (d *detection) scope(ctx context.Context) error {
	may, reason, err := d.may(ctx, map[string]any{"verb": "create", "resource": "namespaces"})
	if err == nil && !may && reason == "" {
		reason = "the user may not create Namespaces"
	}
	if err == nil {
		d.found(ClusterScope, reason)
	}
	return err
}

func (d *detection) admin(ctx context.Context) error {
	may, reason, err := d.may(ctx, map[string]any{"verb": "*", "group": "*", "resource": "*"})
	if err == nil && !may && reason == "" {
		reason = "the user may not do everything"
	}
	if err == nil {
		d.found(ClusterAdmin, reason)
	}
	return err
}

// may asks for the user's own rights, which every user may. The reason tells why there is no answer.
func (d *detection) may(ctx context.Context, attributes map[string]any) (may bool, reason string, err error) {
	body, err := json.Marshal(map[string]any{
		"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": map[string]any{"resourceAttributes": attributes},
	})
	if err != nil {
		return false, "", fmt.Errorf("ask for rights: %w", err)
	}
	answer, err := d.cluster.Send(ctx, client.Request{Method: http.MethodPost, Path: "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", Body: body})
	if err != nil {
		return false, "", err
	}
	if answer.Refused() {
		return false, "the user's rights cannot be asked for: " + brief(answer), nil
	}
	return text(answer.Object, "status.allowed") == "true", "", nil
}

func (d *detection) privileged(ctx context.Context) error {
	return d.dryRun(ctx, PrivilegedPods, map[string]any{"privileged": true})
}

func (d *detection) baseline(ctx context.Context) error { return d.dryRun(ctx, BaselinePods, nil) }

// dryRun lets the cluster's admission judge a Pod that is never made.
func (d *detection) dryRun(ctx context.Context, name string, securityContext map[string]any) error {
	container := map[string]any{"name": "main", "image": d.cluster.Images.Agnhost}
	if securityContext != nil {
		container["securityContext"] = securityContext
	}
	body, err := json.Marshal(map[string]any{
		"apiVersion": "v1", "kind": "Pod", "metadata": map[string]any{"name": "seatrial-dry-run", "namespace": d.namespace},
		"spec": map[string]any{"automountServiceAccountToken": false, "containers": []any{container}},
	})
	if err != nil {
		return fmt.Errorf("try a pod: %w", err)
	}
	answer, err := d.cluster.Send(ctx, client.Request{
		Method: http.MethodPost, Path: "/api/v1/namespaces/" + d.namespace + "/pods", Query: url.Values{"dryRun": {"All"}}, Body: body,
	})
	if err != nil {
		return err
	}
	reason := ""
	if answer.Refused() {
		reason = fmt.Sprintf("such a Pod in Namespace %s would be %s", d.namespace, answer)
	}
	d.found(name, reason)
	return nil
}
