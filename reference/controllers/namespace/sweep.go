package namespace

import (
	"context"
	"errors"
	"fmt"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/served"
)

// sweeper deletes everything in a namespace.
type sweeper struct {
	content   metadata.Interface
	resources served.Func
}

// findings say what a sweep could not remove, and why.
type findings struct {
	undiscovered error                        // some resources could not be listed by discovery
	failure      error                        // some deletions were refused
	remaining    map[schema.GroupResource]int // objects that still exist
	finalizers   map[string]int               // finalizers that objects wait for
}

func (f findings) empty() bool {
	return f.undiscovered == nil && f.failure == nil && len(f.remaining) == 0
}

// sweep deletes the pods first and the rest once they have gone, so that pods do not lose what they
// use while they end (KEP-5080).
func (s sweeper) sweep(ctx context.Context, namespace string) findings {
	found := findings{remaining: map[schema.GroupResource]int{}, finalizers: map[string]int{}}
	all, err := s.resources(ctx)
	var incomplete *served.Incomplete
	if err != nil && !errors.As(err, &incomplete) {
		found.undiscovered = err
		return found
	}
	found.undiscovered = err
	pods, others := deletable(all)
	s.remove(ctx, namespace, pods, &found)
	if len(found.remaining) == 0 && found.failure == nil {
		s.remove(ctx, namespace, others, &found)
	}
	return found
}

// deletable returns the namespaced resources whose objects can be listed and deleted, pods apart.
func deletable(all []served.Resource) (pods, others []served.Resource) {
	for _, r := range all {
		switch {
		case !r.Namespaced || !r.Can("list", "delete"):
		case r.Group == "" && r.Resource == "pods":
			pods = append(pods, r)
		default:
			others = append(others, r)
		}
	}
	return pods, others
}

func (s sweeper) remove(ctx context.Context, namespace string, resources []served.Resource, found *findings) {
	var mu sync.Mutex
	_, err := controller.Each(len(resources), func(i int) error {
		left, err := s.removeAll(ctx, resources[i], namespace)
		mu.Lock()
		defer mu.Unlock()
		if n := len(left); n > 0 {
			found.remaining[resources[i].GroupResource()] += n
		}
		for _, obj := range left {
			for _, f := range obj.Finalizers {
				found.finalizers[f]++
			}
		}
		return err
	})
	found.failure = err
}

// removeAll deletes the objects of one resource and returns those that are still there afterwards.
func (s sweeper) removeAll(ctx context.Context, r served.Resource, namespace string) ([]metav1.PartialObjectMetadata, error) {
	client := s.content.Resource(r.GroupVersionResource).Namespace(namespace)
	list, err := client.List(ctx, metav1.ListOptions{})
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", r.GroupResource(), err)
	}
	waiting := true
	for _, obj := range list.Items {
		waiting = waiting && obj.DeletionTimestamp != nil
	}
	if waiting {
		return list.Items, nil // nothing to delete, or all of it is on its way
	}
	policy := metav1.DeleteOptions{PropagationPolicy: new(metav1.DeletePropagationBackground)}
	if r.Can("deletecollection") {
		err = client.DeleteCollection(ctx, policy, metav1.ListOptions{})
	} else {
		err = deleteEach(ctx, client, list.Items, policy)
	}
	if err != nil && !gone(err) {
		return list.Items, fmt.Errorf("delete %s: %w", r.GroupResource(), err)
	}
	list, err = client.List(ctx, metav1.ListOptions{})
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", r.GroupResource(), err)
	}
	return list.Items, nil
}

func deleteEach(ctx context.Context, client metadata.ResourceInterface, items []metav1.PartialObjectMetadata, opts metav1.DeleteOptions) error {
	_, err := controller.Each(len(items), func(i int) error {
		if err := client.Delete(ctx, items[i].Name, opts); !gone(err) {
			return err
		}
		return nil
	})
	return err
}

// gone reports whether the object, or the resource itself, does not exist any more.
func gone(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err) }
