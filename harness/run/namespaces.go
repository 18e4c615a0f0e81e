package run

import (
	"context"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatrial/seatrial/steps"
	"github.com/seatrial/seatrial/steps/wait"
)

// How long a run waits at its end for the Namespaces that it has deleted.
const (
	leave        = 30 * time.Second
	leaveInHaste = 15 * time.Second
)

// awaitNamespaces waits until the run's Namespaces are gone and lists those that are not. It changes no verdict.
func (r *runner) awaitNamespaces(ctx context.Context) []string {
	limit := leave
	if ctx.Err() != nil {
		limit = leaveInHaste
	}
	kind, err := r.cluster.Kinds.Find(context.WithoutCancel(ctx), "Namespace", "v1")
	if err != nil {
		return []string{err.Error()}
	}
	var left []string
	observe := wait.Objects(r.cluster.Dynamic.Resource(kind.GroupVersionResource), wait.Selector{Labels: steps.RunLabel + "=" + r.id}, func(objects []*unstructured.Unstructured) error {
		left = nil
		for _, object := range objects {
			left = append(left, "Namespace "+object.GetName())
		}
		if len(left) > 0 {
			return wait.Notf("%s", strings.Join(left, ", "))
		}
		return nil
	})
	if err := wait.Within(context.WithoutCancel(ctx), observe, limit); err != nil && len(left) == 0 {
		return []string{err.Error()}
	}
	return left
}
