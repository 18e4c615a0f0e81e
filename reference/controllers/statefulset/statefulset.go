// Package statefulset keeps pods with a lasting identity: a name, a hostname and claims of their own, in order.
package statefulset

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	appslisters "k8s.io/client-go/listers/apps/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/claim"
	"github.com/seatrial/seatrial/reference/controllers/revisions"
)

var gvk = appsv1.SchemeGroupVersion.WithKind("StatefulSet")

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	apps, core := env.Informers.Apps().V1(), env.Informers.Core().V1()
	pods, revs, claims := core.Pods().Informer(), apps.ControllerRevisions().Informer(), core.PersistentVolumeClaims()
	if err := errors.Join(controller.IndexByController(pods), controller.IndexByController(revs)); err != nil {
		return controller.Controller{}, err
	}
	writes := controller.NewWrites()
	r := &reconciler{
		client: env.Client, events: env.Recorder("statefulset-controller"), writes: writes,
		lister: apps.StatefulSets().Lister(), sets: apps.StatefulSets().Informer(), pods: pods,
		claims: claims.Lister(), claimInformer: claims.Informer(),
		keeper: revisions.Keeper{Client: env.Client, Informer: revs, Writes: writes},
	}
	return controller.Controller{
		Name: "statefulset",
		Watches: []controller.Watch{
			{Informer: r.sets},
			{Informer: pods, Keys: r.interested},
			{Informer: revs, Keys: r.interested},
			{Informer: claims.Informer(), Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    writes,
	}, nil
}

type reconciler struct {
	client        kubernetes.Interface
	events        record.EventRecorder
	writes        *controller.Writes
	keeper        revisions.Keeper
	lister        appslisters.StatefulSetLister
	claims        corelisters.PersistentVolumeClaimLister
	sets, pods    cache.SharedIndexInformer
	claimInformer cache.SharedIndexInformer
}

// interested maps a child to its StatefulSet, and an orphan to all that would adopt it.
func (r *reconciler) interested(obj any) []controller.Key {
	o, ok := obj.(metav1.Object)
	if !ok {
		return nil
	}
	if metav1.GetControllerOfNoCopy(o) != nil {
		return controller.OwnerKeys(gvk.Group, gvk.Kind)(obj)
	}
	var keys []controller.Key
	all, _ := r.lister.StatefulSets(o.GetNamespace()).List(labels.Everything())
	for _, set := range all {
		if selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector); err == nil && selector.Matches(labels.Set(o.GetLabels())) {
			keys = append(keys, cache.MetaObjectToName(set))
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	set, err := r.lister.StatefulSets(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && set.DeletionTimestamp != nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	selector, err := metav1.LabelSelectorAsSelector(set.Spec.Selector)
	if err != nil {
		return 0, nil // validation refuses it
	}
	owner := claim.Owner{Object: set, Kind: gvk, Selector: selector, Writes: r.writes, Fresh: func(ctx context.Context) (metav1.Object, error) {
		return r.client.AppsV1().StatefulSets(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	}}
	status := *set.Status.DeepCopy()
	history, err := r.history(ctx, owner, set, &status)
	if err != nil {
		return 0, errors.Join(err, r.report(ctx, key, set, status))
	}
	owner.Adopts = func(o metav1.Object) bool { _, ok := ordinalOf(set, o.GetName()); return ok }
	mine, err := claim.Children(ctx, owner, r.pods, r.client.CoreV1().Pods(key.Namespace).Patch)
	if err != nil {
		return 0, err
	}
	v := newView(set, history, mine, time.Now())
	failure := r.act(ctx, key, v)
	v.fill(&status)
	err = r.report(ctx, key, set, status)
	inUse := v.revisionsInUse(status)
	return v.again, errors.Join(failure, err, r.keeper.Forget(ctx, set, history, set.Spec.RevisionHistoryLimit, inUse))
}

func (r *reconciler) history(ctx context.Context, owner claim.Owner, set *appsv1.StatefulSet, status *appsv1.StatefulSetStatus) (revisions.History, error) {
	data, err := revisions.Patch(&set.Spec.Template)
	if err != nil {
		return revisions.History{}, err
	}
	collisions := int32(0)
	if status.CollisionCount != nil {
		collisions = *status.CollisionCount
	}
	h, err := r.keeper.Sync(ctx, owner, set.Spec.Template.Labels, data, &collisions)
	status.CollisionCount = &collisions
	return h, err
}

// act carries out the next step: one pod after the other, or all at once under the policy Parallel.
func (r *reconciler) act(ctx context.Context, key controller.Key, v *view) error {
	if err := r.ownClaims(ctx, key, v); err != nil {
		return err
	}
	for _, s := range v.steps() {
		var err error
		if s.pod == nil {
			err = r.create(ctx, key, v, s.ordinal)
		} else {
			err = r.delete(ctx, key, v.set, s.pod)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *reconciler) create(ctx context.Context, key controller.Key, v *view, ordinal int) error {
	pod, err := v.newPod(ordinal)
	if err != nil {
		return err
	}
	if ready, err := r.ensureClaims(ctx, key, v.set, pod, ordinal); err != nil || !ready {
		return err
	}
	created, err := r.client.CoreV1().Pods(key.Namespace).Create(ctx, pod, metav1.CreateOptions{})
	switch {
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		return nil
	case err != nil:
		r.events.Eventf(v.set, corev1.EventTypeWarning, "FailedCreate", "create Pod %s in StatefulSet %s failed error: %v", pod.Name, v.set.Name, err)
		return fmt.Errorf("create pod %q: %w", pod.Name, err)
	}
	r.writes.Saved(key, r.pods, created)
	r.events.Eventf(v.set, corev1.EventTypeNormal, "SuccessfulCreate", "create Pod %s in StatefulSet %s successful", pod.Name, v.set.Name)
	return nil
}

func (r *reconciler) delete(ctx context.Context, key controller.Key, set *appsv1.StatefulSet, pod *corev1.Pod) error {
	err := r.client.CoreV1().Pods(key.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))})
	if err != nil && !apierrors.IsNotFound(err) {
		r.events.Eventf(set, corev1.EventTypeWarning, "FailedDelete", "delete Pod %s in StatefulSet %s failed error: %v", pod.Name, set.Name, err)
		return fmt.Errorf("delete pod %q: %w", pod.Name, err)
	}
	r.writes.Deleted(key, r.pods, pod)
	r.events.Eventf(set, corev1.EventTypeNormal, "SuccessfulDelete", "delete Pod %s in StatefulSet %s successful", pod.Name, set.Name)
	return nil
}

func (r *reconciler) report(ctx context.Context, key controller.Key, set *appsv1.StatefulSet, status appsv1.StatefulSetStatus) error {
	if equality.Semantic.DeepEqual(set.Status, status) {
		return nil
	}
	next := set.DeepCopy()
	next.Status = status
	saved, err := r.client.AppsV1().StatefulSets(key.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(key, r.sets, saved)
	return nil
}
