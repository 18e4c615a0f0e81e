package api

import (
	"context"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// hooks is the behaviour of one row, typed by its kind. row fills the untyped
// functions of Resource from it; nil stays nil.
type hooks[T any] struct {
	fields func(*T) fields.Set

	create func(context.Context, *T)
	update func(obj, old *T)
	status func(obj, old *T)

	validate       func(*T) field.ErrorList
	validateUpdate func(obj, old *T) field.ErrorList
	validateStatus func(obj, old *T) field.ErrorList

	complete func(*T)                   // after validation
	warnings func(obj, old *T) []string // old is nil on create
	graceful func(*T, *metav1.DeleteOptions) bool
}

// object is a pointer type that is an API object.
type object[T any] interface {
	*T
	runtime.Object
}

// row completes r for kind T with list L: the kind's name, its constructors and its hooks.
func row[T, L any, P object[T], Q object[L]](r Resource, h hooks[T]) Resource {
	typed := func(obj runtime.Object) *T {
		if obj == nil {
			return nil
		}
		return (*T)(obj.(P))
	}
	r.Kind = reflect.TypeFor[T]().Name()
	r.New = func() runtime.Object { return P(new(T)) }
	r.NewList = func() runtime.Object { return Q(new(L)) }

	if h.fields != nil {
		r.Fields = func(obj runtime.Object) fields.Set { return h.fields(typed(obj)) }
	}
	if h.create != nil {
		r.PrepareCreate = func(ctx context.Context, obj runtime.Object) { h.create(ctx, typed(obj)) }
	}
	r.PrepareUpdate = prepareUpdate(h.update, typed)
	r.PrepareStatusUpdate = prepareUpdate(h.status, typed)
	if h.validate != nil {
		r.Validate = func(_ context.Context, obj runtime.Object) field.ErrorList { return h.validate(typed(obj)) }
	}
	r.ValidateUpdate = validateUpdate(h.validateUpdate, typed)
	r.ValidateStatusUpdate = validateUpdate(h.validateStatus, typed)
	if h.complete != nil {
		r.Complete = func(obj runtime.Object) { h.complete(typed(obj)) }
	}
	if h.warnings != nil {
		r.Warnings = func(_ context.Context, obj, old runtime.Object) []string { return h.warnings(typed(obj), typed(old)) }
	}
	if h.graceful != nil {
		r.Graceful = func(_ context.Context, obj runtime.Object, opts *metav1.DeleteOptions) bool {
			return h.graceful(typed(obj), opts)
		}
	}
	return r
}

func prepareUpdate[T any](f func(obj, old *T), typed func(runtime.Object) *T) func(context.Context, runtime.Object, runtime.Object) {
	if f == nil {
		return nil
	}
	return func(_ context.Context, obj, old runtime.Object) { f(typed(obj), typed(old)) }
}

func validateUpdate[T any](f func(obj, old *T) field.ErrorList, typed func(runtime.Object) *T) func(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	if f == nil {
		return nil
	}
	return func(_ context.Context, obj, old runtime.Object) field.ErrorList { return f(typed(obj), typed(old)) }
}

// in lists the group-versions that serve a row, the preferred one first.
func in(versions ...schema.GroupVersion) []schema.GroupVersion { return versions }

// names keeps lists of short names and categories readable in rows.
func names(list ...string) []string { return list }
