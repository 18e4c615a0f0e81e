package replicaset

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
)

// set is a ReplicaSet, or a ReplicationController seen as one, together with the object itself.
type set struct {
	*appsv1.ReplicaSet
	object runtime.Object
}

// kind is what differs between the two kinds of set.
type kind struct {
	name         string
	gvk          schema.GroupVersionKind
	informer     cache.SharedIndexInformer
	get          func(key controller.Key) (set, error)
	fresh        func(ctx context.Context, key controller.Key) (metav1.Object, error)
	matching     func(pod *corev1.Pod) []controller.Key
	updateStatus func(ctx context.Context, s set, status appsv1.ReplicaSetStatus) (metav1.Object, error)
}

func replicaSets(env controller.Env) kind {
	informer := env.Informers.Apps().V1().ReplicaSets()
	client := env.Client.AppsV1()
	return kind{
		name: "replicaset", gvk: appsv1.SchemeGroupVersion.WithKind("ReplicaSet"), informer: informer.Informer(),
		get: func(key controller.Key) (set, error) {
			rs, err := informer.Lister().ReplicaSets(key.Namespace).Get(key.Name)
			return set{rs, rs}, err
		},
		fresh: func(ctx context.Context, key controller.Key) (metav1.Object, error) {
			return client.ReplicaSets(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
		},
		matching: func(pod *corev1.Pod) (keys []controller.Key) {
			all, _ := informer.Lister().ReplicaSets(pod.Namespace).List(labels.Everything())
			for _, rs := range all {
				if selector, err := metav1.LabelSelectorAsSelector(rs.Spec.Selector); err == nil && selector.Matches(labels.Set(pod.Labels)) {
					keys = append(keys, cache.MetaObjectToName(rs))
				}
			}
			return keys
		},
		updateStatus: func(ctx context.Context, s set, status appsv1.ReplicaSetStatus) (metav1.Object, error) {
			next := s.DeepCopy()
			next.Status = status
			return client.ReplicaSets(s.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
		},
	}
}

func replicationControllers(env controller.Env) kind {
	informer := env.Informers.Core().V1().ReplicationControllers()
	client := env.Client.CoreV1()
	return kind{
		name: "replicationcontroller", gvk: corev1.SchemeGroupVersion.WithKind("ReplicationController"), informer: informer.Informer(),
		get: func(key controller.Key) (set, error) {
			rc, err := informer.Lister().ReplicationControllers(key.Namespace).Get(key.Name)
			if err != nil {
				return set{}, err
			}
			return set{asReplicaSet(rc), rc}, nil
		},
		fresh: func(ctx context.Context, key controller.Key) (metav1.Object, error) {
			return client.ReplicationControllers(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
		},
		matching: func(pod *corev1.Pod) (keys []controller.Key) {
			all, _ := informer.Lister().ReplicationControllers(pod.Namespace).List(labels.Everything())
			for _, rc := range all {
				if len(rc.Spec.Selector) > 0 && labels.SelectorFromSet(rc.Spec.Selector).Matches(labels.Set(pod.Labels)) {
					keys = append(keys, cache.MetaObjectToName(rc))
				}
			}
			return keys
		},
		updateStatus: func(ctx context.Context, s set, status appsv1.ReplicaSetStatus) (metav1.Object, error) {
			next := s.object.(*corev1.ReplicationController).DeepCopy()
			next.Status = asControllerStatus(status)
			return client.ReplicationControllers(s.Namespace).UpdateStatus(ctx, next, metav1.UpdateOptions{})
		},
	}
}

// asReplicaSet views a ReplicationController as a ReplicaSet. A missing selector selects nothing.
func asReplicaSet(rc *corev1.ReplicationController) *appsv1.ReplicaSet {
	rs := &appsv1.ReplicaSet{ObjectMeta: rc.ObjectMeta}
	rs.Spec.Replicas, rs.Spec.MinReadySeconds = rc.Spec.Replicas, rc.Spec.MinReadySeconds
	if len(rc.Spec.Selector) > 0 {
		rs.Spec.Selector = &metav1.LabelSelector{MatchLabels: rc.Spec.Selector}
	}
	if rc.Spec.Template != nil {
		rs.Spec.Template = *rc.Spec.Template
	}
	rs.Status = appsv1.ReplicaSetStatus{
		Replicas: rc.Status.Replicas, FullyLabeledReplicas: rc.Status.FullyLabeledReplicas, ReadyReplicas: rc.Status.ReadyReplicas,
		AvailableReplicas: rc.Status.AvailableReplicas, ObservedGeneration: rc.Status.ObservedGeneration,
	}
	for _, c := range rc.Status.Conditions {
		rs.Status.Conditions = append(rs.Status.Conditions, appsv1.ReplicaSetCondition{
			Type: appsv1.ReplicaSetConditionType(c.Type), Status: c.Status, LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message,
		})
	}
	return rs
}

func asControllerStatus(status appsv1.ReplicaSetStatus) corev1.ReplicationControllerStatus {
	out := corev1.ReplicationControllerStatus{
		Replicas: status.Replicas, FullyLabeledReplicas: status.FullyLabeledReplicas, ReadyReplicas: status.ReadyReplicas,
		AvailableReplicas: status.AvailableReplicas, ObservedGeneration: status.ObservedGeneration,
	}
	for _, c := range status.Conditions {
		out.Conditions = append(out.Conditions, corev1.ReplicationControllerCondition{
			Type: corev1.ReplicationControllerConditionType(c.Type), Status: c.Status, LastTransitionTime: c.LastTransitionTime, Reason: c.Reason, Message: c.Message,
		})
	}
	return out
}
