// Package replicaset keeps the number of pods of each ReplicaSet and of each ReplicationController.
package replicaset

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
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/claim"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// burst bounds the pods that one run creates or deletes.
const burst = 500

// New declares the controller of ReplicaSets.
func New(env controller.Env) (controller.Controller, error) { return build(env, replicaSets(env)) }

// NewForControllers declares the controller of ReplicationControllers.
func NewForControllers(env controller.Env) (controller.Controller, error) {
	return build(env, replicationControllers(env))
}

func build(env controller.Env, k kind) (controller.Controller, error) {
	podInformer := env.Informers.Core().V1().Pods().Informer()
	if err := errors.Join(controller.IndexByController(podInformer), controller.IndexByController(k.informer)); err != nil {
		return controller.Controller{}, err
	}
	writes := controller.NewWrites()
	r := &reconciler{
		env: env, kind: k, pods: podInformer,
		writer: pods.Writer{Client: env.Client, Events: env.Recorder(k.name + "-controller"), Informer: podInformer, Writes: writes},
	}
	return controller.Controller{
		Name: k.name,
		Watches: []controller.Watch{
			{Informer: k.informer},
			{Informer: podInformer, Keys: r.interested},
		},
		Reconcile: r.reconcile,
		Workers:   5,
		Writes:    writes,
	}, nil
}

type reconciler struct {
	env    controller.Env
	kind   kind
	pods   cache.SharedIndexInformer
	writer pods.Writer
}

// interested maps a pod to its set, and an orphan to all sets that would adopt it.
func (r *reconciler) interested(obj any) []controller.Key {
	pod, ok := obj.(*corev1.Pod)
	if !ok {
		return nil
	}
	if metav1.GetControllerOfNoCopy(pod) != nil {
		return controller.OwnerKeys(r.kind.gvk.Group, r.kind.gvk.Kind)(pod)
	}
	if len(pod.Labels) == 0 {
		return nil
	}
	return r.kind.matching(pod)
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	s, err := r.kind.get(key)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	selector, err := metav1.LabelSelectorAsSelector(s.Spec.Selector)
	if err != nil {
		return 0, nil // validation refuses it; nothing to select until it is changed
	}
	all, err := r.children(ctx, key, s, selector)
	if err != nil {
		return 0, err
	}
	active := filter(all, pods.Active)
	var failure error
	if s.DeletionTimestamp == nil {
		failure = r.manage(ctx, key, s, active)
	}
	status, again := status(s.ReplicaSet, all, failure, time.Now())
	if err := r.report(ctx, key, s, status); err != nil {
		return 0, errors.Join(failure, err)
	}
	return again, failure
}

func (r *reconciler) children(ctx context.Context, key controller.Key, s set, selector labels.Selector) ([]*corev1.Pod, error) {
	return claim.Children(ctx, claim.Owner{
		Object: s.ReplicaSet, Kind: r.kind.gvk, Selector: selector, Writes: r.writer.Writes,
		Fresh: func(ctx context.Context) (metav1.Object, error) { return r.kind.fresh(ctx, key) },
	}, r.pods, r.env.Client.CoreV1().Pods(key.Namespace).Patch)
}

// manage creates or deletes pods. What it returns becomes the condition ReplicaFailure.
func (r *reconciler) manage(ctx context.Context, key controller.Key, s set, active []*corev1.Pod) error {
	var perNode map[string]int
	if len(active) > wanted(s.ReplicaSet) {
		perNode = r.neighbours(s, active)
	}
	create, remove := plan(s.ReplicaSet, active, perNode, time.Now())
	if create > 0 {
		_, err := controller.SlowStart(min(create, burst), func(int) error {
			return r.writer.Create(ctx, s.object, key, pods.New(&s.Spec.Template, s.ReplicaSet, r.kind.gvk))
		})
		if err != nil && apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return nil
		}
		return err
	}
	remove = remove[:min(len(remove), burst)]
	_, err := controller.Each(len(remove), func(i int) error { return r.writer.Delete(ctx, s.object, key, remove[i]) })
	return err
}

// neighbours counts the active pods per node of all sets with the same owner, such as those of one Deployment.
func (r *reconciler) neighbours(s set, active []*corev1.Pod) map[string]int {
	count := map[string]int{}
	add := func(list []*corev1.Pod) {
		for _, pod := range list {
			if pod.Spec.NodeName != "" && pods.Active(pod) {
				count[pod.Spec.NodeName]++
			}
		}
	}
	owner := metav1.GetControllerOfNoCopy(s.ReplicaSet)
	if owner == nil {
		add(active)
		return count
	}
	for _, sibling := range controller.Controlled[metav1.Object](r.kind.informer, owner.UID) {
		add(controller.Controlled[*corev1.Pod](r.pods, sibling.GetUID()))
	}
	return count
}

func (r *reconciler) report(ctx context.Context, key controller.Key, s set, status appsv1.ReplicaSetStatus) error {
	if s.object != runtime.Object(s.ReplicaSet) {
		status.TerminatingReplicas = nil // a ReplicationController has no such field
	}
	if equality.Semantic.DeepEqual(s.Status, status) {
		return nil
	}
	saved, err := r.kind.updateStatus(ctx, s, status)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("update status: %w", err)
	}
	r.writer.Writes.Saved(key, r.kind.informer, saved)
	return nil
}

func filter(all []*corev1.Pod, keep func(*corev1.Pod) bool) []*corev1.Pod {
	var kept []*corev1.Pod
	for _, pod := range all {
		if keep(pod) {
			kept = append(kept, pod)
		}
	}
	return kept
}
