// Package namespaces serves namespaces: a delete only marks one as terminating,
// it goes when its finalizers are gone.
package namespaces

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/storage"
	storeerr "k8s.io/apiserver/pkg/storage/errors"
	"k8s.io/apiserver/pkg/util/dryrun"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// Storages returns the resource and its subresources by path.
func Storages(store *registry.REST) map[string]rest.Storage {
	store.ShouldDeleteDuringUpdate = func(_ context.Context, _ string, obj, _ runtime.Object) bool {
		return len(obj.(*corev1.Namespace).Spec.Finalizers) == 0
	}
	finalize := finalizeStrategy{store.UpdateStrategy}
	return map[string]rest.Storage{
		"namespaces":          &REST{registry.Single{OneByOne: store}, store},
		"namespaces/status":   registry.NewStatus(store),
		"namespaces/finalize": &Finalize{registry.NewSubresource(store, finalize, registry.Resets(store.Row, "status"))},
	}
}

// REST is namespaces.
type REST struct {
	registry.Single
	store *registry.REST
}

// Delete implements rest.GracefulDeleter. It answers with the terminating
// namespace while spec.finalizers hold it.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, opts *metav1.DeleteOptions) (runtime.Object, bool, error) {
	obj, err := r.store.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, false, err
	}
	ns, ok := obj.(*corev1.Namespace)
	if !ok {
		return nil, false, fmt.Errorf("delete namespace %q: %T is not a Namespace", name, obj)
	}
	want, err := preconditions(ns, opts)
	switch {
	case err != nil:
		return nil, false, err
	case ns.DeletionTimestamp.IsZero():
		marked, err := r.terminate(ctx, name, validate, want, opts)
		return marked, false, err
	case len(ns.Spec.Finalizers) > 0:
		return ns, false, nil
	}
	opts = opts.DeepCopy()
	opts.Preconditions = want
	return r.store.Delete(ctx, name, validate, opts)
}

// preconditions binds the delete to the namespace that was looked at.
func preconditions(ns *corev1.Namespace, opts *metav1.DeleteOptions) (*metav1.Preconditions, error) {
	p := &metav1.Preconditions{}
	if opts.Preconditions != nil {
		*p = *opts.Preconditions
	}
	failed := func(what string, wanted, found any) error {
		return apierrors.NewConflict(corev1.Resource("namespaces"), ns.Name,
			fmt.Errorf("Precondition failed: %s in precondition: %v, %s in object meta: %v", what, wanted, what, found)) //nolint:staticcheck // a message of the API
	}
	switch {
	case p.UID == nil:
		p.UID = &ns.UID
	case *p.UID != ns.UID:
		return nil, failed("UID", *p.UID, ns.UID)
	}
	if p.ResourceVersion != nil && *p.ResourceVersion != ns.ResourceVersion {
		return nil, failed("ResourceVersion", *p.ResourceVersion, ns.ResourceVersion)
	}
	return p, nil
}

// terminate writes the deletion timestamp and the phase Terminating, once.
func (r *REST) terminate(ctx context.Context, name string, validate rest.ValidateObjectFunc, want *metav1.Preconditions, opts *metav1.DeleteOptions) (runtime.Object, error) {
	key, err := r.store.KeyFunc(ctx, name)
	if err != nil {
		return nil, err
	}
	mark := storage.SimpleUpdate(func(existing runtime.Object) (runtime.Object, error) {
		ns, ok := existing.(*corev1.Namespace)
		if !ok {
			return nil, fmt.Errorf("delete namespace %q: %T is not a Namespace", name, existing)
		}
		if err := validate(ctx, ns); err != nil {
			return nil, err
		}
		if ns.DeletionTimestamp.IsZero() {
			ns.DeletionTimestamp = new(metav1.Now())
		}
		ns.Status.Phase = corev1.NamespaceTerminating
		setPropagation(ns, opts)
		return ns, nil
	})
	out := r.store.New()
	conditions := &storage.Preconditions{UID: want.UID, ResourceVersion: want.ResourceVersion}
	err = r.store.Storage.GuaranteedUpdate(ctx, key, out, false, conditions, mark, dryrun.IsDryRun(opts.DryRun), nil)
	if err != nil {
		err = storeerr.InterpretDeleteError(err, corev1.Resource("namespaces"), name)
		if _, ok := err.(apierrors.APIStatus); !ok {
			err = apierrors.NewInternalError(err)
		}
		return nil, err
	}
	return out, nil
}

// setPropagation asks the garbage collector for what the delete asks for.
func setPropagation(ns *corev1.Namespace, opts *metav1.DeleteOptions) {
	if opts.PropagationPolicy == nil {
		return
	}
	var finalizer string
	switch *opts.PropagationPolicy {
	case metav1.DeletePropagationOrphan:
		finalizer = metav1.FinalizerOrphanDependents
	case metav1.DeletePropagationForeground:
		finalizer = metav1.FinalizerDeleteDependents
	}
	var kept []string
	for _, f := range ns.Finalizers {
		if f != metav1.FinalizerOrphanDependents && f != metav1.FinalizerDeleteDependents {
			kept = append(kept, f)
		}
	}
	if finalizer != "" {
		kept = append(kept, finalizer)
	}
	ns.Finalizers = kept
}

// Finalize is namespaces/finalize: the only way to change spec.finalizers. A
// terminating namespace that loses its last one is deleted.
type Finalize struct{ sub *registry.Subresource }

// New implements rest.Storage.
func (f *Finalize) New() runtime.Object { return f.sub.New() }

// Destroy implements rest.Storage.
func (*Finalize) Destroy() {}

// GetResetFields implements rest.ResetFieldsStrategy.
func (f *Finalize) GetResetFields() map[fieldpath.APIVersion]*fieldpath.Set {
	return f.sub.GetResetFields()
}

// Update implements rest.Updater.
func (f *Finalize) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, force bool, opts *metav1.UpdateOptions,
) (runtime.Object, bool, error) {
	return f.sub.Update(ctx, name, info, create, update, force, opts)
}

// finalizeStrategy lets an update change spec.finalizers and nothing else.
type finalizeStrategy struct{ rest.RESTUpdateStrategy }

func (finalizeStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	ns, before := obj.(*corev1.Namespace), old.(*corev1.Namespace)
	ns.Status = before.Status
}

func (finalizeStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.NamespaceFinalize(obj.(*corev1.Namespace), old.(*corev1.Namespace))
}

func (finalizeStrategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}
