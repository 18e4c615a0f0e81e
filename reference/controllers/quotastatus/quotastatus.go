// Package quotastatus recounts what the objects of a namespace use of its ResourceQuotas.
//
// Admission counts what is created; this controller counts what is deleted or
// finished, and corrects what went wrong.
package quotastatus

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	quota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	usage "github.com/seatrial/seatrial/reference/apiserver/admission/quota"
	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/objects"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// recount is how often all quotas are counted anew, for changes that no deletion announces.
const recount = 5 * time.Second

// New declares the controller. It learns of objects from all, which must be run by the caller.
func New(env controller.Env, all *objects.Watchers) (controller.Controller, error) {
	quotas := env.Informers.Core().V1().ResourceQuotas()
	r := &reconciler{
		client: env.Client, quotas: quotas.Lister(), informer: quotas.Informer(),
		objects: all, source: controller.NewSource(), writes: controller.NewWrites(), doubts: map[controller.Key]doubt{},
	}
	all.Listen(r)
	return controller.Controller{
		Name:      "resourcequota",
		Watches:   []controller.Watch{{Informer: r.informer, Matters: hardChanged}},
		Reconcile: r.reconcile,
		Workers:   4,
		Every:     recount,
		Source:    r.source,
		Writes:    r.writes,
	}, nil
}

type reconciler struct {
	client   kubernetes.Interface
	quotas   corelisters.ResourceQuotaLister
	informer cache.SharedIndexInformer
	objects  *objects.Watchers
	source   *controller.Source
	writes   *controller.Writes

	mu     sync.Mutex
	doubts map[controller.Key]doubt
}

// doubt is a count that is lower than what admission has charged. It may be right, or the object that was charged for is not known here yet.
type doubt struct {
	version string
	used    corev1.ResourceList
}

// confirm is the time after which a lower count is believed.
const confirm = 500 * time.Millisecond

// believed reports whether the same lower count has been found before for the same version of the quota.
func (r *reconciler) believed(key controller.Key, q *corev1.ResourceQuota, used corev1.ResourceList) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, doubted := r.doubts[key]
	if higher, _ := quota.LessThanOrEqual(q.Status.Used, used); higher || (doubted && last.version == q.ResourceVersion && quota.Equals(last.used, used)) {
		delete(r.doubts, key)
		return true
	}
	r.doubts[key] = doubt{q.ResourceVersion, used}
	return false
}

// hardChanged leaves out what admission writes: the object that it has just admitted may not be known here yet.
func hardChanged(old, obj any) bool {
	a, okA := old.(*corev1.ResourceQuota)
	b, okB := obj.(*corev1.ResourceQuota)
	return !okA || !okB || !quota.Equals(a.Spec.Hard, b.Spec.Hard)
}

// Put implements objects.Listener: a finished pod uses no compute any more.
func (r *reconciler) Put(id objects.Identity, obj metav1.Object) {
	if pod, ok := obj.(*corev1.Pod); ok && pods.Finished(pod) {
		r.changed(id.Namespace)
	}
}

// Remove implements objects.Listener.
func (r *reconciler) Remove(id objects.Identity, _ metav1.Object) { r.changed(id.Namespace) }

// Forget implements objects.Listener.
func (r *reconciler) Forget(schema.GroupVersionResource) {}

// Learn implements objects.Listener.
func (r *reconciler) Learn() {}

func (r *reconciler) changed(namespace string) {
	if namespace == "" {
		return
	}
	items, err := r.informer.GetIndexer().ByIndex(cache.NamespaceIndex, namespace)
	if err != nil {
		return
	}
	for _, item := range items {
		r.source.Add(controller.Self(item)...)
	}
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	if key.Name == "" {
		all, err := r.quotas.List(labels.Everything())
		for _, q := range all {
			r.source.Add(cache.MetaObjectToName(q))
		}
		return 0, err
	}
	if !r.objects.Synced() {
		return 100 * time.Millisecond, nil
	}
	q, err := r.quotas.ResourceQuotas(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.doubts, key)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	used, countErr := quota.CalculateUsage(key.Namespace, q.Spec.Scopes, q.Spec.Hard, r.registry(q.Spec.Hard), q.Spec.ScopeSelector)
	if countErr != nil {
		countErr = fmt.Errorf("count use: %w", countErr)
	}
	next := q.DeepCopy()
	next.Status = plan(q, used)
	if equality.Semantic.DeepEqual(q.Status, next.Status) {
		return 0, countErr
	}
	if !r.believed(key, q, next.Status.Used) {
		return confirm, countErr
	}
	saved, err := r.client.CoreV1().ResourceQuotas(key.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, errors.Join(fmt.Errorf("update status: %w", err), countErr)
	}
	r.writes.Saved(key, r.informer, saved)
	return 0, countErr
}

// plan is the status: what could not be counted keeps its former value.
func plan(q *corev1.ResourceQuota, used corev1.ResourceList) corev1.ResourceQuotaStatus {
	status := corev1.ResourceQuotaStatus{Hard: q.Spec.Hard.DeepCopy(), Used: corev1.ResourceList{}}
	for name := range q.Spec.Hard {
		if n, ok := used[name]; ok {
			status.Used[name] = n
		} else if n, ok := q.Status.Used[name]; ok {
			status.Used[name] = n
		}
	}
	return status
}

// registry knows how to count what the quota names: the resources that use more than a count, and any other by its number.
func (r *reconciler) registry(hard corev1.ResourceList) quota.Registry {
	evaluators := usage.Configuration(r.list).Evaluators()
	known := map[schema.GroupResource]bool{}
	for _, e := range evaluators {
		known[e.GroupResource()] = true
	}
	for _, served := range r.objects.Resources() {
		gvr := served.GroupVersionResource
		if _, named := hard[generic.ObjectCountQuotaResourceNameFor(gvr.GroupResource())]; !named || known[gvr.GroupResource()] {
			continue
		}
		evaluators = append(evaluators, generic.NewObjectCountEvaluator(gvr.GroupResource(), func(namespace string) ([]runtime.Object, error) {
			return r.list(gvr, namespace)
		}, ""))
	}
	return generic.NewRegistry(evaluators)
}

var errUnwatched = errors.New("resource is not watched")

func (r *reconciler) list(gvr schema.GroupVersionResource, namespace string) ([]runtime.Object, error) {
	found, ok := r.objects.InNamespace(gvr, namespace)
	if !ok {
		return nil, fmt.Errorf("list %s: %w", gvr.GroupResource(), errUnwatched)
	}
	return found, nil
}
