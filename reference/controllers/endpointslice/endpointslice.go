// Package endpointslice lists the pods behind every Service with a selector, in EndpointSlices.
package endpointslice

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	library "k8s.io/endpointslice"
	"k8s.io/endpointslice/util"
	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/backends"
)

const (
	// managedBy is the value of the label by which slices of this controller are known.
	managedBy = "endpointslice-controller.k8s.io"
	perSlice  = 100
	// unseen is the wait for slices that were written but have not been seen yet.
	unseen = 50 * time.Millisecond
)

// New declares the controller. Its keys are Services.
func New(env controller.Env) (controller.Controller, error) {
	core := env.Informers.Core().V1()
	slices := env.Informers.Discovery().V1().EndpointSlices()
	tracker := util.NewEndpointSliceTracker()
	events := env.Recorder("endpoint-slice-controller")
	r := &reconciler{
		services: core.Services().Lister(), pods: core.Pods().Lister(), slices: slices.Lister(),
		tracker: tracker, triggers: util.NewTriggerTimeTracker(), events: events,
		library: library.NewReconciler(env.Client, core.Nodes().Lister(), perSlice, tracker, nil, events, managedBy,
			library.WithPreferSameTrafficDistributionEnabled(true)),
	}
	_, err := slices.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{DeleteFunc: r.forget})
	if err != nil {
		return controller.Controller{}, fmt.Errorf("watch endpoint slices: %w", err)
	}
	return controller.Controller{
		Name: "endpointslice",
		Watches: []controller.Watch{
			{Informer: core.Services().Informer()},
			{Informer: core.Pods().Informer(), Keys: backends.Services(r.services), Matters: backends.Matters},
			{Informer: slices.Informer(), Keys: r.service, Matters: r.foreign},
			{Informer: core.Nodes().Informer(), Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Workers:   5,
	}, nil
}

type reconciler struct {
	services corelisters.ServiceLister
	pods     corelisters.PodLister
	slices   discoverylisters.EndpointSliceLister
	tracker  *util.EndpointSliceTracker
	triggers *util.TriggerTimeTracker
	events   record.EventRecorder
	library  *library.Reconciler
}

func mine(obj any) (*discoveryv1.EndpointSlice, bool) {
	slice, ok := obj.(*discoveryv1.EndpointSlice)
	return slice, ok && slice.Labels[discoveryv1.LabelManagedBy] == managedBy && slice.Labels[discoveryv1.LabelServiceName] != ""
}

func (r *reconciler) service(obj any) []controller.Key {
	if slice, ok := mine(obj); ok {
		return []controller.Key{{Namespace: slice.Namespace, Name: slice.Labels[discoveryv1.LabelServiceName]}}
	}
	return nil
}

// foreign reports whether someone else changed a slice, which is then put right.
func (r *reconciler) foreign(old, obj any) bool {
	was, wasMine := mine(old)
	is, isMine := mine(obj)
	if was == nil || is == nil {
		return false
	}
	return wasMine != isMine || r.library.ManagedByChanged(was, is) || isMine && r.tracker.ShouldSync(is)
}

func (r *reconciler) forget(obj any) {
	if gone, ok := obj.(cache.DeletedFinalStateUnknown); ok {
		obj = gone.Obj
	}
	if slice, ok := mine(obj); ok && r.tracker.Has(slice) {
		r.tracker.HandleDeletion(slice)
	}
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	svc, err := r.services.Services(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		r.triggers.DeleteService(key.Namespace, key.Name)
		r.library.DeleteService(key.Namespace, key.Name)
		r.tracker.DeleteService(key.Namespace, key.Name)
		return 0, nil // the slices are owned by the Service and go with it
	}
	if err != nil {
		return 0, err
	}
	if svc.Spec.Type == corev1.ServiceTypeExternalName || svc.Spec.Selector == nil {
		return 0, nil
	}
	pods, err := backends.Of(svc, r.pods)
	if err != nil {
		return 0, err
	}
	slices, err := r.slices.EndpointSlices(svc.Namespace).List(labels.SelectorFromSet(labels.Set{
		discoveryv1.LabelServiceName: svc.Name, discoveryv1.LabelManagedBy: managedBy,
	}))
	if err != nil {
		return 0, err
	}
	slices = live(slices)
	if r.tracker.StaleSlices(svc, slices) {
		return unseen, nil
	}
	trigger := r.triggers.ComputeEndpointLastChangeTriggerTime(svc.Namespace, svc, pods)
	err = r.library.Reconcile(klog.FromContext(ctx), svc, pods, slices, trigger)
	if err != nil && !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		r.events.Eventf(svc, corev1.EventTypeWarning, "FailedToUpdateEndpointSlices", "Error updating Endpoint Slices for Service %s/%s: %v", svc.Namespace, svc.Name, err)
		return 0, fmt.Errorf("write endpoint slices: %w", err)
	}
	return 0, nil
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
