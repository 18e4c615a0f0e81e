// Package registry serves the rows of the resource table: one store and one
// strategy for all kinds, with /status and /scale.
package registry

import (
	"context"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	"k8s.io/apiserver/pkg/warning"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/api"
)

// REST serves one stored resource. Special resources embed it or use its Store.
type REST struct {
	*genericregistry.Store
	Row api.Resource
}

// New opens the store of a row. The scheme knows the kinds of the row.
func New(row api.Resource, scheme *runtime.Scheme, options generic.RESTOptionsGetter) (*REST, error) {
	attrs := attributes(row)
	group := Hub(row).Group
	strategy := newStrategy(row, scheme)
	store := &genericregistry.Store{
		NewFunc:                   row.New,
		NewListFunc:               row.NewList,
		DefaultQualifiedResource:  schema.GroupResource{Group: group, Resource: row.Plural},
		SingularQualifiedResource: schema.GroupResource{Group: group, Resource: Singular(row)},
		CreateStrategy:            strategy,
		UpdateStrategy:            strategy,
		DeleteStrategy:            deleteStrategy(row, strategy),
		ResetFieldsStrategy:       strategy,
		ReturnDeletedObject:       row.DeleteReturnsObject,
		TableConvertor:            tableConvertor(row),
		PredicateFunc: func(l labels.Selector, f fields.Selector) storage.SelectionPredicate {
			return storage.SelectionPredicate{Label: l, Field: f, GetAttrs: attrs, IndexFields: row.Indexed}
		},
	}
	if ttl := uint64(row.TTL.Seconds()); ttl > 0 {
		store.TTLFunc = func(runtime.Object, uint64, bool) (uint64, error) { return ttl, nil }
	}
	triggers, indexers := indexes(row)
	err := store.CompleteWithOptions(&generic.StoreOptions{
		RESTOptions: options, AttrFunc: attrs, TriggerFunc: triggers, Indexers: indexers,
	})
	if err != nil {
		return nil, fmt.Errorf("open store of %q: %w", row.Plural, err)
	}
	return &REST{Store: store, Row: row}, nil
}

// Delete implements rest.GracefulDeleter.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, opts *metav1.DeleteOptions) (runtime.Object, bool, error) {
	r.warnOfOrphans(ctx, opts)
	return r.Store.Delete(ctx, name, validate, opts)
}

// DeleteCollection implements rest.CollectionDeleter.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, opts *metav1.DeleteOptions, list *metainternal.ListOptions) (runtime.Object, error) {
	r.warnOfOrphans(ctx, opts)
	return r.Store.DeleteCollection(ctx, validate, opts, list)
}

func (r *REST) warnOfOrphans(ctx context.Context, opts *metav1.DeleteOptions) {
	//nolint:staticcheck // deprecated, and still obeyed
	if r.Row.DeleteWarning != "" && opts != nil && opts.PropagationPolicy == nil && opts.OrphanDependents == nil {
		warning.AddWarning(ctx, "", r.Row.DeleteWarning)
	}
}

// ShortNames implements rest.ShortNamesProvider.
func (r *REST) ShortNames() []string { return r.Row.Short }

// Categories implements rest.CategoriesProvider.
func (r *REST) Categories() []string { return r.Row.Categories }

// Storages returns what the row serves by itself: the resource, /status and /scale.
func (r *REST) Storages() map[string]rest.Storage {
	m := map[string]rest.Storage{r.Row.Plural: r}
	if r.Row.NoCollection {
		m[r.Row.Plural] = Single{r}
	}
	if r.Row.Status {
		m[r.Row.Plural+"/status"] = NewStatus(r)
	}
	if r.Row.Scale {
		m[r.Row.Plural+"/scale"] = newScale(r)
	}
	return m
}

// Single is a resource without deletecollection, for which the library asks by type.
type Single struct{ OneByOne }

// OneByOne is what a store offers but deletecollection.
type OneByOne interface {
	rest.Storage
	rest.Scoper
	rest.Getter
	rest.Lister
	rest.CreaterUpdater
	rest.GracefulDeleter
	rest.Watcher
	rest.ShortNamesProvider
	rest.CategoriesProvider
	rest.SingularNameProvider
	rest.ResetFieldsStrategy
	rest.StorageVersionProvider
	rest.StorageWithReadiness
}

// Hub returns the group-version of the Go types of a row.
func Hub(row api.Resource) schema.GroupVersion {
	if row.Hub.Empty() {
		return row.Served[0]
	}
	return row.Hub
}

// StoredAs returns the group-version in which a row is written to etcd.
func StoredAs(row api.Resource) schema.GroupVersion {
	if row.Storage.Empty() {
		return Hub(row)
	}
	return row.Storage
}

// Singular returns the singular name of a row.
func Singular(row api.Resource) string {
	if row.Singular != "" {
		return row.Singular
	}
	return strings.ToLower(row.Kind)
}

func attributes(row api.Resource) storage.AttrFunc {
	return func(obj runtime.Object) (labels.Set, fields.Set, error) {
		m, err := meta.Accessor(obj)
		if err != nil {
			return nil, nil, err
		}
		set := fields.Set{}
		if row.Fields != nil {
			set = row.Fields(obj)
		}
		set["metadata.name"] = m.GetName()
		if row.Scope == api.Namespaced {
			set["metadata.namespace"] = m.GetNamespace()
		}
		return m.GetLabels(), set, nil
	}
}

// indexes makes the watch cache wake only the watchers that asked for the value
// of the first indexed field, and answer lists by any of them from an index.
func indexes(row api.Resource) (storage.IndexerFuncs, *cache.Indexers) {
	if len(row.Indexed) == 0 {
		return nil, nil
	}
	indexers := cache.Indexers{}
	for _, name := range row.Indexed {
		indexers[storage.FieldIndex(name)] = func(obj any) ([]string, error) {
			o, ok := obj.(runtime.Object)
			if !ok {
				return nil, fmt.Errorf("index field %q: %T is not an object", name, obj)
			}
			return []string{row.Fields(o)[name]}, nil
		}
	}
	first := row.Indexed[0]
	trigger := func(obj runtime.Object) string { return row.Fields(obj)[first] }
	return storage.IndexerFuncs{first: trigger}, &indexers
}
