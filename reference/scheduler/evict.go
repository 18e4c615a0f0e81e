package scheduler

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// evict deletes the victims. One that cannot be deleted stays; the pod then
// finds out at its next attempt.
func (s *Scheduler) evict(ctx context.Context, pod *snapshot.Pod, v *victims) {
	for _, victim := range v.pods {
		if victim.DeletionTimestamp != nil {
			continue
		}
		if err := s.evictOne(ctx, victim); err != nil {
			if ctx.Err() == nil {
				s.log.Warn("pod not preempted", "pod", victim.Key(), "for", pod.Key(), "err", err)
			}
			continue
		}
		s.log.Info("pod preempted", "pod", victim.Key(), "for", pod.Key(), "node", v.node.Name)
		s.recorder.Eventf(victim.Pod, pod.Pod, corev1.EventTypeNormal, "Preempted", "Preempting",
			"Preempted by pod %s on node %s", pod.UID, v.node.Name)
	}
	for _, lower := range s.nominations.below(v.node.Name, pod.Priority) {
		s.withdraw(ctx, lower)
	}
}

func (s *Scheduler) evictOne(ctx context.Context, victim *snapshot.Pod) error {
	pods := s.client.CoreV1().Pods(victim.Namespace)
	_, err := pods.Patch(ctx, victim.Name, types.StrategicMergePatchType, s.disruptionPatch(victim.Pod), metav1.PatchOptions{}, "status")
	if err == nil {
		uid := victim.UID
		err = pods.Delete(ctx, victim.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
	}
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // gone already, perhaps with a new pod of its name
	}
	return err
}

// withdraw takes the nomination from a pod of lower priority, whose room is
// being given to another.
func (s *Scheduler) withdraw(ctx context.Context, pod *snapshot.Pod) {
	s.nominations.remove(pod.UID)
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": pod.UID},
		"status":   map[string]any{"nominatedNodeName": nil},
	})
	if err == nil {
		_, err = s.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	}
	if err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
		s.log.Warn("nomination not withdrawn", "pod", pod.Key(), "err", err)
	}
}

func (s *Scheduler) disruptionPatch(victim *corev1.Pod) []byte {
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": victim.UID},
		"status": map[string]any{"conditions": []corev1.PodCondition{{
			Type:               corev1.DisruptionTarget,
			Status:             corev1.ConditionTrue,
			Reason:             corev1.PodReasonPreemptionByScheduler,
			Message:            s.name + ": preempting to accommodate a higher priority pod",
			ObservedGeneration: victim.Generation,
			LastTransitionTime: metav1.NewTime(s.clock.Now()),
		}}},
	})
	if err != nil {
		return nil // cannot happen: the values are plain
	}
	return patch
}
