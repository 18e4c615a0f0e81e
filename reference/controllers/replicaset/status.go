package replicaset

import (
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// status describes the pods. again is the time until the next pod becomes available by age alone.
func status(rs *appsv1.ReplicaSet, all []*corev1.Pod, failure error, now time.Time) (next appsv1.ReplicaSetStatus, again time.Duration) {
	next = appsv1.ReplicaSetStatus{
		ObservedGeneration:  rs.Generation,
		Conditions:          slices.Clone(rs.Status.Conditions),
		TerminatingReplicas: new(int32),
	}
	template := labels.SelectorFromSet(rs.Spec.Template.Labels)
	active := 0
	for _, pod := range all {
		if !pods.Active(pod) {
			if !pods.Finished(pod) {
				*next.TerminatingReplicas++
			}
			continue
		}
		active++
		next.Replicas++
		if template.Matches(labels.Set(pod.Labels)) {
			next.FullyLabeledReplicas++
		}
		if pods.Ready(pod) {
			next.ReadyReplicas++
		}
		available, in := pods.Available(pod, rs.Spec.MinReadySeconds, now)
		if available {
			next.AvailableReplicas++
		}
		again = controller.Sooner(again, in)
	}
	setFailure(&next, failure, active > wanted(rs), now)
	return next, again
}

// setFailure keeps the condition ReplicaFailure as long as pods cannot be created or deleted.
func setFailure(status *appsv1.ReplicaSetStatus, failure error, tooMany bool, now time.Time) {
	i := slices.IndexFunc(status.Conditions, func(c appsv1.ReplicaSetCondition) bool { return c.Type == appsv1.ReplicaSetReplicaFailure })
	switch {
	case failure == nil && i >= 0:
		status.Conditions = slices.Delete(status.Conditions, i, i+1)
	case failure != nil && i < 0:
		reason := "FailedCreate"
		if tooMany {
			reason = "FailedDelete"
		}
		status.Conditions = append(status.Conditions, appsv1.ReplicaSetCondition{
			Type: appsv1.ReplicaSetReplicaFailure, Status: corev1.ConditionTrue, LastTransitionTime: metav1.NewTime(now),
			Reason: reason, Message: failure.Error(),
		})
	}
}
