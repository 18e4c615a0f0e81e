// Package evict ends pods that take more of the node's disk than they may.
//
// https://kubernetes.io/docs/concepts/storage/ephemeral-storage/#resource-emphemeralstorage-consumption
package evict

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	statsv1alpha1 "k8s.io/kubelet/pkg/apis/stats/v1alpha1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/status"
)

const period = 10 * time.Second

// Watcher compares usage with limits.
type Watcher struct {
	Pods    func() []*corev1.Pod
	Summary func(ctx context.Context) (*statsv1alpha1.Summary, error)
	Evict   func(uid types.UID, verdict status.Verdict)
	Clock   clock.Clock
}

// Run compares until ctx ends. It measures only while a pod has limits.
func (w *Watcher) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.Clock.After(period):
		}
		w.look(ctx)
	}
}

func (w *Watcher) look(ctx context.Context) {
	limited := map[string]*corev1.Pod{}
	for _, pod := range w.Pods() {
		if hasLimit(pod) && !status.IsTerminal(pod.Status.Phase) && pod.DeletionTimestamp == nil {
			limited[string(pod.UID)] = pod
		}
	}
	if len(limited) == 0 {
		return
	}
	summary, err := w.Summary(ctx)
	if err != nil {
		return // looked at again soon
	}
	for i := range summary.Pods {
		pod := limited[summary.Pods[i].PodRef.UID]
		if pod == nil {
			continue
		}
		if message := Exceeds(pod, &summary.Pods[i]); message != "" {
			w.Evict(pod.UID, verdict(message))
		}
	}
}

func verdict(message string) status.Verdict {
	return status.Verdict{Phase: corev1.PodFailed, Reason: "Evicted", Message: message, Condition: corev1.PodCondition{
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonTerminationByKubelet, Message: message}}
}

func hasLimit(pod *corev1.Pod) bool {
	for _, volume := range pod.Spec.Volumes {
		if volume.EmptyDir != nil && volume.EmptyDir.Medium == corev1.StorageMediumDefault && volume.EmptyDir.SizeLimit != nil {
			return true
		}
	}
	for i := range pod.Spec.Containers {
		if !pod.Spec.Containers[i].Resources.Limits.StorageEphemeral().IsZero() {
			return true
		}
	}
	return false
}

// Exceeds says which limit the pod is over, "" if none.
func Exceeds(pod *corev1.Pod, stats *statsv1alpha1.PodStats) string {
	for _, volume := range pod.Spec.Volumes {
		source := volume.EmptyDir
		if source == nil || source.SizeLimit == nil || source.Medium != corev1.StorageMediumDefault || source.SizeLimit.IsZero() {
			continue
		}
		for _, used := range stats.VolumeStats {
			if used.Name == volume.Name && used.UsedBytes != nil && *used.UsedBytes > uint64(source.SizeLimit.Value()) {
				return fmt.Sprintf("Usage of EmptyDir volume %q exceeds the limit %q. ", volume.Name, source.SizeLimit.String())
			}
		}
	}
	var total int64
	every := true
	for i := range pod.Spec.Containers {
		limit := pod.Spec.Containers[i].Resources.Limits.StorageEphemeral()
		every = every && !limit.IsZero()
		total += limit.Value()
		for _, container := range stats.Containers {
			if container.Name == pod.Spec.Containers[i].Name && !limit.IsZero() && container.Rootfs != nil && container.Rootfs.UsedBytes != nil &&
				*container.Rootfs.UsedBytes > uint64(limit.Value()) {
				return fmt.Sprintf("Container %s exceeded its local ephemeral storage limit %q. ", container.Name, limit.String())
			}
		}
	}
	if storage := stats.EphemeralStorage; every && total > 0 && storage != nil && storage.UsedBytes != nil && *storage.UsedBytes > uint64(total) {
		return "Pod ephemeral local storage usage exceeds the total limit of containers. "
	}
	return ""
}
