package registry

import (
	"context"
	"reflect"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage/names"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/seatrial/seatrial/reference/api"
)

// strategy is how any row is created and updated: the hooks of the row around
// the rules that hold for all kinds.
type strategy struct {
	runtime.ObjectTyper
	names.NameGenerator
	row api.Resource
}

func newStrategy(row api.Resource, typer runtime.ObjectTyper) strategy {
	return strategy{ObjectTyper: typer, NameGenerator: names.SimpleNameGenerator, row: row}
}

func (s strategy) NamespaceScoped() bool          { return s.row.Scope == api.Namespaced }
func (s strategy) AllowCreateOnUpdate() bool      { return s.row.CreateOnUpdate }
func (s strategy) AllowUnconditionalUpdate() bool { return !s.row.ConditionalUpdate }

// Canonicalize completes a valid object before it is stored.
func (s strategy) Canonicalize(obj runtime.Object) {
	if s.row.Complete != nil {
		s.row.Complete(obj)
	}
}

// PrepareForCreate drops what the client may not set: status is written
// through /status, generation is counted by the server.
func (s strategy) PrepareForCreate(ctx context.Context, obj runtime.Object) {
	if s.row.Status && !s.row.StatusOnCreate {
		structField(obj, "Status").SetZero()
	}
	if s.countsGeneration(obj) {
		metadata(obj).SetGeneration(1)
	}
	if s.row.PrepareCreate != nil {
		s.row.PrepareCreate(ctx, obj)
	}
}

// PrepareForUpdate keeps the stored status and counts a change of the spec.
// A hook may set the generation itself; then it is not counted again.
func (s strategy) PrepareForUpdate(ctx context.Context, obj, old runtime.Object) {
	if s.row.Status {
		structField(obj, "Status").Set(structField(old, "Status"))
	}
	if s.row.PrepareUpdate != nil {
		s.row.PrepareUpdate(ctx, obj, old)
	}
	if !s.countsGeneration(obj) {
		return
	}
	before, now := metadata(old), metadata(obj)
	if now.GetGeneration() == before.GetGeneration() && !sameSpec(obj, old) {
		now.SetGeneration(before.GetGeneration() + 1)
	}
}

func (s strategy) countsGeneration(obj runtime.Object) bool {
	return !s.row.NoGeneration && structField(obj, "Spec").IsValid()
}

func sameSpec(a, b runtime.Object) bool {
	return equality.Semantic.DeepEqual(structField(a, "Spec").Interface(), structField(b, "Spec").Interface())
}

func (s strategy) Validate(ctx context.Context, obj runtime.Object) field.ErrorList {
	if s.row.Validate == nil {
		return nil
	}
	return s.row.Validate(ctx, obj)
}

func (s strategy) ValidateUpdate(ctx context.Context, obj, old runtime.Object) field.ErrorList {
	if s.row.ValidateUpdate == nil {
		return nil
	}
	return s.row.ValidateUpdate(ctx, obj, old)
}

func (s strategy) WarningsOnCreate(ctx context.Context, obj runtime.Object) []string {
	if s.row.Warnings == nil {
		return nil
	}
	return s.row.Warnings(ctx, obj, nil)
}

func (s strategy) WarningsOnUpdate(ctx context.Context, obj, old runtime.Object) []string {
	if s.row.Warnings == nil {
		return nil
	}
	return s.row.Warnings(ctx, obj, old)
}

// DefaultGarbageCollectionPolicy implements rest.GarbageCollectionDeleteStrategy.
func (s strategy) DefaultGarbageCollectionPolicy(context.Context) rest.GarbageCollectionPolicy {
	switch {
	case s.row.TTL > 0: // objects that end by themselves have no dependents
		return rest.Unsupported
	case s.row.OrphanByDefault:
		return rest.OrphanDependents
	default:
		return rest.DeleteDependents
	}
}

// GetResetFields tells server-side apply that status belongs to /status.
func (s strategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	if !s.row.Status {
		return nil
	}
	return resetFields(s.row, append([]string{"status"}, s.row.ResetFields...)...)
}

// Resets names the fields that a write of a subresource resets, for server-side apply.
func Resets(row api.Resource, names ...string) rest.ResetFieldsStrategy {
	return fixedResets(resetFields(row, names...))
}

type fixedResets map[fieldpath.APIVersion]*fieldpath.Set

func (f fixedResets) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set { return f }

func resetFields(row api.Resource, names ...string) map[fieldpath.APIVersion]*fieldpath.Set {
	sets := make(map[fieldpath.APIVersion]*fieldpath.Set, len(row.Served))
	for _, gv := range row.Served {
		set := fieldpath.NewSet()
		for _, name := range names {
			set.Insert(path(name))
		}
		sets[fieldpath.APIVersion(gv.String())] = set
	}
	return sets
}

// path reads metadata.labels.
func path(name string) fieldpath.Path {
	var path fieldpath.Path
	for step := range strings.SplitSeq(name, ".") {
		path = append(path, fieldpath.PathElement{FieldName: &step})
	}
	return path
}

// gracefulStrategy is the strategy of rows whose objects end gracefully. The
// library asks by type, so the others must not have the method.
type gracefulStrategy struct{ strategy }

func (s gracefulStrategy) CheckGracefulDelete(ctx context.Context, obj runtime.Object, opts *metav1.DeleteOptions) bool {
	return s.row.Graceful(ctx, obj, opts)
}

func deleteStrategy(row api.Resource, s strategy) rest.RESTDeleteStrategy {
	if row.Graceful == nil {
		return s
	}
	return gracefulStrategy{s}
}

// structField returns a field of an API object; it is not valid when the type has none of that name.
func structField(obj runtime.Object, name string) reflect.Value {
	return reflect.ValueOf(obj).Elem().FieldByName(name)
}

// metadata returns the metadata of a stored object. Every stored kind has it.
func metadata(obj runtime.Object) metav1.Object {
	m, err := meta.Accessor(obj)
	if err != nil {
		panic(err)
	}
	return m
}
