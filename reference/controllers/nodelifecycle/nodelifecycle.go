// Package nodelifecycle notices nodes that have fallen silent, and turns the conditions of nodes into taints.
package nodelifecycle

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	coordinationlisters "k8s.io/client-go/listers/coordination/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// grace is how long a node may be silent before its conditions become Unknown.
const grace = 50 * time.Second

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	core, leases := env.Informers.Core().V1(), env.Informers.Coordination().V1().Leases()
	r := &reconciler{
		client: env.Client, events: env.Recorder("node-controller"), heartbeats: newHeartbeats(), source: controller.NewSource(), writes: controller.NewWrites(),
		nodes: core.Nodes().Lister(), informer: core.Nodes().Informer(), leases: leases.Lister(), pods: core.Pods().Informer(),
	}
	if err := controller.IndexByNode(r.pods); err != nil {
		return controller.Controller{}, err
	}
	return controller.Controller{
		Name: "node-lifecycle",
		Watches: []controller.Watch{
			{Informer: r.informer},
			{Informer: leases.Informer(), Keys: nodeOf},
			{Informer: r.pods, Keys: func(any) []controller.Key { return nil }},
		},
		Reconcile: r.reconcile,
		Workers:   4,
		Source:    r.source,
		Writes:    r.writes,
	}, nil
}

func nodeOf(lease any) []controller.Key {
	o, ok := lease.(metav1.Object)
	if !ok || o.GetNamespace() != corev1.NamespaceNodeLease {
		return nil
	}
	return []controller.Key{{Name: o.GetName()}}
}

type reconciler struct {
	client     kubernetes.Interface
	events     record.EventRecorder
	heartbeats *heartbeats
	source     *controller.Source
	writes     *controller.Writes
	nodes      corelisters.NodeLister
	informer   cache.SharedIndexInformer
	leases     coordinationlisters.LeaseLister
	pods       cache.SharedIndexInformer
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	node, err := r.nodes.Get(key.Name)
	if apierrors.IsNotFound(err) {
		r.heartbeats.forget(key.Name)
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	left := time.Until(r.heartbeats.seen(node, r.renewed(node.Name), time.Now()).Add(grace))
	if left <= 0 {
		return 0, r.silence(ctx, key, node)
	}
	return left, r.taint(ctx, key, node)
}

func (r *reconciler) renewed(node string) time.Time {
	lease, err := r.leases.Leases(corev1.NamespaceNodeLease).Get(node)
	if err != nil || lease.Spec.RenewTime == nil {
		return time.Time{}
	}
	return lease.Spec.RenewTime.Time
}

// silence reports that nothing is known about the node; after that it is treated like any unready one.
func (r *reconciler) silence(ctx context.Context, key controller.Key, node *corev1.Node) error {
	next := node.DeepCopy()
	forgetConditions(next, metav1.Now())
	if !equality.Semantic.DeepEqual(node.Status, next.Status) {
		saved, err := r.client.CoreV1().Nodes().UpdateStatus(ctx, next, metav1.UpdateOptions{})
		if err != nil {
			return fmt.Errorf("update status: %w", err)
		}
		r.writes.Saved(key, r.informer, saved)
		r.events.Eventf(node, corev1.EventTypeNormal, "NodeNotReady", "Node %s status is now: NodeNotReady", node.Name)
		node = saved
	}
	if err := r.taint(ctx, key, node); err != nil {
		return err
	}
	return r.unreadyPods(ctx, node)
}

func (r *reconciler) taint(ctx context.Context, key controller.Key, node *corev1.Node) error {
	all, err := r.nodes.List(labels.Everything())
	if err != nil {
		return err
	}
	disrupted := allDown(all, node)
	if r.heartbeats.flip(disrupted) {
		for _, other := range all {
			r.source.Add(controller.Key{Name: other.Name})
		}
	}
	taints := plan(node, disrupted, metav1.Now())
	if equality.Semantic.DeepEqual(node.Spec.Taints, taints) {
		return nil
	}
	next := node.DeepCopy()
	next.Spec.Taints = taints
	saved, err := r.client.CoreV1().Nodes().Update(ctx, next, metav1.UpdateOptions{})
	if err != nil {
		return fmt.Errorf("update taints: %w", err)
	}
	r.writes.Saved(key, r.informer, saved)
	return nil
}

// unreadyPods takes the condition Ready from the pods of a silent node, so that Services leave them out. The
// pods of a node that still reports are its kubelet's to judge.
func (r *reconciler) unreadyPods(ctx context.Context, node *corev1.Node) error {
	var errs []error
	for _, pod := range controller.OnNode(r.pods, node.Name) {
		if !pods.Ready(pod) {
			continue
		}
		next := pod.DeepCopy()
		pods.SetCondition(&next.Status, corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionFalse}, time.Now())
		_, err := r.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
		switch {
		case err == nil:
			r.events.Event(pod, corev1.EventTypeWarning, "NodeNotReady", "Node is not ready")
		case !apierrors.IsNotFound(err):
			errs = append(errs, fmt.Errorf("mark pod %q unready: %w", pod.Name, err))
		}
	}
	return errors.Join(errs...)
}
