package deployment

import (
	"fmt"
	"math"
	"slices"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Reasons of the condition Progressing.
const (
	reasonUpdated  = "ReplicaSetUpdated"
	reasonDone     = "NewReplicaSetAvailable"
	reasonTimedOut = "ProgressDeadlineExceeded"
	reasonPaused   = "DeploymentPaused"
	reasonResumed  = "DeploymentResumed"
	reasonRefused  = "ReplicaSetCreateError"
)

// status describes the rollout. again is the time until its progress deadline; zero when it is not running.
func (ro *rollout) status(failure error, now time.Time) (next appsv1.DeploymentStatus, again time.Duration) {
	d := ro.deployment
	next = appsv1.DeploymentStatus{
		ObservedGeneration: d.Generation, CollisionCount: d.Status.CollisionCount,
		TerminatingReplicas: new(int32), Conditions: slices.Clone(d.Status.Conditions),
	}
	for _, rs := range ro.all() {
		next.Replicas += rs.Status.Replicas
		next.ReadyReplicas += rs.Status.ReadyReplicas
		next.AvailableReplicas += rs.Status.AvailableReplicas
		if rs.Status.TerminatingReplicas != nil {
			*next.TerminatingReplicas += *rs.Status.TerminatingReplicas
		}
	}
	if ro.current != nil {
		next.UpdatedReplicas = ro.current.Status.Replicas
	}
	next.UnavailableReplicas = max(0, total(ro.all())-next.AvailableReplicas)
	ro.setAvailable(&next, now)
	if d.DeletionTimestamp == nil && d.Spec.ProgressDeadlineSeconds != nil && *d.Spec.ProgressDeadlineSeconds != math.MaxInt32 {
		again = ro.setProgress(&next, failure, now)
	}
	ro.setFailure(&next, now)
	return next, again
}

func (ro *rollout) setAvailable(next *appsv1.DeploymentStatus, now time.Time) {
	_, unavailable := ro.bounds()
	c := appsv1.DeploymentCondition{
		Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue,
		Reason: "MinimumReplicasAvailable", Message: "Deployment has minimum availability.",
	}
	if next.AvailableReplicas < wanted(ro.deployment)-unavailable {
		c.Status, c.Reason, c.Message = corev1.ConditionFalse, "MinimumReplicasUnavailable", "Deployment does not have minimum availability."
	}
	set(next, c, now)
}

// setProgress writes the condition Progressing: paused, done, moving or stuck for too long.
func (ro *rollout) setProgress(next *appsv1.DeploymentStatus, failure error, now time.Time) time.Duration {
	c := find(next, appsv1.DeploymentProgressing)
	progressing := appsv1.DeploymentCondition{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue}
	paused := ro.deployment.Spec.Paused
	switch {
	case failure != nil:
		progressing.Status, progressing.Reason, progressing.Message = corev1.ConditionFalse, reasonRefused, failure.Error()
	case paused && c != nil && c.Reason == reasonTimedOut:
		return 0
	case paused:
		progressing.Status, progressing.Reason, progressing.Message = corev1.ConditionUnknown, reasonPaused, "Deployment is paused"
	default:
		return ro.setMoving(next, progressing, now)
	}
	set(next, progressing, now)
	return 0
}

// setMoving writes the condition of a rollout that is neither refused nor paused.
func (ro *rollout) setMoving(next *appsv1.DeploymentStatus, progressing appsv1.DeploymentCondition, now time.Time) time.Duration {
	d, old := ro.deployment, ro.deployment.Status
	c := find(next, appsv1.DeploymentProgressing)
	switch {
	case c != nil && c.Reason == reasonPaused:
		progressing.Status, progressing.Reason, progressing.Message = corev1.ConditionUnknown, reasonResumed, "Deployment is resumed"
	case c != nil && c.Reason == reasonDone && next.Replicas == next.UpdatedReplicas:
		return 0 // done stays done while pods come and go
	case completeIn(d, *next):
		progressing.Reason, progressing.Message = reasonDone, ro.subject()+" has successfully progressed."
	case moved(old, *next):
		progressing.Reason, progressing.Message = reasonUpdated, ro.subject()+" is progressing."
		renew(next, progressing, now)
	case c == nil || c.Reason == reasonTimedOut || c.Reason == reasonDone:
		return 0
	case now.Sub(c.LastUpdateTime.Time) < deadline(d):
		return deadline(d) - now.Sub(c.LastUpdateTime.Time)
	default:
		progressing.Status, progressing.Reason, progressing.Message = corev1.ConditionFalse, reasonTimedOut, ro.subject()+" has timed out progressing."
	}
	set(next, progressing, now)
	if progressing.Reason == reasonUpdated || progressing.Reason == reasonResumed {
		return deadline(d)
	}
	return 0
}

// renew gives the condition Progressing a new update time, although nothing else of it changes.
func renew(next *appsv1.DeploymentStatus, progressing appsv1.DeploymentCondition, now time.Time) {
	c := find(next, appsv1.DeploymentProgressing)
	drop(next, appsv1.DeploymentProgressing)
	if c != nil && c.Status == corev1.ConditionTrue {
		set(next, progressing, now)
		find(next, appsv1.DeploymentProgressing).LastTransitionTime = c.LastTransitionTime
	}
}

// setFailure shows the condition ReplicaFailure of a ReplicaSet, the current one first.
func (ro *rollout) setFailure(next *appsv1.DeploymentStatus, now time.Time) {
	sets := ro.all()
	slices.Reverse(sets)
	for _, rs := range sets {
		for _, c := range rs.Status.Conditions {
			if c.Type == appsv1.ReplicaSetReplicaFailure {
				set(next, appsv1.DeploymentCondition{
					Type: appsv1.DeploymentReplicaFailure, Status: c.Status, Reason: c.Reason, Message: c.Message,
				}, now)
				return
			}
		}
	}
	drop(next, appsv1.DeploymentReplicaFailure)
}

// found starts the clock of the progress deadline for a ReplicaSet that becomes the current one.
func (ro *rollout) found(reason, message string) {
	d := ro.deployment
	if reason == "FoundNewReplicaSet" && find(&d.Status, appsv1.DeploymentProgressing) != nil {
		return
	}
	if d.Spec.ProgressDeadlineSeconds == nil {
		return
	}
	drop(&d.Status, appsv1.DeploymentProgressing)
	set(&d.Status, appsv1.DeploymentCondition{
		Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: reason, Message: message,
	}, time.Now())
}

func (ro *rollout) subject() string {
	if ro.current != nil {
		return fmt.Sprintf("ReplicaSet %q", ro.current.Name)
	}
	return fmt.Sprintf("Deployment %q", ro.deployment.Name)
}

// complete reports whether all pods are of the present template and available.
func (ro *rollout) complete() bool {
	next, _ := ro.status(nil, time.Now())
	return completeIn(ro.deployment, next)
}

func completeIn(d *appsv1.Deployment, s appsv1.DeploymentStatus) bool {
	return s.UpdatedReplicas == wanted(d) && s.Replicas == wanted(d) && s.AvailableReplicas == wanted(d)
}

func moved(old, next appsv1.DeploymentStatus) bool {
	return next.UpdatedReplicas > old.UpdatedReplicas ||
		next.Replicas-next.UpdatedReplicas < old.Replicas-old.UpdatedReplicas ||
		next.ReadyReplicas > old.ReadyReplicas ||
		next.AvailableReplicas > old.AvailableReplicas
}

func deadline(d *appsv1.Deployment) time.Duration {
	return time.Duration(*d.Spec.ProgressDeadlineSeconds) * time.Second
}

func find(s *appsv1.DeploymentStatus, t appsv1.DeploymentConditionType) *appsv1.DeploymentCondition {
	for i := range s.Conditions {
		if s.Conditions[i].Type == t {
			return &s.Conditions[i]
		}
	}
	return nil
}

// set puts the condition in place of the one of its type; times move only when status or reason do.
func set(s *appsv1.DeploymentStatus, c appsv1.DeploymentCondition, now time.Time) {
	c.LastUpdateTime, c.LastTransitionTime = metav1.NewTime(now), metav1.NewTime(now)
	old := find(s, c.Type)
	if old == nil {
		s.Conditions = append(s.Conditions, c)
		return
	}
	if old.Status == c.Status {
		c.LastTransitionTime = old.LastTransitionTime
		if old.Reason == c.Reason {
			return
		}
	}
	*old = c
}

func drop(s *appsv1.DeploymentStatus, t appsv1.DeploymentConditionType) {
	s.Conditions = slices.DeleteFunc(slices.Clone(s.Conditions), func(c appsv1.DeploymentCondition) bool { return c.Type == t })
}
