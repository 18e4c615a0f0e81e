package pods

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// event tells of the pod.
func (w *worker) event(kind, reason, message string) {
	if pod := w.current(); pod != nil {
		w.Recorder.Event(reference(pod, ""), kind, reason, message)
	}
}

// recordContainer tells of a container.
func (w *worker) recordContainer(container *corev1.Container, kind, reason, message string) {
	if pod := w.current(); pod != nil {
		w.Recorder.Event(reference(pod, fieldPath(pod, container.Name)), kind, reason, message)
	}
}

func reference(pod *corev1.Pod, field string) *corev1.ObjectReference {
	return &corev1.ObjectReference{
		Kind: "Pod", APIVersion: "v1", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
		ResourceVersion: pod.ResourceVersion, FieldPath: field,
	}
}

// fieldPath is where in the pod a container is, as events have it.
func fieldPath(pod *corev1.Pod, name string) string {
	for i := range pod.Spec.InitContainers {
		if pod.Spec.InitContainers[i].Name == name {
			return fmt.Sprintf("spec.initContainers{%s}", name)
		}
	}
	for i := range pod.Spec.EphemeralContainers {
		if pod.Spec.EphemeralContainers[i].Name == name {
			return fmt.Sprintf("spec.ephemeralContainers{%s}", name)
		}
	}
	return fmt.Sprintf("spec.containers{%s}", name)
}
