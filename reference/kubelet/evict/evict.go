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
		Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonTerminationByKubelet, Message: message,
	}}
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
	for i := range pod.Spec.Volumes {
		if message := volumeExceeds(&pod.Spec.Volumes[i], stats); message != "" {
			return message
		}
	}
	var total int64
	for i := range pod.Spec.Containers {
		if message := containerExceeds(&pod.Spec.Containers[i], stats); message != "" {
			return message
		}
	}
	for i := range pod.Spec.Containers {
		limit := pod.Spec.Containers[i].Resources.Limits.StorageEphemeral()
		if limit.IsZero() {
			return "" // without a limit on one there is none on all
		}
		total += limit.Value()
	}
	if over(stats.EphemeralStorage, total) {
		return "Pod ephemeral local storage usage exceeds the total limit of containers. "
	}
	return ""
}

func volumeExceeds(volume *corev1.Volume, stats *statsv1alpha1.PodStats) string {
	source := volume.EmptyDir
	if source == nil || source.SizeLimit == nil || source.Medium != corev1.StorageMediumDefault || source.SizeLimit.IsZero() {
		return ""
	}
	for i := range stats.VolumeStats {
		if stats.VolumeStats[i].Name == volume.Name && over(&stats.VolumeStats[i].FsStats, source.SizeLimit.Value()) {
			return fmt.Sprintf("Usage of EmptyDir volume %q exceeds the limit %q. ", volume.Name, source.SizeLimit.String())
		}
	}
	return ""
}

func containerExceeds(container *corev1.Container, stats *statsv1alpha1.PodStats) string {
	limit := container.Resources.Limits.StorageEphemeral()
	for i := range stats.Containers {
		if stats.Containers[i].Name == container.Name && !limit.IsZero() && over(stats.Containers[i].Rootfs, limit.Value()) {
			return fmt.Sprintf("Container %s exceeded its local ephemeral storage limit %q. ", container.Name, limit.String())
		}
	}
	return ""
}

func over(usage *statsv1alpha1.FsStats, limit int64) bool {
	return usage != nil && usage.UsedBytes != nil && *usage.UsedBytes > uint64(limit)
}
