package kubelet

import (
	"context"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	kubelettypes "k8s.io/kubelet/pkg/types"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// removeOrphans ends pods that the runtime, the disk or the cgroups still have but the API does not:
// they were deleted while this node agent did not run.
func (k *Kubelet) removeOrphans(ctx context.Context) {
	uids, err := k.cri.UIDs(ctx)
	if err != nil {
		k.options.Log.Warn("look for orphans", "err", err)
		return
	}
	for _, uid := range uids {
		if k.pods.Has(uid) {
			continue
		}
		observed, err := k.cri.Observe(ctx, uid)
		if err != nil {
			k.options.Log.Warn("look for orphans", "err", err)
			continue
		}
		k.options.Log.Info("pod is gone from the API", "uid", uid)
		k.pods.Remove(remembered(observed))
	}
	k.removeLeftovers()
}

// removeLeftovers removes directories and cgroups of pods that nobody knows.
func (k *Kubelet) removeLeftovers() {
	dirs, err := k.volumes.UIDs()
	if err != nil {
		k.options.Log.Warn("look for left volumes", "err", err)
	}
	for _, uid := range dirs {
		if k.pods.Has(uid) {
			continue
		}
		if err := k.volumes.TearDown(uid); err != nil {
			k.options.Log.Warn("remove left volumes", "uid", uid, "err", err)
		}
		k.volumes.Forget(uid)
		k.pods.Users.Forget(uid)
	}
	for _, uid := range k.cgroups.Pods() {
		if k.pods.Has(uid) {
			continue
		}
		if err := k.cgroups.Remove(uid); err != nil {
			k.options.Log.Warn("remove left cgroup", "uid", uid, "err", err)
		}
	}
}

// remembered is what the labels of its containers tell of a pod.
func remembered(observed *cri.Pod) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: types.UID(observed.UID)}}
	labels := map[string]string{}
	for _, sandbox := range observed.Sandboxes {
		labels = sandbox.Labels
	}
	for _, container := range observed.Containers {
		labels = container.Labels
		if seconds, err := strconv.ParseInt(container.Annotations[cri.GracePeriodAnnotation], 10, 64); err == nil {
			pod.Spec.TerminationGracePeriodSeconds = &seconds
		}
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: cri.Name(container)})
	}
	pod.Name, pod.Namespace = labels[kubelettypes.KubernetesPodNameLabel], labels[kubelettypes.KubernetesPodNamespaceLabel]
	return pod
}
