package evidence

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/partial"
)

// WhyNotGone says in one sentence why a Namespace that was deleted is still there; empty when it is gone.
func WhyNotGone(ctx context.Context, cluster *client.Cluster, namespace string) string {
	answer, err := cluster.Send(ctx, client.Request{Method: http.MethodGet, Path: "/api/v1/namespaces/" + namespace})
	object, ok := answer.Object.(map[string]any)
	switch {
	case err != nil:
		return Redact(fmt.Sprintf("Namespace %q cannot be read: %s.", namespace, sentence(err.Error())))
	case answer.Code == http.StatusNotFound:
		return ""
	case answer.Refused() || !ok:
		return Redact(fmt.Sprintf("Namespace %q cannot be read: %s.", namespace, sentence(answer.String())))
	}
	return Redact(Terminating(object))
}

// Terminating says in one sentence what a Namespace waits for that is being deleted.
func Terminating(namespace map[string]any) string {
	if field(namespace, "metadata.deletionTimestamp") == "" {
		return fmt.Sprintf("Namespace %q is there and is not being deleted.", name(namespace))
	}
	var reasons []string
	for _, condition := range list(namespace, "status.conditions") {
		if field(condition, "status") == "True" {
			reasons = append(reasons, sentence(field(condition, "message")))
		}
	}
	if len(reasons) == 0 {
		if finalizers := finalizersOf(namespace); finalizers != "" {
			reasons = append(reasons, "it is held by the finalizers "+finalizers)
		} else {
			reasons = append(reasons, "nothing is known of what holds it")
		}
	}
	return fmt.Sprintf("Namespace %q is being deleted since %s: %s.", name(namespace), field(namespace, "metadata.deletionTimestamp"), strings.Join(reasons, "; "))
}

// finalizersOf lists the finalizers of an object, and those of the specification of a Namespace.
func finalizersOf(object map[string]any) string {
	var all []string
	for _, path := range []string{"metadata.finalizers", "spec.finalizers"} {
		value, _ := partial.Field(object, path)
		finalizers, _ := value.([]any)
		for _, finalizer := range finalizers {
			all = append(all, partial.Text(finalizer))
		}
	}
	return strings.Join(all, ", ")
}
