// Package claim decides which objects belong to an owner: it adopts orphans that the selector matches and releases what it does not match any more.
package claim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
)

// Owner adopts and releases children.
type Owner struct {
	metav1.Object
	Kind     schema.GroupVersionKind
	Selector labels.Selector
	// Fresh reads the owner from the API server: nothing is adopted for an owner that was deleted meanwhile.
	Fresh func(ctx context.Context) (metav1.Object, error)
	// Adopts says which matching orphans may be adopted; nil means all.
	Adopts func(orphan metav1.Object) bool
	// Finalizer is taken from released children; empty means none.
	Finalizer string
	// Writes remembers adopted and released children under the key of the owner; it may be nil.
	Writes *controller.Writes
}

// Patch is the Patch method of a typed client.
type Patch[T metav1.Object] func(ctx context.Context, name string, pt types.PatchType, data []byte, opts metav1.PatchOptions, subresources ...string) (T, error)

// Children returns what the owner controls after adopting and releasing. The informer must be indexed by controller.
func Children[T metav1.Object](ctx context.Context, o Owner, informer cache.SharedIndexInformer, patch Patch[T]) ([]T, error) {
	d := decide(o, controller.Controlled[T](informer, o.GetUID()), controller.Orphans[T](informer, o.GetNamespace()))
	var errs []error
	for _, child := range d.release {
		errs = append(errs, release(ctx, o, child, informer, patch))
	}
	if len(d.adopt) > 0 {
		adopted, err := adopt(ctx, o, d.adopt, informer, patch)
		d.keep = append(d.keep, adopted...)
		errs = append(errs, err)
	}
	return d.keep, errors.Join(errs...)
}

type decision[T metav1.Object] struct{ keep, adopt, release []T }

// decide is free of I/O. An owner that is being deleted takes and gives nothing.
func decide[T metav1.Object](o Owner, controlled, orphans []T) decision[T] {
	var d decision[T]
	leaving := o.GetDeletionTimestamp() != nil
	for _, child := range controlled {
		switch {
		case o.Selector.Matches(labels.Set(child.GetLabels())):
			d.keep = append(d.keep, child)
		case !leaving:
			d.release = append(d.release, child)
		}
	}
	for _, child := range orphans {
		if o.Adopts != nil && !o.Adopts(child) {
			continue
		}
		if !leaving && child.GetDeletionTimestamp() == nil && o.Selector.Matches(labels.Set(child.GetLabels())) {
			d.adopt = append(d.adopt, child)
		}
	}
	return d
}

func adopt[T metav1.Object](ctx context.Context, o Owner, orphans []T, informer cache.SharedIndexInformer, patch Patch[T]) ([]T, error) {
	fresh, err := o.Fresh(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %s before adoption: %w", o.Kind.Kind, err)
	}
	if fresh.GetUID() != o.GetUID() || fresh.GetDeletionTimestamp() != nil {
		return nil, nil // the event of the deletion or replacement comes later
	}
	var adopted []T
	var errs []error
	for _, orphan := range orphans {
		data, err := json.Marshal(map[string]any{"metadata": map[string]any{
			"uid":             orphan.GetUID(),
			"ownerReferences": []metav1.OwnerReference{*metav1.NewControllerRef(o.Object, o.Kind)},
		}})
		if err != nil {
			return adopted, fmt.Errorf("encode owner reference: %w", err)
		}
		child, err := patch(ctx, orphan.GetName(), types.StrategicMergePatchType, data, metav1.PatchOptions{})
		switch {
		case err == nil:
			adopted = append(adopted, child)
			o.saved(informer, child)
		case apierrors.IsNotFound(err):
		default:
			errs = append(errs, fmt.Errorf("adopt %q: %w", orphan.GetName(), err))
		}
	}
	return adopted, errors.Join(errs...)
}

func release[T metav1.Object](ctx context.Context, o Owner, child T, informer cache.SharedIndexInformer, patch Patch[T]) error {
	metadata := map[string]any{
		"uid":             child.GetUID(),
		"ownerReferences": []map[string]any{{"$patch": "delete", "uid": o.GetUID()}},
	}
	if o.Finalizer != "" {
		metadata["$deleteFromPrimitiveList/finalizers"] = []string{o.Finalizer}
	}
	data, err := json.Marshal(map[string]any{"metadata": metadata})
	if err != nil {
		return fmt.Errorf("encode release: %w", err)
	}
	released, err := patch(ctx, child.GetName(), types.StrategicMergePatchType, data, metav1.PatchOptions{})
	// Invalid: the child has no owner references left, or it is another object of the same name.
	if apierrors.IsNotFound(err) || apierrors.IsInvalid(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("release %q: %w", child.GetName(), err)
	}
	o.saved(informer, released)
	return nil
}

func (o Owner) saved(informer cache.SharedIndexInformer, child metav1.Object) {
	if o.Writes != nil {
		o.Writes.Saved(cache.MetaObjectToName(o.Object), informer, child)
	}
}
