// Package disruption says in the status of each PodDisruptionBudget how many of its pods may be evicted now.
package disruption

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	policylisters "k8s.io/client-go/listers/policy/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/scales"
)

// New declares the controller.
func New(env controller.Env, sizes scales.Client) (controller.Controller, error) {
	budgets, core := env.Informers.Policy().V1().PodDisruptionBudgets(), env.Informers.Core().V1()
	r := &reconciler{
		client: env.Client, events: env.Recorder("controllermanager"), scales: sizes, writes: controller.NewWrites(),
		budgets: budgets.Lister(), informer: budgets.Informer(), pods: core.Pods().Lister(),
		sets: env.Informers.Apps().V1().ReplicaSets().Informer(),
	}
	return controller.Controller{
		Name: "disruption",
		Watches: []controller.Watch{
			{Informer: r.informer},
			{Informer: core.Pods().Informer(), Keys: r.budgetsOf},
			{Informer: r.sets, Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Workers:   4,
		Writes:    r.writes,
	}, nil
}

type reconciler struct {
	client   kubernetes.Interface
	events   record.EventRecorder
	scales   scales.Client
	writes   *controller.Writes
	budgets  policylisters.PodDisruptionBudgetLister
	informer cache.SharedIndexInformer
	pods     corelisters.PodLister
	sets     cache.SharedIndexInformer
}

func (r *reconciler) budgetsOf(obj any) []controller.Key {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil
	}
	all, err := r.budgets.PodDisruptionBudgets(pod.Namespace).List(labels.Everything())
	if err != nil {
		return nil
	}
	var keys []controller.Key
	for _, pdb := range all {
		if selector, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector); err == nil && selector.Matches(labels.Set(pod.Labels)) {
			keys = append(keys, cache.MetaObjectToName(pdb))
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	pdb, err := r.budgets.PodDisruptionBudgets(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	selector, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector)
	if err != nil {
		return 0, r.fail(ctx, key, pdb, fmt.Errorf("selector: %w", err))
	}
	pods, err := r.pods.Pods(key.Namespace).List(selector)
	if err != nil {
		return 0, err
	}
	if len(pods) == 0 {
		r.events.Event(pdb, corev1.EventTypeNormal, "NoPods", "No matching pods found")
	}
	expected := int32(len(pods))
	if sizeMatters(pdb) {
		if expected, err = r.expected(ctx, pods); err != nil {
			r.events.Eventf(pdb, corev1.EventTypeWarning, "CalculateExpectedPodCountFailed", "Failed to calculate the number of expected pods: %v", err)
			return 0, errors.Join(r.fail(ctx, key, pdb, err), err)
		}
	}
	status, again, err := plan(pdb, pods, expected, time.Now())
	if err != nil {
		return 0, r.fail(ctx, key, pdb, err)
	}
	return again, r.report(ctx, key, pdb, status)
}

// expected is the sum of the sizes of all controllers that the pods have. Pods without one do not count.
func (r *reconciler) expected(ctx context.Context, pods []*corev1.Pod) (int32, error) {
	seen := map[types.UID]bool{}
	sum := int32(0)
	for _, pod := range pods {
		ref := metav1.GetControllerOf(pod)
		if ref == nil || seen[ref.UID] {
			continue
		}
		seen[ref.UID] = true
		if ref.Kind == "ReplicaSet" { // its Deployment knows the size across a rollout
			if owner := r.deploymentOf(pod.Namespace, ref); owner != nil {
				if seen[owner.UID] {
					continue
				}
				ref, seen[owner.UID] = owner, true
			}
		}
		kind := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind).GroupKind()
		scale, err := r.scales.Get(ctx, scales.Target{GroupKind: kind, Namespace: pod.Namespace, Name: ref.Name})
		if apierrors.IsNotFound(err) {
			return 0, fmt.Errorf("%s %q does not implement the scale subresource or does not exist", kind, ref.Name)
		}
		if err != nil {
			return 0, err
		}
		sum += scale.Spec.Replicas
	}
	return sum, nil
}

func (r *reconciler) deploymentOf(namespace string, set *metav1.OwnerReference) *metav1.OwnerReference {
	item, ok, err := r.sets.GetStore().GetByKey(namespace + "/" + set.Name)
	if err != nil || !ok {
		return nil
	}
	obj, ok := item.(metav1.Object)
	if !ok || obj.GetUID() != set.UID {
		return nil
	}
	return metav1.GetControllerOf(obj)
}

// fail allows no disruption, since nothing is known, and says why.
func (r *reconciler) fail(ctx context.Context, key controller.Key, pdb *policyv1.PodDisruptionBudget, cause error) error {
	status := *pdb.Status.DeepCopy()
	status.ObservedGeneration, status.DisruptionsAllowed = pdb.Generation, 0
	meta.SetStatusCondition(&status.Conditions, metav1.Condition{
		Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, ObservedGeneration: pdb.Generation,
		Reason: policyv1.SyncFailedReason, Message: cause.Error(),
	})
	return r.report(ctx, key, pdb, status)
}

func (r *reconciler) report(ctx context.Context, key controller.Key, pdb *policyv1.PodDisruptionBudget, status policyv1.PodDisruptionBudgetStatus) error {
	if equality.Semantic.DeepEqual(pdb.Status, status) {
		return nil
	}
	next := pdb.DeepCopy()
	next.Status = status
	saved, err := r.client.PolicyV1().PodDisruptionBudgets(key.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(key, r.informer, saved)
	return nil
}
