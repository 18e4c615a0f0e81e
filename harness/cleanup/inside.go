package cleanup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// rounds is how often a Namespace is looked through: what controllers make while the rest is deleted shows only the next time.
const rounds = 5

// Inside lists the objects of a Namespace, of the given kinds. What cannot be listed cannot have been made either, and is left out; so are
// kinds that tell of others: events, endpoints, and what is computed when it is asked for.
func Inside(ctx context.Context, cluster *client.Cluster, kinds []client.Kind, namespace string) []Object {
	var mu sync.Mutex
	var objects []Object
	each(kinds, func(kind client.Kind) {
		if !kind.Namespaced || slices.Contains([]string{"Event", "Endpoints", "EndpointSlice", "PodMetrics"}, kind.Kind) {
			return
		}
		metas, _ := list(ctx, cluster, kind.Path(namespace, "", ""), "")
		mu.Lock()
		defer mu.Unlock()
		for _, meta := range metas {
			objects = append(objects, Object{Kind: kind, Meta: meta})
		}
	})
	return unique(objects)
}

// Empty deletes what is in a Namespace but for what is kept, and waits until it is gone. The error tells what is left after the limit.
func Empty(ctx context.Context, cluster *client.Cluster, kinds []client.Kind, namespace string, kept func(Object) bool, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	r := &remover{cluster: cluster}
	for range rounds {
		strangers := slices.DeleteFunc(Inside(ctx, cluster, kinds, namespace), kept)
		if len(strangers) == 0 {
			return ctx.Err()
		}
		var mu sync.Mutex
		var refused []error
		each(strangers, func(o Object) {
			if err := r.delete(ctx, o); err != nil {
				mu.Lock()
				defer mu.Unlock()
				refused = append(refused, fmt.Errorf("remove %s: %w", o.Name(), err))
			}
		})
		if err := errors.Join(refused...); err != nil {
			return err
		}
		if err := awaitGone(ctx, cluster, namespace, strangers, limit); err != nil {
			return err
		}
	}
	return fmt.Errorf("empty namespace %q: something makes new objects in it", namespace)
}

// awaitGone waits until the objects have gone, one kind after the other.
func awaitGone(ctx context.Context, cluster *client.Cluster, namespace string, objects []Object, limit time.Duration) error {
	byKind := map[client.Kind]map[string]bool{}
	for _, o := range objects {
		if byKind[o.Kind] == nil {
			byKind[o.Kind] = map[string]bool{}
		}
		byKind[o.Kind][string(o.Meta.UID)+o.Meta.Name] = true
	}
	for kind, gone := range byKind {
		observe := wait.Objects(cluster.Dynamic.Resource(kind.GroupVersionResource).Namespace(namespace), wait.Selector{}, func(there []*unstructured.Unstructured) error {
			for _, object := range there {
				if gone[string(object.GetUID())+object.GetName()] {
					return wait.Notf("%s %q is still being removed%s", kind.Kind, object.GetName(), reason(object))
				}
			}
			return nil
		})
		if err := wait.Within(ctx, observe, limit); err != nil {
			return fmt.Errorf("empty namespace %q: %w", namespace, err)
		}
	}
	return nil
}
