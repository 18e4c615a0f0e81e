package job

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/seatrial/seatrial/reference/controller"
)

func controllerOf(pod *corev1.Pod) *metav1.OwnerReference { return metav1.GetControllerOfNoCopy(pod) }

func selects(job *batchv1.Job, pod *corev1.Pod) bool {
	selector, err := metav1.LabelSelectorAsSelector(job.Spec.Selector)
	return err == nil && selector.Matches(labels.Set(pod.Labels))
}

func (r *reconciler) removeFinalizer(ctx context.Context, key controller.Key, pod *corev1.Pod) error {
	if !tracked(pod) {
		return nil
	}
	left := slices.DeleteFunc(append([]string{}, pod.Finalizers...), func(f string) bool { return f == batchv1.JobTrackingFinalizer })
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": pod.UID, "resourceVersion": pod.ResourceVersion, "finalizers": left,
	}})
	if err != nil {
		return fmt.Errorf("encode finalizers: %w", err)
	}
	saved, err := r.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("pod %q: %w", pod.Name, err)
	}
	r.writes.Saved(key, r.pods, saved)
	return nil
}
