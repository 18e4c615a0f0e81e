// Package storage connects the generic registry to etcd: one client for all
// resources, a watch cache in front of most of them.
package storage

import (
	"context"
	"log/slog"
	"sync"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/kubernetes"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/cacher"
	"k8s.io/apiserver/pkg/storage/etcd3"
	"k8s.io/apiserver/pkg/storage/feature"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
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
	client    *kubernetes.Client
	compactor *compactor
	tracker   flowcontrol.StorageObjectCountTracker
}

// NewBackend starts the compaction of old revisions every compaction; zero
// means DefaultCompaction. The client is not closed by the backend.
func NewBackend(client *clientv3.Client, compaction time.Duration, tracker flowcontrol.StorageObjectCountTracker, log *slog.Logger) *Backend {
	if compaction == 0 {
		compaction = DefaultCompaction
	}
	if len(client.Endpoints()) == 0 {
		// An in-process client has no endpoint that the library could ask for its version.
		feature.DefaultFeatureSupportChecker.CheckClient(context.Background(), inProcess{}, storage.RequestWatchProgress)
	}
	kube := &kubernetes.Client{Client: client}
	kube.Kubernetes = kube
	return &Backend{
		client:    kube,
		compactor: startCompactor(etcdHistory{client}, compaction, log),
		tracker:   tracker,
	}
}

// Stop ends the compaction. Call it when the registries are destroyed.
func (b *Backend) Stop() { b.compactor.Stop() }

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
	s, err := etcd3.New(b.client, b.compactor, cfg.Codec, newFunc, newList, cfg.Prefix, prefix,
		cfg.GroupResource, identity.NewEncryptCheckTransformer(), cfg.LeaseManagerConfig,
		etcd3.NewDefaultDecoder(cfg.Codec, versioner), versioner)
	if err != nil {
		return nil, nil, err
	}
	return s, sync.OnceFunc(s.Close), nil
}

// inProcess answers the library's version probe for the member in this process.
type inProcess struct{}

func (inProcess) Endpoints() []string { return []string{"in-process"} }

func (inProcess) Status(context.Context, string) (*clientv3.StatusResponse, error) {
	return &clientv3.StatusResponse{Version: "3.6.0"}, nil
}
