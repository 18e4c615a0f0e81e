// Package storage connects the generic registry to etcd: one client for all
// resources, a watch cache in front of most of them.
package storage

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/feature"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/apiserver/pkg/storage/value"
	"k8s.io/apiserver/pkg/storage/value/encrypt/identity"
	flowcontrol "k8s.io/apiserver/pkg/util/flowcontrol/request"
	"k8s.io/client-go/tools/cache"
)

// DefaultCompaction is how long etcd keeps old revisions, and so how old a
// resourceVersion a watch may start from.
const DefaultCompaction = 5 * time.Minute

// Backend is etcd as the registries see it. The client is used by all
// resources: the library's own factory would dial once per resource.
type Backend struct {
	Options
	compactor *compactor
}

// Options configures a backend. Only Client is required.
type Options struct {
	// Client is not closed by the backend.
	Client *clientv3.Client
	// Compaction is how long old revisions are kept; zero means
	// DefaultCompaction, negative for ever.
	Compaction time.Duration
	Tracker    flowcontrol.StorageObjectCountTracker
	// Encryption says how the values of a resource are encrypted; nil means not at all.
	Encryption value.ResourceTransformers
	// Uncached says which resources have no watch cache, beside those that never have one.
	Uncached func(schema.GroupResource) bool
	// DeleteWorkers is how many objects of a collection are deleted at a time; zero means one.
	DeleteWorkers int
	// Config is what the library's flags say: the prefix of all keys, leases,
	// time limits, how often objects are counted. Nil means its defaults.
	Config *storagebackend.Config
	// MediaType is the encoding of built-in resources; empty means protobuf. Custom resources are always JSON.
	MediaType string
	// KeepGarbage makes a delete remove an object at once, whatever is said of its dependents.
	KeepGarbage bool
	Log         *slog.Logger
}

// DefaultConfig is the library's, with upstream's prefix, so that its tools find the objects.
func DefaultConfig() *storagebackend.Config {
	c := storagebackend.NewDefaultConfig("/registry", nil)
	c.CountMetricPollPeriod = time.Minute
	return c
}

// NewBackend starts the compaction of old revisions.
func NewBackend(o Options) *Backend {
	if o.Compaction == 0 {
		o.Compaction = DefaultCompaction
	}
	if o.Config == nil {
		o.Config = DefaultConfig()
	}
	o.MediaType = cmp.Or(o.MediaType, runtime.ContentTypeProtobuf)
	if o.Uncached == nil {
		o.Uncached = func(schema.GroupResource) bool { return false }
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if len(o.Client.Endpoints()) == 0 {
		// An in-process client has no endpoint that the library could ask for its version.
		feature.DefaultFeatureSupportChecker.CheckClient(context.Background(), inProcess{}, storage.RequestWatchProgress)
	}
	return &Backend{Options: o, compactor: startCompactor(etcdHistory{o.Client}, o.Compaction, o.Log)}
}

// Stop ends the compaction. Call it when the registries are destroyed.
func (b *Backend) Stop() { b.compactor.Stop() }

// key is a key of this server.
func (b *Backend) key(parts ...string) string {
	return path.Join("/", b.Config.Prefix, path.Join(parts...))
}

// Check asks etcd for a key, which needs a leader and a quorum.
func (b *Backend) Check(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if _, err := b.Client.Get(ctx, b.key("health"), clientv3.WithCountOnly()); err != nil {
		return fmt.Errorf("get health of etcd: %w", err)
	}
	return nil
}

// decorate opens the storage of one resource behind a watch cache.
func (b *Backend) decorate(cfg *storagebackend.ConfigForResource, prefix string,
	keyOf func(runtime.Object) (string, error), newFunc, newList func() runtime.Object,
	attrs storage.AttrFunc, triggers storage.IndexerFuncs, indexers *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	raw, _, err := b.open(cfg, prefix, keyOf, newFunc, newList, attrs, triggers, indexers)
	if err != nil {
		return nil, nil, err
	}
	c, err := cacher.NewCacherFromConfig(cacher.Config{
		Storage: raw, Versioner: storage.APIObjectVersioner{}, GroupResource: cfg.GroupResource,
		EventsHistoryWindow: cfg.EventsHistoryWindow, ResourcePrefix: prefix, KeyFunc: keyOf,
		NewFunc: newFunc, NewListFunc: newList, GetAttrsFunc: attrs,
		IndexerFuncs: triggers, Indexers: indexers, Codec: cfg.Codec,
	})
	if err != nil {
		return nil, nil, err
	}
	cached := cacher.NewCacheDelegator(c, raw)
	return cached, sync.OnceFunc(func() {
		cached.Stop()
		c.Stop()
		raw.Close()
	}), nil
}

// closer is the part of the unexported etcd store that its owner needs.
type closer interface {
	storage.Interface
	Close()
}

// open opens the storage of one resource without a cache.
func (b *Backend) open(cfg *storagebackend.ConfigForResource, prefix string,
	_ func(runtime.Object) (string, error), newFunc, newList func() runtime.Object,
	_ storage.AttrFunc, _ storage.IndexerFuncs, _ *cache.Indexers,
) (closer, factory.DestroyFunc, error) {
	versioner := storage.APIObjectVersioner{}
	s, err := etcd3.New(ownStream(b.Client, cfg.GroupResource.String()), b.compactor, cfg.Codec, newFunc, newList, cfg.Prefix, prefix,
		cfg.GroupResource, b.transformer(cfg.GroupResource), cfg.LeaseManagerConfig,
		etcd3.NewDefaultDecoder(cfg.Codec, versioner), versioner)
	if err != nil {
		return nil, nil, err
	}
	return s, sync.OnceFunc(s.Close), nil
}

// transformer encrypts the values of one resource, or checks that they are not encrypted.
func (b *Backend) transformer(gr schema.GroupResource) value.Transformer {
	if b.Encryption == nil {
		return identity.NewEncryptCheckTransformer()
	}
	return b.Encryption.TransformerForResource(gr)
}

// inProcess answers the library's version probe for the member in this process.
type inProcess struct{}

func (inProcess) Endpoints() []string { return []string{"in-process"} }

func (inProcess) Status(context.Context, string) (*clientv3.StatusResponse, error) {
	return &clientv3.StatusResponse{Version: "3.6.0"}, nil
}
