// Package tainteviction deletes pods from nodes with NoExecute taints that they do not tolerate, or do not tolerate for ever.
package tainteviction

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// New declares the controller. Its keys are pods.
func New(env controller.Env) (controller.Controller, error) {
	core := env.Informers.Core().V1()
	r := &reconciler{
		client: env.Client, events: env.Recorder("taint-eviction-controller"), since: map[types.NamespacedName]sighting{},
		nodes: core.Nodes().Lister(), lister: core.Pods().Lister(), pods: core.Pods().Informer(),
	}
	if err := controller.IndexByNode(r.pods); err != nil {
		return controller.Controller{}, err
	}
	return controller.Controller{
		Name: "taint-eviction",
		Watches: []controller.Watch{
			{Informer: r.pods, Matters: func(old, obj any) bool {
				a, b := old.(*corev1.Pod), obj.(*corev1.Pod)
				return a.Spec.NodeName != b.Spec.NodeName || !equality.Semantic.DeepEqual(a.Spec.Tolerations, b.Spec.Tolerations)
			}},
			{Informer: core.Nodes().Informer(), Keys: r.podsOn, Matters: func(old, obj any) bool {
				return !equality.Semantic.DeepEqual(old.(*corev1.Node).Spec.Taints, obj.(*corev1.Node).Spec.Taints)
			}},
		},
		Reconcile: r.reconcile,
		Workers:   8,
	}, nil
}

type reconciler struct {
	client kubernetes.Interface
	events record.EventRecorder
	nodes  corelisters.NodeLister
	lister corelisters.PodLister
	pods   cache.SharedIndexInformer

	mu    sync.Mutex
	since map[types.NamespacedName]sighting
}

// sighting is when a pod was first seen on a node that is tainted.
type sighting struct {
	uid types.UID
	at  time.Time
}

func (r *reconciler) podsOn(obj any) []controller.Key {
	node, ok := obj.(*corev1.Node)
	if !ok {
		return nil
	}
	var keys []controller.Key
	for _, pod := range controller.OnNode(r.pods, node.Name) {
		keys = append(keys, cache.MetaObjectToName(pod))
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	name := types.NamespacedName(key)
	pod, err := r.lister.Pods(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) {
		r.forget(name)
		return 0, nil
	}
	if err != nil || pod.Spec.NodeName == "" {
		return 0, err
	}
	node, err := r.nodes.Get(pod.Spec.NodeName)
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, err
	}
	taints := noExecute(node)
	if pod.DeletionTimestamp != nil || len(taints) == 0 {
		if r.forget(name) && pod.DeletionTimestamp == nil {
			r.events.Eventf(pod, corev1.EventTypeNormal, "TaintManagerEviction", "Cancelling deletion of Pod %s", key)
		}
		return 0, nil
	}
	stay, forever := tolerated(ctx, pod, taints)
	if forever {
		r.forget(name)
		return 0, nil
	}
	if left := time.Until(r.seen(name, pod).Add(stay)); left > 0 {
		return left, nil
	}
	return 0, r.evict(ctx, pod)
}

func (r *reconciler) seen(name types.NamespacedName, pod *corev1.Pod) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.since[name]; ok && s.uid == pod.UID {
		return s.at
	}
	now := time.Now()
	r.since[name] = sighting{pod.UID, now}
	return now
}

func (r *reconciler) forget(name types.NamespacedName) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, known := r.since[name]
	delete(r.since, name)
	return known
}

// evict says in the pod's conditions why it goes, then deletes it.
func (r *reconciler) evict(ctx context.Context, pod *corev1.Pod) error {
	r.events.Eventf(pod, corev1.EventTypeNormal, "TaintManagerEviction", "Marking for deletion Pod %s/%s", pod.Namespace, pod.Name)
	next := pod.DeepCopy()
	if pods.SetCondition(&next.Status, corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue,
		Reason: "DeletionByTaintManager", Message: "Taint manager: deleting due to NoExecute taint",
	}, time.Now()) {
		if _, err := r.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("mark pod as disrupted: %w", err)
		}
	}
	err := r.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{Preconditions: metav1.NewUIDPreconditions(string(pod.UID))})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete pod: %w", err)
	}
	return nil
}

func noExecute(node *corev1.Node) []corev1.Taint {
	if node == nil {
		return nil
	}
	var taints []corev1.Taint
	for _, t := range node.Spec.Taints {
		if t.Effect == corev1.TaintEffectNoExecute {
			taints = append(taints, t)
		}
	}
	return taints
}

// tolerated says how long the pod may stay: for ever, or for the shortest of the times that its tolerations grant.
func tolerated(ctx context.Context, pod *corev1.Pod, taints []corev1.Taint) (stay time.Duration, forever bool) {
	limited := false
	for i := range taints {
		tolerates := false
		for j := range pod.Spec.Tolerations {
			t := &pod.Spec.Tolerations[j]
			if !t.ToleratesTaint(klog.FromContext(ctx), &taints[i], false) {
				continue
			}
			tolerates = true
			if t.TolerationSeconds == nil {
				continue
			}
			if d := time.Duration(max(*t.TolerationSeconds, 0)) * time.Second; !limited || d < stay {
				stay, limited = d, true
			}
		}
		if !tolerates {
			return 0, false
		}
	}
	return stay, !limited
}
