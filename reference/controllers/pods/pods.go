// Package pods makes and judges the pods of workloads: active, ready, available.
package pods

import (
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// New returns a pod of the template, controlled by the owner. The API server makes its name from the owner's.
func New(template *corev1.PodTemplateSpec, owner metav1.Object, kind schema.GroupVersionKind) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:       owner.GetNamespace(),
			GenerateName:    owner.GetName() + "-",
			Labels:          maps.Clone(template.Labels),
			Annotations:     maps.Clone(template.Annotations),
			Finalizers:      slices.Clone(template.Finalizers),
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, kind)},
		},
		Spec: *template.Spec.DeepCopy(),
	}
}

// Finished reports whether the pod has ended and will not run again.
func Finished(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// Active reports whether the pod counts for its owner: neither finished nor being deleted.
func Active(pod *corev1.Pod) bool { return !Finished(pod) && pod.DeletionTimestamp == nil }

// Condition returns the condition of the type, or nil.
func Condition(pod *corev1.Pod, t corev1.PodConditionType) *corev1.PodCondition {
	for i := range pod.Status.Conditions {
		if pod.Status.Conditions[i].Type == t {
			return &pod.Status.Conditions[i]
		}
	}
	return nil
}

// Ready reports whether the pod has the condition Ready.
func Ready(pod *corev1.Pod) bool {
	c := Condition(pod, corev1.PodReady)
	return c != nil && c.Status == corev1.ConditionTrue
}

// Available reports whether the pod has been ready for minReady seconds. When only time is missing, it says how much.
func Available(pod *corev1.Pod, minReady int32, now time.Time) (available bool, in time.Duration) {
	if !Ready(pod) {
		return false, 0
	}
	if minReady == 0 {
		return true, 0
	}
	since := Condition(pod, corev1.PodReady).LastTransitionTime
	if since.IsZero() {
		return false, 0
	}
	in = time.Duration(minReady)*time.Second - now.Sub(since.Time)
	return in <= 0, max(in, 0)
}

// SetCondition puts a condition into the status. It reports whether that changed anything.
func SetCondition(status *corev1.PodStatus, c corev1.PodCondition, now time.Time) bool {
	for i, old := range status.Conditions {
		if old.Type != c.Type {
			continue
		}
		c.LastTransitionTime, c.LastProbeTime = old.LastTransitionTime, old.LastProbeTime
		if old.Status != c.Status {
			c.LastTransitionTime = metav1.NewTime(now)
		}
		status.Conditions[i] = c
		return old != c
	}
	c.LastTransitionTime = metav1.NewTime(now)
	status.Conditions = append(status.Conditions, c)
	return true
}
