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

// maxNote is the longest note that the API server takes in an event.
const maxNote = 1024

// report tells the user why the pod has no node: an event each time, and the
// condition PodScheduled when it changes. nominated, if not empty, is the
// node where room is being made.
func (s *Scheduler) report(ctx context.Context, pod *snapshot.Pod, reason, message, nominated string) {
	note := message
	if len(note) > maxNote {
		note = note[:maxNote-4] + " ..."
	}
	s.recorder.Eventf(pod.Pod, nil, corev1.EventTypeWarning, "FailedScheduling", "Scheduling", "%s", note)
	patch := statusPatch(pod.Pod, metav1.NewTime(s.clock.Now()), reason, message, nominated)
	if patch == nil {
		return
	}
	_, err := s.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name,
		types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) && ctx.Err() == nil {
		s.log.Warn("condition PodScheduled not written", "pod", pod.Key(), "err", err)
	}
}

// statusPatch returns nil when the status says all of it already.
func statusPatch(pod *corev1.Pod, now metav1.Time, reason, message, nominated string) []byte {
	condition := corev1.PodCondition{
		Type:               corev1.PodScheduled,
		Status:             corev1.ConditionFalse,
		Reason:             reason,
		Message:            message,
		ObservedGeneration: pod.Generation,
		LastTransitionTime: now,
	}
	for _, old := range pod.Status.Conditions {
		if old.Type != corev1.PodScheduled {
			continue
		}
		if old.Status == condition.Status {
			condition.LastTransitionTime = old.LastTransitionTime
		}
		if old.Status == condition.Status && old.Reason == reason && old.Message == message &&
			(nominated == "" || nominated == pod.Status.NominatedNodeName) {
			return nil
		}
	}
	status := map[string]any{"conditions": []corev1.PodCondition{condition}}
	if nominated != "" {
		status["nominatedNodeName"] = nominated
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": pod.UID}, // not a later pod of the same name
		"status":   status,
	})
	if err != nil {
		return nil // cannot happen: the values are plain
	}
	return patch
}
