package storage

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer/recognizer"
	"k8s.io/apiserver/pkg/registry/generic"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	"k8s.io/apiserver/pkg/storage/storagebackend/factory"
	"k8s.io/client-go/tools/cache"
)

// How is the way in which one resource is stored.
type How struct {
	Codec     runtime.Codec
	Versioner runtime.GroupVersioner
	NoCache   bool
}

// Getter gives the registries their storage; it implements generic.RESTOptionsGetter.
type Getter struct {
	backend *Backend
	how     func(schema.GroupResource) (How, error)
}

// Getter makes a getter that asks how for each resource.
func (b *Backend) Getter(how func(schema.GroupResource) (How, error)) *Getter {
	return &Getter{backend: b, how: how}
}

// CustomResources stores objects without Go types, as JSON.
func (b *Backend) CustomResources() *Getter {
	json := unstructured.UnstructuredJSONScheme
	codec := runtime.NewCodec(json, recognizer.NewDecoder(json))
	return b.Getter(func(schema.GroupResource) (How, error) { return How{Codec: codec}, nil })
}

// Encoded stores all resources of a group in version stored; memory is the
// version of the objects that the registries handle.
func (b *Backend) Encoded(s runtime.StorageSerializer, stored, memory schema.GroupVersion) (*Getter, error) {
	how, err := b.How(s, stored, memory)
	if err != nil {
		return nil, err
	}
	return b.Getter(func(schema.GroupResource) (How, error) { return how, nil }), nil
}

// How makes the codec of one resource.
func (b *Backend) How(s runtime.StorageSerializer, stored, memory schema.GroupVersion) (How, error) {
	codec, versioner, err := serverstorage.NewStorageCodec(serverstorage.StorageCodecConfig{
		StorageMediaType:  b.MediaType,
		StorageSerializer: s,
		StorageVersion:    stored,
		MemoryVersion:     memory,
	})
	if err != nil {
		return How{}, fmt.Errorf("make storage codec for %s: %w", stored, err)
	}
	return How{Codec: codec, Versioner: versioner}, nil
}

// GetRESTOptions implements generic.RESTOptionsGetter.
func (g *Getter) GetRESTOptions(gr schema.GroupResource, _ runtime.Object) (generic.RESTOptions, error) {
	how, err := g.how(gr)
	if err != nil {
		return generic.RESTOptions{}, err
	}
	cfg := *g.backend.Config
	cfg.Codec, cfg.EncodeVersioner = how.Codec, how.Versioner
	cfg.StorageObjectCountTracker = g.backend.Tracker
	options := generic.RESTOptions{
		StorageConfig:             cfg.ForResource(gr),
		Decorator:                 g.backend.decorate,
		EnableGarbageCollection:   !g.backend.KeepGarbage,
		DeleteCollectionWorkers:   max(g.backend.DeleteWorkers, 1),
		ResourcePrefix:            prefixOf(gr),
		CountMetricPollPeriod:     cfg.CountMetricPollPeriod,
		StorageObjectCountTracker: g.backend.Tracker,
	}
	if how.NoCache || g.backend.Uncached(gr) {
		options.Decorator = g.backend.uncached
	}
	return options, nil
}

func (b *Backend) uncached(cfg *storagebackend.ConfigForResource, prefix string,
	keyOf func(runtime.Object) (string, error), newFunc, newList func() runtime.Object,
	attrs storage.AttrFunc, triggers storage.IndexerFuncs, indexers *cache.Indexers,
) (storage.Interface, factory.DestroyFunc, error) {
	return b.open(cfg, prefix, keyOf, newFunc, newList, attrs, triggers, indexers)
}

func prefixOf(gr schema.GroupResource) string {
	if gr.Group == "" {
		return gr.Resource
	}
	return gr.Group + "/" + gr.Resource
}
