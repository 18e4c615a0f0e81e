// Package deployment rolls out Deployments: one ReplicaSet per revision of the pod template, scaled against each other.
package deployment

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
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/claim"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

var gvk = appsv1.SchemeGroupVersion.WithKind("Deployment")

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	deployments, sets, pods := env.Informers.Apps().V1().Deployments(), env.Informers.Apps().V1().ReplicaSets().Informer(), env.Informers.Core().V1().Pods().Informer()
	if err := errors.Join(controller.IndexByController(sets), controller.IndexByController(pods)); err != nil {
		return controller.Controller{}, err
	}
	r := &reconciler{
		client: env.Client, events: env.Recorder("deployment-controller"), writes: controller.NewWrites(),
		lister: deployments.Lister(), deployments: deployments.Informer(), sets: sets, pods: pods,
	}
	return controller.Controller{
		Name: "deployment",
		Watches: []controller.Watch{
			{Informer: r.deployments},
			{Informer: sets, Keys: r.interested},
			// The ReplicaSet changes whenever one of its pods does; this only waits for the first list.
			{Informer: pods, Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    r.writes,
	}, nil
}

type reconciler struct {
	client                  kubernetes.Interface
	events                  record.EventRecorder
	writes                  *controller.Writes
	lister                  appslisters.DeploymentLister
	deployments, sets, pods cache.SharedIndexInformer
}

// interested maps a ReplicaSet to its Deployment, and an orphan to all Deployments that would adopt it.
func (r *reconciler) interested(obj any) []controller.Key {
	rs, ok := obj.(*appsv1.ReplicaSet)
	if !ok {
		return nil
	}
	if metav1.GetControllerOfNoCopy(rs) != nil {
		return controller.OwnerKeys(gvk.Group, gvk.Kind)(rs)
	}
	var keys []controller.Key
	all, _ := r.lister.Deployments(rs.Namespace).List(labels.Everything())
	for _, d := range all {
		if selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector); err == nil && selector.Matches(labels.Set(rs.Labels)) {
			keys = append(keys, cache.MetaObjectToName(d))
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	cached, err := r.lister.Deployments(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	selector, err := metav1.LabelSelectorAsSelector(cached.Spec.Selector)
	if err != nil || selector.Empty() {
		r.events.Event(cached, corev1.EventTypeWarning, "SelectingAll", "This deployment is selecting all pods. A non-empty selector is required.")
		return 0, nil
	}
	d := cached.DeepCopy()
	sets, err := claim.Children(ctx, claim.Owner{
		Object: d, Kind: gvk, Selector: selector, Writes: r.writes,
		Fresh: func(ctx context.Context) (metav1.Object, error) {
			return r.client.AppsV1().Deployments(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
		},
	}, r.sets, r.client.AppsV1().ReplicaSets(key.Namespace).Patch)
	if err != nil {
		return 0, err
	}
	ro := newRollout(d, sets)
	failure := r.step(ctx, ro)
	if failure != nil && !errors.Is(failure, errRefused) {
		return 0, failure
	}
	again, err := r.report(ctx, cached, ro, failure)
	return again, errors.Join(err, failure)
}

// step does what can be done now: make the ReplicaSet of the template, move replicas between the
// ReplicaSets, forget old ones. The events of what it did lead to the next step.
func (r *reconciler) step(ctx context.Context, ro *rollout) error {
	d := ro.deployment
	if d.DeletionTimestamp != nil {
		return nil
	}
	if d.Spec.Paused || ro.resized() {
		if err := r.syncCurrent(ctx, ro); err != nil {
			return err
		}
		if err := r.scale(ctx, ro, ro.proportions()); err != nil || !d.Spec.Paused {
			return err
		}
		return r.forget(ctx, ro)
	}
	if d.Spec.Strategy.Type == appsv1.RecreateDeploymentStrategyType && ro.current == nil {
		if down := ro.downAll(); len(down) > 0 {
			return r.scale(ctx, ro, down)
		}
		if r.running(ro.old) {
			return nil
		}
	}
	if err := r.ensureCurrent(ctx, ro); err != nil {
		return err
	}
	if err := r.scale(ctx, ro, ro.plan(r.running(ro.old))); err != nil {
		return err
	}
	if ro.complete() {
		return r.forget(ctx, ro)
	}
	return nil
}

// running reports whether pods of the ReplicaSets exist that have not ended.
func (r *reconciler) running(sets []*appsv1.ReplicaSet) bool {
	for _, rs := range sets {
		for _, pod := range controller.Controlled[*corev1.Pod](r.pods, rs.UID) {
			if !pods.Finished(pod) {
				return true
			}
		}
	}
	return false
}

// report writes the status. again is the time until the rollout runs into its deadline.
func (r *reconciler) report(ctx context.Context, cached *appsv1.Deployment, ro *rollout, failure error) (time.Duration, error) {
	status, again := ro.status(failure, time.Now())
	if equality.Semantic.DeepEqual(cached.Status, status) {
		return again, nil
	}
	next := ro.deployment.DeepCopy()
	next.Status = status
	saved, err := r.client.AppsV1().Deployments(next.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(cache.MetaObjectToName(next), r.deployments, saved)
	return again, nil
}
