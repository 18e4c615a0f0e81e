// Package objects watches the metadata of every object in the cluster, and follows when resources come and go.
package objects

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controllers/served"
)

const (
	// patience bounds the wait for the first list of a resource. One that never answers, such as that
	// of a broken extension server, must not stop the collection of all others.
	patience = 10 * time.Second
	// rediscovery is the longest time until a change of the served resources is noticed.
	rediscovery = time.Minute
)

// afterChange are the times after a change of a CustomResourceDefinition or APIService at which
// discovery is asked: the server publishes the new resources a little later.
var afterChange = []time.Duration{20 * time.Millisecond, 500 * time.Millisecond, 3 * time.Second}

// Shared are informers that exist already, by resource, so that no second one is started.
type Shared map[schema.GroupVersionResource]cache.SharedIndexInformer

// Identity says where an object is.
type Identity struct {
	Resource        schema.GroupVersionResource
	Namespace, Name string
}

// Listener is told what happens to objects. Its methods are called by several goroutines, and must not block.
type Listener interface {
	Put(id Identity, obj metav1.Object)    // obj is new or has changed
	Remove(id Identity, obj metav1.Object) // obj has gone
	// Forget says that the resource is served no more; its objects may not have been removed.
	Forget(resource schema.GroupVersionResource)
	// Learn says that more kinds are known than before.
	Learn()
}

// Watchers know all objects, by one informer per resource.
type Watchers struct {
	client    metadata.Interface
	resources served.Func
	shared    Shared
	listeners []Listener
	log       *slog.Logger
	changed   chan struct{}

	mu      sync.RWMutex
	started bool
	running map[schema.GroupVersionResource]*watcher
	kinds   map[schema.GroupKind]served.Resource
}

type watcher struct {
	informer cache.SharedIndexInformer
	synced   func() bool
	since    time.Time
	stop     func()
}

// New prepares watchers of what resources returns. Run starts them.
func New(client metadata.Interface, resources served.Func, shared Shared, log *slog.Logger) *Watchers {
	return &Watchers{
		client: client, resources: resources, shared: shared, log: log, changed: make(chan struct{}, 1),
		running: map[schema.GroupVersionResource]*watcher{}, kinds: map[schema.GroupKind]served.Resource{},
	}
}

// Listen adds a listener. It must be called before Run.
func (w *Watchers) Listen(l Listener) { w.listeners = append(w.listeners, l) }

// Run keeps the watchers in step with what is served, until ctx ends.
func (w *Watchers) Run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	w.follow(ctx, &wg)
	again := time.NewTimer(rediscovery)
	defer again.Stop()
	var left []time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.changed:
			left = afterChange
		case <-again.C:
			w.follow(ctx, &wg)
		}
		if len(left) > 0 {
			again.Reset(left[0])
			left = left[1:]
		} else {
			again.Reset(rediscovery)
		}
	}
}

