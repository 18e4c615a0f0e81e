package objects

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
)

const (
	firstRetry = 100 * time.Millisecond
	lastRetry  = 10 * time.Second
)

// entry is one watched object. object is nil when it does not exist; known is false before the first list.
type entry struct {
	store  *Store
	ref    Ref
	cancel context.CancelFunc
	users  map[*func()]bool
	object runtime.Object
	known  bool
}

func (e *entry) run(ctx context.Context) {
	retry := firstRetry
	for ctx.Err() == nil {
		started := e.store.clock.Now()
		err := e.listAndWatch(ctx)
		if ctx.Err() != nil {
			return
		}
		if e.store.clock.Since(started) > lastRetry {
			retry = firstRetry
		}
		if err != nil {
			e.store.log.Debug("watch object", "object", e.ref.String(), "err", err)
		}
		select {
		case <-ctx.Done():
		case <-e.store.clock.After(retry):
		}
		retry = min(2*retry, lastRetry)
	}
}

func (e *entry) listAndWatch(ctx context.Context) error {
	options := metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector(metav1.ObjectNameField, e.ref.Name).String()}
	list, err := e.list(ctx, options)
	if err != nil {
		return fmt.Errorf("list: %w", err)
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	if len(items) == 1 {
		e.set(items[0])
	} else {
		e.set(nil)
	}
	accessor, err := meta.ListAccessor(list)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	options.ResourceVersion = accessor.GetResourceVersion()
	options.AllowWatchBookmarks = true
	watcher, err := e.watch(ctx, options)
	if err != nil {
		return fmt.Errorf("watch: %w", err)
	}
	defer watcher.Stop()
	return e.follow(ctx, watcher)
}

func (e *entry) follow(ctx context.Context, watcher watch.Interface) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case event, open := <-watcher.ResultChan():
			if !open {
				return nil
			}
			switch event.Type {
			case watch.Added, watch.Modified:
				e.set(event.Object)
			case watch.Deleted:
				e.set(nil)
			case watch.Error:
				return apierrors.FromObject(event.Object)
			}
		}
	}
}

func (e *entry) list(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
	core := e.store.client.CoreV1()
	if e.ref.Kind == Secret {
		return core.Secrets(e.ref.Namespace).List(ctx, options)
	}
	return core.ConfigMaps(e.ref.Namespace).List(ctx, options)
}

func (e *entry) watch(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
	core := e.store.client.CoreV1()
	if e.ref.Kind == Secret {
		return core.Secrets(e.ref.Namespace).Watch(ctx, options)
	}
	return core.ConfigMaps(e.ref.Namespace).Watch(ctx, options)
}

func (e *entry) set(object runtime.Object) {
	e.store.mu.Lock()
	e.object, e.known = object, true
	users := make([]func(), 0, len(e.users))
	for user := range e.users {
		users = append(users, *user)
	}
	e.store.mu.Unlock()
	for _, changed := range users {
		changed()
	}
}
