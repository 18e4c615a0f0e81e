package registry

import (
	"context"
	"fmt"
	"reflect"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/api/columns"
)

// scaleREST is the /scale of kinds with spec.replicas, spec.selector and status.replicas.
type scaleREST struct {
	rest.TableConvertor
	parent *REST
}

func newScale(parent *REST) *scaleREST {
	return &scaleREST{TableConvertor: NewTable(columns.Scale()), parent: parent}
}

func (r *scaleREST) New() runtime.Object { return &autoscalingv1.Scale{} }

func (r *scaleREST) Destroy() {}

func (r *scaleREST) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return autoscalingv1.SchemeGroupVersion.WithKind("Scale")
}

func (r *scaleREST) Get(ctx context.Context, name string, opts *metav1.GetOptions) (runtime.Object, error) {
	obj, err := r.parent.Get(ctx, name, opts)
	if err != nil {
		return nil, err
	}
	return scaleOf(obj)
}

func (r *scaleREST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, _ bool, opts *metav1.UpdateOptions,
) (runtime.Object, bool, error) {
	obj, _, err := r.parent.Update(ctx, name, &scaleUpdate{info, r.parent.Row},
		func(ctx context.Context, obj runtime.Object) error {
			scale, err := scaleOf(obj)
			if err != nil {
				return err
			}
			return create(ctx, scale)
		},
		func(ctx context.Context, obj, old runtime.Object) error {
			scale, err := scaleOf(obj)
			if err != nil {
				return err
			}
			oldScale, err := scaleOf(old)
			if err != nil {
				return err
			}
			return update(ctx, scale, oldScale)
		}, false, opts)
	if err != nil {
		return nil, false, err
	}
	scale, err := scaleOf(obj)
	return scale, false, err
}

// scaleOf reads the scale of a workload.
func scaleOf(obj runtime.Object) (*autoscalingv1.Scale, error) {
	m := metadata(obj)
	scale := &autoscalingv1.Scale{ObjectMeta: metav1.ObjectMeta{
		Name: m.GetName(), Namespace: m.GetNamespace(), UID: m.GetUID(),
		ResourceVersion: m.GetResourceVersion(), CreationTimestamp: m.GetCreationTimestamp(),
	}}
	if replicas := structField(obj, "Spec").FieldByName("Replicas"); !replicas.IsNil() {
		scale.Spec.Replicas = int32(replicas.Elem().Int())
	}
	scale.Status.Replicas = int32(structField(obj, "Status").FieldByName("Replicas").Int())
	switch selector := structField(obj, "Spec").FieldByName("Selector").Interface().(type) {
	case *metav1.LabelSelector:
		parsed, err := metav1.LabelSelectorAsSelector(selector)
		if err != nil {
			return nil, apierrors.NewBadRequest(fmt.Sprintf("read selector of %q: %v", m.GetName(), err))
		}
		scale.Status.Selector = parsed.String()
	case map[string]string:
		scale.Status.Selector = labels.Set(selector).AsSelector().String()
	}
	return scale, nil
}

// scaleUpdate turns an update of the scale into an update of the workload.
type scaleUpdate struct {
	rest.UpdatedObjectInfo
	row api.Resource
}

func (u *scaleUpdate) UpdatedObject(ctx context.Context, old runtime.Object) (runtime.Object, error) {
	managed := managedfields.NewScaleHandler(metadata(old).GetManagedFields(), u.row.Served[0], replicasPaths(u.row))
	scale, err := scaleOf(old)
	if err != nil {
		return nil, err
	}
	if scale.ManagedFields, err = managed.ToSubresource(); err != nil {
		return nil, err
	}
	updated, err := u.UpdatedObjectInfo.UpdatedObject(ctx, scale)
	if err != nil {
		return nil, err
	}
	scale, ok := updated.(*autoscalingv1.Scale)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("update scale: %T is not a Scale", updated))
	}
	if scale.Spec.Replicas < 0 {
		return nil, apierrors.NewInvalid(schema.GroupKind{Group: autoscalingv1.GroupName, Kind: "Scale"}, scale.Name, field.ErrorList{
			field.Invalid(field.NewPath("spec", "replicas"), scale.Spec.Replicas, "must be greater than or equal to 0"),
		})
	}
	if uid := metadata(old).GetUID(); scale.UID != "" && scale.UID != uid {
		return nil, apierrors.NewConflict(schema.GroupResource{Group: u.row.Served[0].Group, Resource: u.row.Plural + "/scale"}, scale.Name,
			fmt.Errorf("precondition failed: UID in precondition: %v, UID in object meta: %v", scale.UID, uid))
	}
	obj := old.DeepCopyObject()
	structField(obj, "Spec").FieldByName("Replicas").Set(reflect.ValueOf(&scale.Spec.Replicas))
	metadata(obj).SetResourceVersion(scale.ResourceVersion)
	entries, err := managed.ToParent(scale.ManagedFields)
	if err != nil {
		return nil, err
	}
	metadata(obj).SetManagedFields(entries)
	return obj, nil
}

func replicasPaths(row api.Resource) managedfields.ResourcePathMappings {
	paths := managedfields.ResourcePathMappings{}
	for _, gv := range row.Served {
		paths[gv.String()] = fieldpath.MakePathOrDie("spec", "replicas")
	}
	return paths
}
