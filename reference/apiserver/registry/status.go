package registry

import (
	"context"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"
)

// Subresource reads and updates the objects of a store under another update
// strategy: /status, and every subresource that writes a part of the object.
type Subresource struct {
	store *genericregistry.Store
}

// NewSubresource makes a subresource of r that updates by the given strategy.
func NewSubresource(r *REST, update rest.RESTUpdateStrategy, reset rest.ResetFieldsStrategy) *Subresource {
	store := *r.Store
	store.UpdateStrategy = update
	store.ResetFieldsStrategy = reset
	return &Subresource{store: &store}
}

// NewStatus makes the /status of a row.
func NewStatus(r *REST) *Subresource {
	s := statusStrategy{newStrategy(r.Row, r.CreateStrategy)}
	return NewSubresource(r, s, s)
}

// New implements rest.Storage.
func (r *Subresource) New() runtime.Object { return r.store.New() }

// Destroy does nothing: the store belongs to the resource.
func (r *Subresource) Destroy() {}

// Get implements rest.Getter.
func (r *Subresource) Get(ctx context.Context, name string, opts *metav1.GetOptions) (runtime.Object, error) {
	return r.store.Get(ctx, name, opts)
}

// Update implements rest.Updater. A subresource never creates its object.
func (r *Subresource) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, _ bool, opts *metav1.UpdateOptions,
) (runtime.Object, bool, error) {
	return r.store.Update(ctx, name, info, create, update, false, opts)
}

// GetResetFields implements rest.ResetFieldsStrategy.
func (r *Subresource) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return r.store.GetResetFields()
}

// ConvertToTable implements rest.TableConvertor.
func (r *Subresource) ConvertToTable(ctx context.Context, obj, opts runtime.Object) (*metav1.Table, error) {
	return r.store.ConvertToTable(ctx, obj, opts)
}

// statusStrategy lets an update change status and metadata, nothing else.
type statusStrategy struct{ strategy }

func (statusStrategy) AllowCreateOnUpdate() bool { return false }

func (s statusStrategy) PrepareForUpdate(ctx context.Context, obj, old runtime.Object) {
	keepAllBut(obj, old, "Status")
	if s.row.PrepareStatusUpdate != nil {
		s.row.PrepareStatusUpdate(ctx, obj, old)
	}
}

// keepAllBut overwrites every field of obj with that of old, except metadata and the one named.
func keepAllBut(obj, old runtime.Object, name string) {
	now, before := reflect.ValueOf(obj).Elem(), reflect.ValueOf(old).Elem()
	for i := range now.NumField() {
		switch now.Type().Field(i).Name {
		case "TypeMeta", "ObjectMeta", name:
		default:
			now.Field(i).Set(before.Field(i))
		}
	}
}

func (s statusStrategy) ValidateUpdate(ctx context.Context, obj, old runtime.Object) field.ErrorList {
	if s.row.ValidateStatusUpdate == nil {
		return nil
	}
	return s.row.ValidateStatusUpdate(ctx, obj, old)
}

func (statusStrategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}

func (s statusStrategy) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return resetFields(s.row, append([]string{"spec"}, s.row.StatusResets...)...)
}
