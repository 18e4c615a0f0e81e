// Package job runs Jobs: it creates pods until enough of them have succeeded, and counts each finished pod exactly once.
package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	batchlisters "k8s.io/client-go/listers/batch/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/claim"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

var gvk = batchv1.SchemeGroupVersion.WithKind("Job")

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	jobs, podInformer := env.Informers.Batch().V1().Jobs(), env.Informers.Core().V1().Pods().Informer()
	if err := controller.IndexByController(podInformer); err != nil {
		return controller.Controller{}, err
	}
	writes := controller.NewWrites()
	r := &reconciler{
		client: env.Client, events: env.Recorder("job-controller"), writes: writes,
		lister: jobs.Lister(), jobs: jobs.Informer(), pods: podInformer,
	}
	r.writer = pods.Writer{Client: env.Client, Events: r.events, Informer: podInformer, Writes: writes}
	return controller.Controller{
		Name:      "job",
		Watches:   []controller.Watch{{Informer: r.jobs}, {Informer: podInformer, Keys: r.interested}},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    writes,
	}, nil
}

type reconciler struct {
	client     kubernetes.Interface
	events     record.EventRecorder
	writes     *controller.Writes
	writer     pods.Writer
	lister     batchlisters.JobLister
	jobs, pods cache.SharedIndexInformer
}

// interested maps a pod to its Job; an orphan to the Jobs that would adopt it, and to the one that tracked it.
func (r *reconciler) interested(obj any) []controller.Key {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil
	}
	if metav1.GetControllerOfNoCopy(pod) != nil {
		return controller.OwnerKeys(gvk.Group, gvk.Kind)(pod)
	}
	var keys []controller.Key
	if name := pod.Labels[batchv1.JobNameLabel]; name != "" && tracked(pod) {
		keys = append(keys, controller.Key{Namespace: pod.Namespace, Name: name})
	}
	all, _ := r.lister.Jobs(pod.Namespace).List(labels.Everything())
	for _, job := range all {
		if selector, err := metav1.LabelSelectorAsSelector(job.Spec.Selector); err == nil && selector.Matches(labels.Set(pod.Labels)) {
			keys = append(keys, cache.MetaObjectToName(job))
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	job, err := r.lister.Jobs(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, r.letGo(ctx, key, nil)
	}
	if err != nil || managedElsewhere(job) {
		return 0, err
	}
	if err := r.letGo(ctx, key, job); err != nil {
		return 0, err
	}
	mine, err := r.children(ctx, key, job)
	if err != nil {
		return 0, err
	}
	if job.DeletionTimestamp != nil || finished(job) {
		return 0, r.untrack(ctx, key, mine)
	}
	v := newView(job, mine, time.Now())
	v.judge()
	done, failure := r.act(ctx, key, v)
	v.conclude(done)
	saved, err := r.report(ctx, key, v)
	if err != nil {
		return 0, errors.Join(err, failure)
	}
	return v.again, errors.Join(failure, r.untrack(ctx, key, v.counted(saved.Status)))
}

// managedElsewhere reports whether the Job belongs to another controller (KEP-4368).
func managedElsewhere(job *batchv1.Job) bool {
	return job.Spec.ManagedBy != nil && *job.Spec.ManagedBy != batchv1.JobControllerName
}

func (r *reconciler) children(ctx context.Context, key controller.Key, job *batchv1.Job) ([]*corev1.Pod, error) {
	selector, err := metav1.LabelSelectorAsSelector(job.Spec.Selector)
	if err != nil {
		return nil, nil // validation refuses it
	}
	return claim.Children(ctx, claim.Owner{
		Object: job, Kind: gvk, Selector: selector, Finalizer: batchv1.JobTrackingFinalizer, Writes: r.writes,
		Fresh: func(ctx context.Context) (metav1.Object, error) {
			return r.client.BatchV1().Jobs(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
		},
	}, r.pods, r.client.CoreV1().Pods(key.Namespace).Patch)
}

// report writes the status and says in events what ended.
func (r *reconciler) report(ctx context.Context, key controller.Key, v *view) (*batchv1.Job, error) {
	if equality.Semantic.DeepEqual(v.job.Status, v.status) {
		return v.job, nil
	}
	next := v.job.DeepCopy()
	next.Status = v.status
	saved, err := r.client.BatchV1().Jobs(key.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if err != nil {
		return nil, fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(key, r.jobs, saved)
	for _, e := range v.events {
		r.events.Event(v.job, e.kind, e.reason, e.message)
	}
	return saved, nil
}
