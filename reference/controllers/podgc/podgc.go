// Package podgc deletes pods that nobody else will: those of nodes that have gone, those that were deleted before they were scheduled, and finished ones beyond a limit.
package podgc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

const (
	interval = 20 * time.Second
	// quarantine is the time that a node must be missing before its pods are deleted.
	quarantine = 40 * time.Second
	// mostFinished is the number of finished pods that are kept.
	mostFinished = 12500
)

// New declares the controller. Its only key is the empty one: it looks at all pods.
func New(env controller.Env) (controller.Controller, error) {
	core := env.Informers.Core().V1()
	r := &reconciler{client: env.Client, nodes: core.Nodes().Lister(), pods: core.Pods().Lister(), missing: map[string]time.Time{}}
	none := func(any) []controller.Key { return nil }
	return controller.Controller{
		Name:      "pod-garbage-collector",
		Watches:   []controller.Watch{{Informer: core.Pods().Informer(), Keys: none}, {Informer: core.Nodes().Informer(), Keys: none}},
		Every:     interval,
		Reconcile: r.reconcile,
	}, nil
}

type reconciler struct {
	client kubernetes.Interface
	nodes  corelisters.NodeLister
	pods   corelisters.PodLister

	mu      sync.Mutex
	missing map[string]time.Time // nodes that pods name but that do not exist, since when
}

func (r *reconciler) reconcile(ctx context.Context, _ controller.Key) (time.Duration, error) {
	all, err := r.pods.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	nodes, err := r.nodes.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	remove := plan(all, nodes, r.quarantined(all, nodes, time.Now()), mostFinished)
	var errs []error
	for _, v := range remove {
		errs = append(errs, r.remove(ctx, v))
	}
	return 0, errors.Join(errs...)
}

// quarantined returns the nodes that have been missing for long enough.
func (r *reconciler) quarantined(all []*corev1.Pod, nodes []*corev1.Node, now time.Time) map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	still := map[string]time.Time{}
	long := map[string]bool{}
	exists := names(nodes)
	for _, pod := range all {
		node := pod.Spec.NodeName
		if node == "" || exists[node] {
			continue
		}
		since, known := r.missing[node]
		if !known {
			since = now
		}
		still[node] = since
		long[node] = now.Sub(since) >= quarantine
	}
	r.missing = still
	return long
}

func names(nodes []*corev1.Node) map[string]bool {
	out := make(map[string]bool, len(nodes))
	for _, n := range nodes {
		out[n.Name] = true
	}
	return out
}

// victim is a pod to delete. reason is set when it is the fault of its node.
type victim struct {
	pod    *corev1.Pod
	reason string
}

// plan is free of I/O. missing holds the nodes whose pods are lost.
func plan(all []*corev1.Pod, nodes []*corev1.Node, missing map[string]bool, mostFinished int) []victim {
	out := map[string]bool{} // nodes that were declared out of service
	for _, n := range nodes {
		for _, t := range n.Spec.Taints {
			out[n.Name] = out[n.Name] || t.Key == corev1.TaintNodeOutOfService
		}
	}
	var remove []victim
	var finished []*corev1.Pod
	for _, pod := range all {
		switch leaving := pod.DeletionTimestamp != nil; {
		case missing[pod.Spec.NodeName]:
			remove = append(remove, victim{pod, "PodGC: node no longer exists"})
		case leaving && pod.Spec.NodeName == "":
			remove = append(remove, victim{pod, ""})
		case leaving && out[pod.Spec.NodeName]:
			remove = append(remove, victim{pod, "PodGC: node is out of service"})
		case pods.Finished(pod) && !leaving:
			finished = append(finished, pod)
		}
	}
	if extra := len(finished) - mostFinished; extra > 0 {
		slices.SortFunc(finished, func(a, b *corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
		for _, pod := range finished[:extra] {
			remove = append(remove, victim{pod, ""})
		}
	}
	return remove
}

func (r *reconciler) remove(ctx context.Context, v victim) error {
	if !pods.Finished(v.pod) {
		next := v.pod.DeepCopy()
		next.Status.Phase = corev1.PodFailed // its Job waits for an end
		if v.reason != "" {
			pods.SetCondition(&next.Status, corev1.PodCondition{
				Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByPodGC", Message: v.reason,
			}, time.Now())
		}
		if _, err := r.client.CoreV1().Pods(v.pod.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("fail pod %q: %w", v.pod.Name, err)
		}
	}
	opts := metav1.DeleteOptions{GracePeriodSeconds: new(int64(0)), Preconditions: metav1.NewUIDPreconditions(string(v.pod.UID))}
	err := r.client.CoreV1().Pods(v.pod.Namespace).Delete(ctx, v.pod.Name, opts)
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("delete pod %q: %w", v.pod.Name, err)
	}
	return nil
}
