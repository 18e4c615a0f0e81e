// Package endpoints lists the pods behind every Service with a selector, in the Endpoints object of the Service's name.
package endpoints

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/endpointslice/util"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/backends"
)

// Labels of Endpoints objects.
const (
	managedByLabel = "endpoints.kubernetes.io/managed-by"
	managedBy      = "endpoint-controller"
)

// New declares the controller. Its keys are Services.
func New(env controller.Env) (controller.Controller, error) {
	core := env.Informers.Core().V1()
	r := &reconciler{
		client: env.Client, events: env.Recorder("endpoint-controller"), triggers: util.NewTriggerTimeTracker(), writes: controller.NewWrites(),
		services: core.Services().Lister(), pods: core.Pods().Lister(), endpoints: core.Endpoints().Lister(), informer: core.Endpoints().Informer(),
	}
	return controller.Controller{
		Name: "endpoints",
		Watches: []controller.Watch{
			{Informer: core.Services().Informer()},
			{Informer: core.Pods().Informer(), Keys: backends.Services(r.services), Matters: backends.Matters},
			{Informer: r.informer},
		},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    r.writes,
	}, nil
}

type reconciler struct {
	client    kubernetes.Interface
	events    record.EventRecorder
	triggers  *util.TriggerTimeTracker
	writes    *controller.Writes
	services  corelisters.ServiceLister
	pods      corelisters.PodLister
	endpoints corelisters.EndpointsLister
	informer  cache.SharedIndexInformer
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	svc, err := r.services.Services(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		r.triggers.DeleteService(key.Namespace, key.Name)
		return 0, r.remove(ctx, key)
	}
	if err != nil {
		return 0, err
	}
	if svc.Spec.Type == corev1.ServiceTypeExternalName || svc.Spec.Selector == nil {
		return 0, nil // written by hand
	}
	pods, err := backends.Of(svc, r.pods)
	if err != nil {
		return 0, err
	}
	old, err := r.endpoints.Endpoints(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		old = nil
	} else if err != nil {
		return 0, err
	}
	next := plan(svc, pods, old)
	changed := r.triggers.ComputeEndpointLastChangeTriggerTime(svc.Namespace, svc, pods)
	if next == nil {
		return 0, nil
	}
	setTrigger(next, changed)
	return 0, r.write(ctx, key, svc, old, next)
}

// remove deletes what the Service leaves behind. Endpoints written by hand for a Service that never existed stay.
func (r *reconciler) remove(ctx context.Context, key controller.Key) error {
	old, err := r.endpoints.Endpoints(key.Namespace).Get(key.Name)
	if err != nil || old.Labels[managedByLabel] != managedBy {
		return nil
	}
	err = r.client.CoreV1().Endpoints(key.Namespace).Delete(ctx, key.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(old.UID))})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete endpoints: %w", err)
	}
	return nil
}

func (r *reconciler) write(ctx context.Context, key controller.Key, svc *corev1.Service, old, next *corev1.Endpoints) error {
	var saved *corev1.Endpoints
	var err error
	action, verb := "FailedToUpdateEndpoint", "update"
	if old == nil {
		action, verb = "FailedToCreateEndpoint", "create"
		saved, err = r.client.CoreV1().Endpoints(key.Namespace).Create(ctx, next, metav1.CreateOptions{})
	} else {
		saved, err = r.client.CoreV1().Endpoints(key.Namespace).Update(ctx, next, metav1.UpdateOptions{})
	}
	switch {
	case err == nil:
		r.writes.Saved(key, r.informer, saved)
		return nil
	case apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause), apierrors.IsNotFound(err):
		return nil
	case !apierrors.IsConflict(err) && !apierrors.IsAlreadyExists(err):
		r.events.Eventf(svc, corev1.EventTypeWarning, action, "Failed to %s endpoint %s: %v", verb, key, err)
	}
	return fmt.Errorf("%s endpoints: %w", verb, err)
}

// plan returns the Endpoints to write, or nil when old is right.
func plan(svc *corev1.Service, pods []*corev1.Pod, old *corev1.Endpoints) *corev1.Endpoints {
	next := &corev1.Endpoints{ObjectMeta: metav1.ObjectMeta{Namespace: svc.Namespace, Name: svc.Name}}
	if old != nil {
		next = old.DeepCopy()
	}
	next.Labels = labelsOf(svc)
	subsets, truncated := subsets(svc, pods)
	next.Subsets = subsets
	if next.Annotations == nil {
		next.Annotations = map[string]string{}
	}
	delete(next.Annotations, corev1.EndpointsOverCapacity)
	if truncated {
		next.Annotations[corev1.EndpointsOverCapacity] = "truncated"
	}
	if old != nil && maps.Equal(old.Labels, next.Labels) && equality.Semantic.DeepEqual(old.Subsets, next.Subsets) &&
		old.Annotations[corev1.EndpointsOverCapacity] == next.Annotations[corev1.EndpointsOverCapacity] {
		return nil
	}
	return next
}

// labelsOf are the labels of the Service and those that describe the object.
func labelsOf(svc *corev1.Service) map[string]string {
	labels := maps.Clone(svc.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	delete(labels, corev1.IsHeadlessService)
	if svc.Spec.ClusterIP == corev1.ClusterIPNone {
		labels[corev1.IsHeadlessService] = ""
	}
	labels[managedByLabel] = managedBy
	return labels
}

func setTrigger(next *corev1.Endpoints, changed time.Time) {
	delete(next.Annotations, corev1.EndpointsLastChangeTriggerTime)
	if !changed.IsZero() {
		next.Annotations[corev1.EndpointsLastChangeTriggerTime] = changed.UTC().Format(time.RFC3339Nano)
	}
}
