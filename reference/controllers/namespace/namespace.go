// Package namespace empties namespaces that are being deleted and then lets them go.
package namespace

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/metadata"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/served"
)

// What remains in a namespace is looked at again after a fifth of the time that the deletion
// has taken so far, within these bounds.
const (
	soonest = 50 * time.Millisecond
	latest  = 3 * time.Second
)

// New declares the controller. What a namespace contains is found through resources and deleted through content.
func New(env controller.Env, content metadata.Interface, resources served.Func) (controller.Controller, error) {
	namespaces, pods := env.Informers.Core().V1().Namespaces(), env.Informers.Core().V1().Pods()
	r := &reconciler{
		client: env.Client, namespaces: namespaces.Lister(),
		sweeper: sweeper{content: content, resources: resources},
	}
	return controller.Controller{
		Name: "namespace",
		Watches: []controller.Watch{
			{Informer: namespaces.Informer()},
			{Informer: pods.Informer(), Keys: r.leftByPod, Matters: func(any, any) bool { return false }},
		},
		Reconcile: r.reconcile,
		Workers:   8,
	}, nil
}

type reconciler struct {
	client     kubernetes.Interface
	namespaces corelisters.NamespaceLister
	sweeper    sweeper
}

// leftByPod is the namespace of a pod that came or went, if that namespace is being deleted.
func (r *reconciler) leftByPod(obj any) []controller.Key {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil
	}
	ns, err := r.namespaces.Get(pod.Namespace)
	if err != nil || ns.DeletionTimestamp == nil {
		return nil
	}
	return []controller.Key{{Name: ns.Name}}
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	ns, err := r.namespaces.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil || ns.DeletionTimestamp == nil || !slices.Contains(ns.Spec.Finalizers, corev1.FinalizerKubernetes) {
		return 0, err
	}
	found := r.sweeper.sweep(ctx, ns.Name)
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if found.empty() {
		return 0, r.finalize(ctx, ns)
	}
	if err := r.report(ctx, ns, found); err != nil {
		return 0, err
	}
	if found.failure != nil {
		return 0, fmt.Errorf("delete content: %w", found.failure)
	}
	return min(max(time.Since(ns.DeletionTimestamp.Time)/5, soonest), latest), nil
}

// finalize removes the finalizer of this controller, after which the API server deletes the namespace.
func (r *reconciler) finalize(ctx context.Context, ns *corev1.Namespace) error {
	ns = ns.DeepCopy()
	ns.Spec.Finalizers = slices.DeleteFunc(ns.Spec.Finalizers, func(f corev1.FinalizerName) bool { return f == corev1.FinalizerKubernetes })
	_, err := r.client.CoreV1().Namespaces().Finalize(ctx, ns, metav1.UpdateOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("finalize namespace %q: %w", ns.Name, err)
	}
	return nil
}

// report writes the conditions that say why the namespace still exists.
func (r *reconciler) report(ctx context.Context, ns *corev1.Namespace, found findings) error {
	next := ns.DeepCopy()
	next.Status.Phase = corev1.NamespaceTerminating
	for _, c := range found.conditions() {
		setCondition(&next.Status, c, metav1.Now())
	}
	if equality.Semantic.DeepEqual(ns.Status, next.Status) {
		return nil
	}
	_, err := r.client.CoreV1().Namespaces().UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("update status of namespace %q: %w", ns.Name, err)
	}
	return nil
}
