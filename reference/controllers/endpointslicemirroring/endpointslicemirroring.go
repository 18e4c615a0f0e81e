// Package endpointslicemirroring copies Endpoints that people or programs write by hand into EndpointSlices.
package endpointslicemirroring

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
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
)

// managedBy is the value of the label by which slices of this controller are known.
const managedBy = "endpointslicemirroring-controller.k8s.io"

// New declares the controller. Its keys are Endpoints, which have the names of Services.
func New(env controller.Env) (controller.Controller, error) {
	core, discovery := env.Informers.Core().V1(), env.Informers.Discovery().V1()
	r := &reconciler{
		client: env.Client, events: env.Recorder("endpoint-slice-mirroring-controller"), writes: controller.NewWrites(),
		services: core.Services().Lister(), endpoints: core.Endpoints().Lister(),
		slices: discovery.EndpointSlices().Lister(), informer: discovery.EndpointSlices().Informer(),
	}
	return controller.Controller{
		Name: "endpointslicemirroring",
		Watches: []controller.Watch{
			{Informer: core.Endpoints().Informer()},
			{Informer: core.Services().Informer()},
			{Informer: r.informer, Keys: source},
		},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    r.writes,
	}, nil
}

type reconciler struct {
	client    kubernetes.Interface
	events    record.EventRecorder
	writes    *controller.Writes
	services  corelisters.ServiceLister
	endpoints corelisters.EndpointsLister
	slices    discoverylisters.EndpointSliceLister
	informer  cache.SharedIndexInformer
}

// source is the Endpoints object that a slice is a copy of.
func source(obj any) []controller.Key {
	slice, ok := obj.(*discoveryv1.EndpointSlice)
	if !ok || slice.Labels[discoveryv1.LabelManagedBy] != managedBy || slice.Labels[discoveryv1.LabelServiceName] == "" {
		return nil
	}
	return []controller.Key{{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}}
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	old, err := r.slices.EndpointSlices(key.Namespace).List(labels.SelectorFromSet(labels.Set{
		discoveryv1.LabelServiceName: key.Name, discoveryv1.LabelManagedBy: managedBy,
	}))
	if err != nil {
		return 0, err
	}
	from, err := r.wanted(key)
	if err != nil {
		return 0, err
	}
	p := plan(from, live(old))
	if p.skipped > 0 {
		r.events.Eventf(from, corev1.EventTypeWarning, "TooManyAddressesToMirror",
			"At most %d addresses with the same ports are mirrored to EndpointSlices; %d were left out", perSlice, p.skipped)
	}
	err = r.write(ctx, key, p)
	if err != nil && from != nil && !apierrors.IsConflict(err) {
		r.events.Eventf(from, corev1.EventTypeWarning, "FailedToUpdateEndpointSlices", "Error mirroring Endpoints %s: %v", key, err)
	}
	return 0, err
}

// wanted returns the Endpoints to mirror, or nil: there are none, their writer does not want it, or
// their Service does not exist or has a selector, so that slices of its pods exist anyway.
func (r *reconciler) wanted(key controller.Key) (*corev1.Endpoints, error) {
	from, err := r.endpoints.Endpoints(key.Namespace).Get(key.Name)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	svc, err := r.services.Services(key.Namespace).Get(key.Name)
	if err != nil {
		return nil, ignoreMissing(err)
	}
	_, lock := from.Annotations[resourcelock.LeaderElectionRecordAnnotationKey]
	if lock || from.Labels[discoveryv1.LabelSkipMirror] == "true" || from.DeletionTimestamp != nil || svc.Spec.Selector != nil {
		return nil, nil
	}
	return from, nil
}

func ignoreMissing(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// write creates before it deletes, so that a port never lacks endpoints for a moment.
func (r *reconciler) write(ctx context.Context, key controller.Key, p actions) error {
	api := r.client.DiscoveryV1().EndpointSlices(key.Namespace)
	var errs []error
	for _, slice := range p.create {
		saved, err := api.Create(ctx, slice, metav1.CreateOptions{})
		if apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return nil
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("create endpoint slice: %w", err))
			continue
		}
		r.writes.Saved(key, r.informer, saved)
	}
	for _, slice := range p.update {
		saved, err := api.Update(ctx, slice, metav1.UpdateOptions{})
		if err != nil {
			errs = append(errs, fmt.Errorf("update endpoint slice %q: %w", slice.Name, err))
			continue
		}
		r.writes.Saved(key, r.informer, saved)
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	for _, slice := range p.remove {
		err := api.Delete(ctx, slice.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(slice.UID))})
		if err != nil && !apierrors.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("delete endpoint slice %q: %w", slice.Name, err))
			continue
		}
		r.writes.Deleted(key, r.informer, slice)
	}
	return errors.Join(errs...)
}

// live leaves out slices that are being deleted.
func live(slices []*discoveryv1.EndpointSlice) []*discoveryv1.EndpointSlice {
	var out []*discoveryv1.EndpointSlice
	for _, s := range slices {
		if s.DeletionTimestamp == nil {
			out = append(out, s)
		}
	}
	return out
}
