// Package mirroring copies Endpoints that are written by hand, for Services without a selector, to EndpointSlices.
package mirroring

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
)

// managedBy is the value of the label by which slices of this controller are known.
const managedBy = "endpointslicemirroring-controller.k8s.io"

// New declares the controller. Its keys are Endpoints, which have the name of their Service.
func New(env controller.Env) (controller.Controller, error) {
	core, slices := env.Informers.Core().V1(), env.Informers.Discovery().V1().EndpointSlices()
	r := &reconciler{
		client: env.Client, writes: controller.NewWrites(),
		endpoints: core.Endpoints().Lister(), services: core.Services().Lister(), slices: slices.Lister(), informer: slices.Informer(),
	}
	return controller.Controller{
		Name: "endpointslice-mirroring",
		Watches: []controller.Watch{
			{Informer: core.Endpoints().Informer()},
			{Informer: core.Services().Informer()},
			{Informer: slices.Informer(), Keys: mirrored},
		},
		Reconcile: r.reconcile,
		Workers:   4,
		Writes:    r.writes,
	}, nil
}

func mirrored(obj any) []controller.Key {
	slice, ok := obj.(*discoveryv1.EndpointSlice)
	if !ok || slice.Labels[discoveryv1.LabelManagedBy] != managedBy {
		return nil
	}
	return []controller.Key{{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}}
}

type reconciler struct {
	client    kubernetes.Interface
	writes    *controller.Writes
	endpoints corelisters.EndpointsLister
	services  corelisters.ServiceLister
	slices    discoverylisters.EndpointSliceLister
	informer  cache.SharedIndexInformer
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	have, err := r.slices.EndpointSlices(key.Namespace).List(labels.SelectorFromSet(labels.Set{
		discoveryv1.LabelServiceName: key.Name, discoveryv1.LabelManagedBy: managedBy,
	}))
	if err != nil {
		return 0, err
	}
	want, err := r.wanted(key)
	if err != nil {
		return 0, err
	}
	return 0, r.apply(ctx, key, plan(want, have))
}

// wanted are the slices that there should be; none when the Endpoints are not to be mirrored.
func (r *reconciler) wanted(key controller.Key) ([]*discoveryv1.EndpointSlice, error) {
	ep, err := r.endpoints.Endpoints(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	svc, err := r.services.Services(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if ep.DeletionTimestamp != nil || !mirrors(svc, ep) {
		return nil, nil
	}
	return slicesOf(ep), nil
}

// mirrors reports whether the Endpoints are written by hand and their slices are not.
func mirrors(svc *corev1.Service, ep *corev1.Endpoints) bool {
	_, leader := ep.Annotations["control-plane.alpha.kubernetes.io/leader"]
	return svc.Spec.Selector == nil && svc.Spec.Type != corev1.ServiceTypeExternalName && ep.Labels[discoveryv1.LabelSkipMirror] != "true" && !leader
}

func (r *reconciler) apply(ctx context.Context, key controller.Key, c changes) error {
	client := r.client.DiscoveryV1().EndpointSlices(key.Namespace)
	var errs []error
	saved := func(slice *discoveryv1.EndpointSlice, err error) {
		switch {
		case err == nil:
			r.writes.Saved(key, r.informer, slice)
		case apierrors.IsNotFound(err), apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause):
		default:
			errs = append(errs, fmt.Errorf("write endpoint slice: %w", err))
		}
	}
	for _, slice := range c.create {
		saved(client.Create(ctx, slice, metav1.CreateOptions{}))
	}
	for _, slice := range c.update {
		saved(client.Update(ctx, slice, metav1.UpdateOptions{}))
	}
	for _, slice := range c.remove {
		err := client.Delete(ctx, slice.Name, metav1.DeleteOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("delete endpoint slice %q: %w", slice.Name, err))
			continue
		}
		r.writes.Deleted(key, r.informer, slice)
	}
	return errors.Join(errs...)
}