// Refresh asks for a look at discovery soon.
func (w *Watchers) Refresh() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// follow starts watchers of new resources and stops those of resources that are served no more.
func (w *Watchers) follow(ctx context.Context, wg *sync.WaitGroup) {
	all, err := w.resources(ctx)
	var incomplete *served.Incomplete
	if err != nil && !errors.As(err, &incomplete) {
		w.log.Warn("resources not discovered", "err", err)
		w.Refresh()
		return
	}
	wanted := map[schema.GroupVersionResource]served.Resource{}
	kinds := map[schema.GroupKind]served.Resource{}
	for _, r := range all {
		if watchable(r) {
			wanted[r.GroupVersionResource] = r
		}
		if r.Can("get") {
			kinds[schema.GroupKind{Group: r.Group, Kind: r.Kind}] = r
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for gvr, r := range wanted {
		if _, ok := w.running[gvr]; !ok {
			w.running[gvr] = w.start(ctx, wg, r)
		}
	}
	for gvr, one := range w.running {
		if _, ok := wanted[gvr]; !ok && incomplete == nil {
			one.stop()
			delete(w.running, gvr)
			w.tell(func(l Listener) { l.Forget(gvr) })
		}
	}
	if incomplete != nil { // keep what is known of groups that do not answer
		for kind, r := range w.kinds {
			if _, ok := kinds[kind]; !ok {
				kinds[kind] = r
			}
		}
	}
	if len(kinds) > len(w.kinds) {
		w.tell(Listener.Learn)
	}
	w.kinds, w.started = kinds, true
}

func (w *Watchers) tell(what func(Listener)) {
	for _, l := range w.listeners {
		what(l)
	}
}

// watchable leaves out events: there are many, and none owns anything.
func watchable(r served.Resource) bool {
	return r.Can("list", "watch", "delete") && r.Kind != "Event"
}

func (w *Watchers) start(ctx context.Context, wg *sync.WaitGroup, r served.Resource) *watcher {
	ctx, cancel := context.WithCancel(ctx)
	informer, shared := w.shared[r.GroupVersionResource]
	if !shared {
		informer = metadatainformer.NewFilteredMetadataInformer(w.client, r.GroupVersionResource, metav1.NamespaceAll, 0, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}, nil).Informer()
		_ = informer.SetTransform(strip) // fails only after the start
	}
	one := &watcher{informer: informer, since: time.Now(), stop: cancel, synced: func() bool { return false }}
	reg, err := informer.AddEventHandler(w.handler(r))
	if err != nil {
		w.log.Warn("resource not watched", "resource", r.String(), "err", err)
		return one
	}
	one.synced = reg.HasSynced
	if shared {
		context.AfterFunc(ctx, func() { _ = informer.RemoveEventHandler(reg) })
	} else {
		wg.Go(func() { informer.RunWithContext(ctx) })
	}
	return one
}

func (w *Watchers) handler(r served.Resource) cache.ResourceEventHandler {
	definesResources := r.Resource == "customresourcedefinitions" || r.Resource == "apiservices"
	put := func(obj any) {
		if o, ok := obj.(metav1.Object); ok {
			w.tell(func(l Listener) { l.Put(Identity{r.GroupVersionResource, o.GetNamespace(), o.GetName()}, o) })
		}
		if definesResources {
			w.Refresh()
		}
	}
	return cache.ResourceEventHandlerFuncs{
		AddFunc:    put,
		UpdateFunc: func(_, obj any) { put(obj) },
		DeleteFunc: func(obj any) {
			if unknown, ok := obj.(cache.DeletedFinalStateUnknown); ok {
				obj = unknown.Obj
			}
			if o, ok := obj.(metav1.Object); ok {
				w.tell(func(l Listener) { l.Remove(Identity{r.GroupVersionResource, o.GetNamespace(), o.GetName()}, o) })
			}
			if definesResources {
				w.Refresh()
			}
		},
	}
}

// strip keeps what identifies and relates objects.
func strip(obj any) (any, error) {
	if o, ok := obj.(*metav1.PartialObjectMetadata); ok {
		o.ManagedFields, o.Labels, o.Annotations = nil, nil, nil
	}
	return obj, nil
}

// Synced reports whether every resource was listed once, or had its time to be.
func (w *Watchers) Synced() bool {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for _, one := range w.running {
		if !one.synced() && time.Since(one.since) < patience {
			return false
		}
	}
	return w.started
}

// Resource returns the resource of a kind, in the preferred version.
func (w *Watchers) Resource(kind schema.GroupKind) (served.Resource, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	r, ok := w.kinds[kind]
	return r, ok
}

// Kind returns the kind of a resource; empty when it is not served.
func (w *Watchers) Kind(gvr schema.GroupVersionResource) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	for kind, r := range w.kinds {
		if r.GroupVersionResource == gvr {
			return kind.Kind
		}
	}
	return ""
}

// Object returns what the informers know of an object, or nil.
func (w *Watchers) Object(id Identity) metav1.Object {
	w.mu.RLock()
	one := w.running[id.Resource]
	w.mu.RUnlock()
	if one == nil {
		return nil
	}
	key := cache.ObjectName{Namespace: id.Namespace, Name: id.Name}
	item, exists, err := one.informer.GetStore().GetByKey(key.String())
	if err != nil || !exists {
		return nil
	}
	obj, _ := item.(metav1.Object)
	return obj
}

// InNamespace returns the objects of a resource in a namespace. ok is false when the resource is not watched.
func (w *Watchers) InNamespace(resource schema.GroupVersionResource, namespace string) (found []runtime.Object, ok bool) {
	w.mu.RLock()
	one := w.running[resource]
	w.mu.RUnlock()
	if one == nil || !one.synced() {
		return nil, false
	}
	items, err := one.informer.GetIndexer().ByIndex(cache.NamespaceIndex, namespace)
	if err != nil {
		return nil, false
	}
	for _, item := range items {
		if obj, ok := item.(runtime.Object); ok {
			found = append(found, obj)
		}
	}
	return found, true
}

// Resources returns what is watched or can be read.
func (w *Watchers) Resources() []served.Resource {
	w.mu.RLock()
	defer w.mu.RUnlock()
	all := make([]served.Resource, 0, len(w.kinds))
	for _, r := range w.kinds {
		all = append(all, r)
	}
	return all
}
