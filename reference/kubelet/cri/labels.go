package cri

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	kubelettypes "k8s.io/kubelet/pkg/types"
)

// Annotations that kubelets leave on sandboxes and containers; tools such as crictl read them.
const (
	HashAnnotation              = "io.kubernetes.container.hash"
	RestartCountAnnotation      = "io.kubernetes.container.restartCount"
	MessagePathAnnotation       = "io.kubernetes.container.terminationMessagePath"
	MessagePolicyAnnotation     = "io.kubernetes.container.terminationMessagePolicy"
	GracePeriodAnnotation       = "io.kubernetes.pod.terminationGracePeriod"
	SourceAnnotation            = "kubernetes.io/config.source"
	SeenAnnotation              = "kubernetes.io/config.seen"
	MessageHostPathAnnotation   = "seatrial.dev/termination-message-host-path"
	SubPathMountsAnnotation     = "seatrial.dev/subpath-mounts"
	ContainerKindAnnotation     = "seatrial.dev/container-kind"
	SpecifiedResourceAnnotation = "seatrial.dev/resources"
)

// PodLabels are the labels by which the sandbox of a pod is found.
func PodLabels(pod *corev1.Pod) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, pod.Labels)
	labels[kubelettypes.KubernetesPodNameLabel] = pod.Name
	labels[kubelettypes.KubernetesPodNamespaceLabel] = pod.Namespace
	labels[kubelettypes.KubernetesPodUIDLabel] = string(pod.UID)
	return labels
}

// ContainerLabels are the labels by which a container of a pod is found.
func ContainerLabels(pod *corev1.Pod, container string) map[string]string {
	return map[string]string{
		kubelettypes.KubernetesPodNameLabel:       pod.Name,
		kubelettypes.KubernetesPodNamespaceLabel:  pod.Namespace,
		kubelettypes.KubernetesPodUIDLabel:        string(pod.UID),
		kubelettypes.KubernetesContainerNameLabel: container,
	}
}
