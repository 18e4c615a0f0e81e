// Package daemonset keeps one pod of each DaemonSet on every node that it is meant for.
package daemonset

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
	"k8s.io/client-go/util/flowcontrol"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/claim"
	"github.com/seatrial/seatrial/reference/controllers/pods"
	"github.com/seatrial/seatrial/reference/controllers/revisions"
)

var gvk = appsv1.SchemeGroupVersion.WithKind("DaemonSet")

const (
	burst = 250
	// Back-off before a failed pod of a node is deleted again.
	firstBackoff = time.Second
	lastBackoff  = 15 * time.Minute
)

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	apps, core := env.Informers.Apps().V1(), env.Informers.Core().V1()
	podInformer, revisionInformer := core.Pods().Informer(), apps.ControllerRevisions().Informer()
	if err := errors.Join(controller.IndexByController(podInformer), controller.IndexByController(revisionInformer)); err != nil {
		return controller.Controller{}, err
	}
	writes := controller.NewWrites()
	r := &reconciler{
		client: env.Client, events: env.Recorder("daemonset-controller"), writes: writes,
		lister: apps.DaemonSets().Lister(), sets: apps.DaemonSets().Informer(), nodes: core.Nodes().Lister(), pods: podInformer,
		keeper:  revisions.Keeper{Client: env.Client, Informer: revisionInformer, Writes: writes},
		backoff: flowcontrol.NewBackOff(firstBackoff, lastBackoff),
	}
	r.writer = pods.Writer{Client: env.Client, Events: r.events, Informer: podInformer, Writes: writes}
	return controller.Controller{
		Name: "daemonset",
		Watches: []controller.Watch{
			{Informer: r.sets},
			{Informer: podInformer, Keys: r.interested},
			{Informer: revisionInformer, Keys: r.interested},
			{Informer: core.Nodes().Informer(), Keys: r.all, Matters: nodeMatters},
		},
		Reconcile: r.reconcile,
		Workers:   4,
		Writes:    writes,
	}, nil
}

type reconciler struct {
	client     kubernetes.Interface
	events     record.EventRecorder
	writes     *controller.Writes
	writer     pods.Writer
	keeper     revisions.Keeper
	backoff    *flowcontrol.Backoff
	lister     appslisters.DaemonSetLister
	nodes      corelisters.NodeLister
	sets, pods cache.SharedIndexInformer
}

// interested maps a child to its DaemonSet, and an orphan to all that would adopt it.
func (r *reconciler) interested(obj any) []controller.Key {
	o, ok := obj.(metav1.Object)
	if !ok {
		return nil
	}
	if metav1.GetControllerOfNoCopy(o) != nil {
		return controller.OwnerKeys(gvk.Group, gvk.Kind)(obj)
	}
	var keys []controller.Key
	all, _ := r.lister.DaemonSets(o.GetNamespace()).List(labels.Everything())
	for _, ds := range all {
		if selector, err := metav1.LabelSelectorAsSelector(ds.Spec.Selector); err == nil && selector.Matches(labels.Set(o.GetLabels())) {
			keys = append(keys, cache.MetaObjectToName(ds))
		}
	}
	return keys
}

func (r *reconciler) all(any) []controller.Key {
	var keys []controller.Key
	all, _ := r.lister.List(labels.Everything())
	for _, ds := range all {
		keys = append(keys, cache.MetaObjectToName(ds))
	}
	return keys
}

// nodeMatters leaves out heartbeats.
func nodeMatters(old, obj any) bool {
	a, okA := old.(*corev1.Node)
	b, okB := obj.(*corev1.Node)
	return !okA || !okB || !equality.Semantic.DeepEqual(a.Labels, b.Labels) || !equality.Semantic.DeepEqual(a.Spec, b.Spec)
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	ds, err := r.lister.DaemonSets(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && ds.DeletionTimestamp != nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	selector, err := metav1.LabelSelectorAsSelector(ds.Spec.Selector)
	if err != nil || selector.Empty() {
		r.events.Event(ds, corev1.EventTypeWarning, "SelectingAll", "This daemon set is selecting all pods. A non-empty selector is required.")
		return 0, nil
	}
	owner := claim.Owner{Object: ds, Kind: gvk, Selector: selector, Writes: r.writes, Fresh: func(ctx context.Context) (metav1.Object, error) {
		return r.client.AppsV1().DaemonSets(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	}}
	status := *ds.Status.DeepCopy()
	history, err := r.history(ctx, owner, ds, &status)
	if err != nil {
		return 0, errors.Join(err, r.report(ctx, key, ds, status))
	}
	mine, err := claim.Children(ctx, owner, r.pods, r.client.CoreV1().Pods(key.Namespace).Patch)
	if err != nil {
		return 0, err
	}
	nodes, err := r.nodes.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	v := newView(ds, history.Current.Labels[appsv1.ControllerRevisionHashLabelKey], nodes, mine, time.Now())
	again, failure := r.act(ctx, key, v)
	v.fill(&status)
	err = r.report(ctx, key, ds, status)
	return controller.Sooner(again, v.again), errors.Join(failure, err, r.keeper.Forget(ctx, ds, history, ds.Spec.RevisionHistoryLimit, v.hashes()))
}

func (r *reconciler) history(ctx context.Context, owner claim.Owner, ds *appsv1.DaemonSet, status *appsv1.DaemonSetStatus) (revisions.History, error) {
	data, err := revisions.Patch(&ds.Spec.Template)
	if err != nil {
		return revisions.History{}, err
	}
	collisions := int32(0)
	if status.CollisionCount != nil {
		collisions = *status.CollisionCount
	}
	h, err := r.keeper.Sync(ctx, owner, ds.Spec.Template.Labels, data, &collisions)
	if collisions > 0 {
		status.CollisionCount = &collisions
	}
	return h, err
}

// act deletes before it creates: a pod that is in the way may hold a port that the new one needs.
func (r *reconciler) act(ctx context.Context, key controller.Key, v *view) (again time.Duration, err error) {
	create, remove := v.plan()
	var doomed []*corev1.Pod
	for _, pod := range remove {
		if pod.Status.Phase == corev1.PodFailed {
			id := string(v.ds.UID) + "/" + nodeOf(pod)
			if r.backoff.IsInBackOffSinceUpdate(id, v.now) {
				again = controller.Sooner(again, r.backoff.Get(id))
				continue
			}
			r.backoff.Next(id, v.now)
			r.events.Eventf(v.ds, corev1.EventTypeWarning, "FailedDaemonPod", "Found failed daemon pod %s/%s on node %s, will try to kill it", pod.Namespace, pod.Name, nodeOf(pod))
		}
		doomed = append(doomed, pod)
	}
	_, deleteErr := controller.Each(len(doomed), func(i int) error { return r.writer.Delete(ctx, v.ds, key, doomed[i]) })
	_, createErr := controller.SlowStart(min(len(create), burst), func(i int) error {
		return r.writer.Create(ctx, v.ds, key, v.newPod(create[i]))
	})
	if apierrors.HasStatusCause(createErr, corev1.NamespaceTerminatingCause) {
		createErr = nil
	}
	return again, errors.Join(deleteErr, createErr)
}

func (r *reconciler) report(ctx context.Context, key controller.Key, ds *appsv1.DaemonSet, status appsv1.DaemonSetStatus) error {
	if equality.Semantic.DeepEqual(ds.Status, status) {
		return nil
	}
	next := ds.DeepCopy()
	next.Status = status
	saved, err := r.client.AppsV1().DaemonSets(key.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	r.writes.Saved(key, r.sets, saved)
	return nil
}
