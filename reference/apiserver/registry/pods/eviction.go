package pods

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	policyv1beta1 "k8s.io/api/policy/v1beta1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/util/retry"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// Eviction is pods/eviction: a delete that asks the pod's disruption budget.
// Source: https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
type Eviction struct{ pods, budgets *registry.REST }

// New implements rest.Storage.
func (*Eviction) New() runtime.Object { return &policyv1.Eviction{} }

// Destroy implements rest.Storage.
func (*Eviction) Destroy() {}

// GroupVersionKind implements rest.GroupVersionKindProvider.
func (*Eviction) GroupVersionKind(schema.GroupVersion) schema.GroupVersionKind {
	return policyv1.SchemeGroupVersion.WithKind("Eviction")
}

// AcceptsGroupVersion implements rest.GroupVersionAcceptor.
func (*Eviction) AcceptsGroupVersion(gv schema.GroupVersion) bool {
	return gv == policyv1.SchemeGroupVersion || gv == policyv1beta1.SchemeGroupVersion
}

// evictionRetry is for writes that meet other writers of the pod or its budget.
var evictionRetry = wait.Backoff{Steps: 20, Duration: 10 * time.Millisecond, Factor: 1.4, Jitter: 0.1}

// Create implements rest.NamedCreater.
func (e *Eviction) Create(ctx context.Context, name string, obj runtime.Object, validate rest.ValidateObjectFunc, opts *metav1.CreateOptions) (runtime.Object, error) {
	eviction, ok := obj.(*policyv1.Eviction)
	if !ok {
		return nil, apierrors.NewBadRequest(fmt.Sprintf("%T is not an Eviction", obj))
	}
	if eviction.Name != name {
		return nil, apierrors.NewBadRequest("name in URL does not match name in Eviction object")
	}
	if validate != nil {
		if err := validate(ctx, eviction.DeepCopyObject()); err != nil {
			return nil, err
		}
	}
	del := deleteOptions(eviction, opts)
	var unmeant error
	err := retry.RetryOnConflict(evictionRetry, func() error {
		pod, err := reader{e.pods}.get(ctx, name)
		if err != nil {
			return err
		}
		if unmeant = meant(pod, del.Preconditions); unmeant != nil {
			return nil // no other try would find the pod that is meant
		}
		return e.evict(ctx, pod, del)
	})
	if err == nil {
		err = unmeant
	}
	if err != nil {
		return nil, err
	}
	return &metav1.Status{Status: metav1.StatusSuccess, Code: 201}, nil
}

// deleteOptions are those of the eviction; a dry run of either is one of both.
func deleteOptions(e *policyv1.Eviction, opts *metav1.CreateOptions) *metav1.DeleteOptions {
	del := &metav1.DeleteOptions{}
	if e.DeleteOptions != nil {
		del = e.DeleteOptions.DeepCopy()
	}
	if len(opts.DryRun) > 0 {
		del.DryRun = opts.DryRun
	}
	return del
}

func (e *Eviction) evict(ctx context.Context, pod *corev1.Pod, del *metav1.DeleteOptions) error {
	if needsBudget(pod) {
		if err := e.takeFromBudget(ctx, pod, del.DryRun); err != nil {
			return err
		}
	}
	return e.delete(ctx, pod, del)
}

// meant reports whether the pod is the one that the preconditions name, before any budget is asked.
func meant(pod *corev1.Pod, want *metav1.Preconditions) error {
	if want == nil {
		return nil
	}
	conflict := func(format string, args ...any) error {
		return apierrors.NewConflict(schema.GroupResource{Resource: "Pod"}, pod.Name, fmt.Errorf(format, args...))
	}
	if want.UID != nil && *want.UID != pod.UID {
		return conflict("the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted and then recreated", *want.UID, pod.UID)
	}
	if want.ResourceVersion != nil && *want.ResourceVersion != pod.ResourceVersion {
		return conflict("the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%s). The object might have been modified", *want.ResourceVersion, pod.ResourceVersion)
	}
	return nil
}

// needsBudget: pods that do not run, or are ending already, disturb nobody.
func needsBudget(pod *corev1.Pod) bool {
	switch pod.Status.Phase {
	case corev1.PodSucceeded, corev1.PodFailed, corev1.PodPending:
		return false
	}
	return pod.DeletionTimestamp == nil
}

// delete marks the pod as disrupted and deletes it, if it is still the same pod.
func (e *Eviction) delete(ctx context.Context, pod *corev1.Pod, del *metav1.DeleteOptions) error {
	del = del.DeepCopy()
	if pod.DeletionTimestamp == nil {
		mark := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
			marked := old.DeepCopyObject().(*corev1.Pod)
			if marked.UID != pod.UID {
				return nil, apierrors.NewNotFound(corev1.Resource("pods"), pod.Name)
			}
			setCondition(marked, corev1.PodCondition{
				Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
				Reason: "EvictionByEvictionAPI", Message: "Eviction API: evicting",
			})
			return marked, nil
		})
		status := registry.NewStatus(e.pods)
		marked, _, err := status.Update(ctx, pod.Name, mark, nil, nil, false, &metav1.UpdateOptions{DryRun: del.DryRun})
		if err != nil {
			return err
		}
		if p := del.Preconditions; p != nil && p.ResourceVersion != nil && len(del.DryRun) == 0 {
			p.ResourceVersion = new(marked.(*corev1.Pod).ResourceVersion) // the mark is the only change since it was checked
		}
	}
	if del.Preconditions == nil {
		del.Preconditions = &metav1.Preconditions{}
	}
	if del.Preconditions.UID == nil {
		del.Preconditions.UID = &pod.UID
	}
	_, _, err := e.pods.Delete(ctx, pod.Name, rest.ValidateAllObjectFunc, del)
	return err
}
