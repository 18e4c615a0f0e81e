package wait

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
)

// retry is the pause after an attempt to list or watch that did not get an answer.
const retry = 300 * time.Millisecond

// Selector picks the objects to watch.
type Selector struct{ Labels, Fields string }

// Objects makes an observer of a set of objects. It lists once and follows the changes by a watch; check sees the whole set, ordered by
// namespace and name, after the list and after every single change, so that no state in between is missed.
func Objects(resource dynamic.ResourceInterface, selector Selector, check func([]*unstructured.Unstructured) error) Observer {
	return func(ctx context.Context, see func(error) bool) error {
		set := &set{resource: resource, selector: selector, check: check, see: see}
		for {
			enough, err := set.follow(ctx)
			if enough {
				return nil
			}
			if err != nil && see(unreachable(err)) {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(retry):
			}
		}
	}
}

// unreachable tells an answer that cannot change by waiting from one that can: the resource may appear, the server may recover.
func unreachable(err error) error {
	if apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsBadRequest(err) || apierrors.IsInvalid(err) {
		return fmt.Errorf("observe objects: %w", err)
	}
	return Notf("observe objects: %v", err)
}

// set is the state of one observer.
type set struct {
	resource dynamic.ResourceInterface
	selector Selector
	check    func([]*unstructured.Unstructured) error
	see      func(error) bool
	objects  map[string]*unstructured.Unstructured
}

// follow lists and watches until enough was seen or the watch ends.
func (s *set) follow(ctx context.Context) (enough bool, err error) {
	options := metav1.ListOptions{LabelSelector: s.selector.Labels, FieldSelector: s.selector.Fields}
	list, err := s.resource.List(ctx, options)
	if err != nil {
		return false, fmt.Errorf("list: %w", err)
	}
	s.objects = map[string]*unstructured.Unstructured{}
	for i := range list.Items {
		s.objects[key(&list.Items[i])] = &list.Items[i]
		changed(ctx, "is there", nil, &list.Items[i])
	}
	if s.see(s.check(s.sorted())) {
		return true, nil
	}
	options.ResourceVersion = list.GetResourceVersion()
	w, err := s.resource.Watch(ctx, options)
	if err != nil {
		return false, fmt.Errorf("watch: %w", err)
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		if event.Type == watch.Error {
			return false, nil // usually an expired resourceVersion: list again
		}
		if s.apply(ctx, event) && s.see(s.check(s.sorted())) {
			return true, nil
		}
	}
	return false, nil
}

// apply takes one change into the set and reports whether it was one.
func (s *set) apply(ctx context.Context, event watch.Event) bool {
	object, ok := event.Object.(*unstructured.Unstructured)
	if !ok {
		return false
	}
	old := s.objects[key(object)]
	switch event.Type {
	case watch.Added, watch.Modified:
		what := "changes"
		if old == nil {
			what = "appears"
		}
		changed(ctx, what, old, object)
		s.objects[key(object)] = object
	case watch.Deleted:
		changed(ctx, "goes", object, nil)
		delete(s.objects, key(object))
	default:
		return false
	}
	return true
}

func (s *set) sorted() []*unstructured.Unstructured {
	objects := make([]*unstructured.Unstructured, 0, len(s.objects))
	for _, object := range s.objects {
		objects = append(objects, object)
	}
	slices.SortFunc(objects, func(a, b *unstructured.Unstructured) int { return strings.Compare(key(a), key(b)) })
	return objects
}

func key(object *unstructured.Unstructured) string {
	return object.GetNamespace() + "/" + object.GetName()
}
