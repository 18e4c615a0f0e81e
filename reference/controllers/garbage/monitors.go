package garbage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
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

// monitors watch the metadata of all resources, and follow when resources come and go.
type monitors struct {
	client    metadata.Interface
	resources served.Func
	shared    Shared
	graph     *graph
	log       *slog.Logger
	changed   chan struct{}

	mu      sync.RWMutex
	started bool
	running map[schema.GroupVersionResource]*monitor
	kinds   map[schema.GroupKind]served.Resource
}

type monitor struct {
	informer cache.SharedIndexInformer
	synced   func() bool
	since    time.Time
	stop     func()
}

func newMonitors(client metadata.Interface, resources served.Func, shared Shared, g *graph, log *slog.Logger) *monitors {
	return &monitors{
		client: client, resources: resources, shared: shared, graph: g, log: log, changed: make(chan struct{}, 1),
		running: map[schema.GroupVersionResource]*monitor{}, kinds: map[schema.GroupKind]served.Resource{},
	}
}

// run keeps the monitors in step with what is served, until ctx ends.
func (m *monitors) run(ctx context.Context) {
	var wg sync.WaitGroup
	defer wg.Wait()
	m.follow(ctx, &wg)
	again := time.NewTimer(rediscovery)
	defer again.Stop()
	var left []time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case <-m.changed:
			left = afterChange
		case <-again.C:
			m.follow(ctx, &wg)
		}
		if len(left) > 0 {
			again.Reset(left[0])
			left = left[1:]
		} else {
			again.Reset(rediscovery)
		}
	}
}

// refresh asks for a look at discovery soon.
func (m *monitors) refresh() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// follow starts monitors of new resources and stops those of resources that are served no more.
func (m *monitors) follow(ctx context.Context, wg *sync.WaitGroup) {
	all, err := m.resources(ctx)
	var incomplete *served.Incomplete
	if err != nil && !errors.As(err, &incomplete) {
		m.log.Warn("resources not discovered", "err", err)
		m.refresh()
		return
	}
	wanted := map[schema.GroupVersionResource]served.Resource{}
	kinds := map[schema.GroupKind]served.Resource{}
	for _, r := range all {
		if collectable(r) {
			wanted[r.GroupVersionResource] = r
		}
		if r.Can("get") {
			kinds[schema.GroupKind{Group: r.Group, Kind: r.Kind}] = r
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for gvr, r := range wanted {
		if _, ok := m.running[gvr]; !ok {
			m.running[gvr] = m.start(ctx, wg, r)
		}
	}
	for gvr, one := range m.running {
		if _, ok := wanted[gvr]; !ok && incomplete == nil {
			one.stop()
			delete(m.running, gvr)
			m.graph.forget(gvr)
		}
	}
	if incomplete != nil { // keep what is known of groups that do not answer
		for kind, r := range m.kinds {
			if _, ok := kinds[kind]; !ok {
				kinds[kind] = r
			}
		}
	}
	if len(kinds) > len(m.kinds) {
		m.graph.wakeAll() // an owner's kind may have become known
	}
	m.kinds, m.started = kinds, true
}

// collectable leaves out events: there are many, and none owns anything.
func collectable(r served.Resource) bool {
	return r.Can("list", "watch", "delete") && r.Kind != "Event"
}

func (m *monitors) start(ctx context.Context, wg *sync.WaitGroup, r served.Resource) *monitor {
	ctx, cancel := context.WithCancel(ctx)
	informer, shared := m.shared[r.GroupVersionResource]
	if !shared {
		informer = metadatainformer.NewFilteredMetadataInformer(m.client, r.GroupVersionResource, metav1.NamespaceAll, 0, cache.Indexers{}, nil).Informer()
		_ = informer.SetTransform(strip) // fails only after the start
	}
	one := &monitor{informer: informer, since: time.Now(), stop: cancel, synced: func() bool { return false }}
	reg, err := informer.AddEventHandler(m.handler(r))
	if err != nil {
		m.log.Warn("resource not watched", "resource", r.String(), "err", err)
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

func (m *monitors) handler(r served.Resource) cache.ResourceEventHandler {
	definesResources := r.Resource == "customresourcedefinitions" || r.Resource == "apiservices"
	put := func(obj any) {
		if o, ok := obj.(metav1.Object); ok {
			m.graph.put(identity{r.GroupVersionResource, o.GetNamespace(), o.GetName()}, o)
		}
		if definesResources {
			m.refresh()
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
				m.graph.remove(o.GetUID())
			}
			if definesResources {
				m.refresh()
			}
		},
	}
}

// strip keeps only what collection needs.
func strip(obj any) (any, error) {
	if o, ok := obj.(*metav1.PartialObjectMetadata); ok {
		o.ManagedFields, o.Labels, o.Annotations = nil, nil, nil
	}
	return obj, nil
}

// synced reports whether every resource was listed once, or had its time to be.
func (m *monitors) synced() bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, one := range m.running {
		if !one.synced() && time.Since(one.since) < patience {
			return false
		}
	}
	return m.started
}

func (m *monitors) resource(kind schema.GroupKind) (served.Resource, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.kinds[kind]
	return r, ok
}

func (m *monitors) kind(gvr schema.GroupVersionResource) string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for kind, r := range m.kinds {
		if r.GroupVersionResource == gvr {
			return kind.Kind
		}
	}
	return ""
}

// object returns what the informers know of an object, or nil.
func (m *monitors) object(id identity) metav1.Object {
	m.mu.RLock()
	one := m.running[id.resource]
	m.mu.RUnlock()
	if one == nil {
		return nil
	}
	key := cache.ObjectName{Namespace: id.namespace, Name: id.name}
	item, exists, err := one.informer.GetStore().GetByKey(key.String())
	if err != nil || !exists {
		return nil
	}
	obj, _ := item.(metav1.Object)
	return obj
}
