package criconfig

import (
	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// namespaces tells which kernel namespaces the pod shares with the node or among its containers.
func namespaces(pod *corev1.Pod, users *runtimeapi.UserNamespace) *runtimeapi.NamespaceOption {
	option := &runtimeapi.NamespaceOption{
		Network:       runtimeapi.NamespaceMode_POD,
		Pid:           runtimeapi.NamespaceMode_CONTAINER,
		Ipc:           runtimeapi.NamespaceMode_POD,
		UsernsOptions: users,
	}
	if pod.Spec.HostNetwork {
		option.Network = runtimeapi.NamespaceMode_NODE
	}
	if pod.Spec.ShareProcessNamespace != nil && *pod.Spec.ShareProcessNamespace {
		option.Pid = runtimeapi.NamespaceMode_POD
	}
	if pod.Spec.HostPID {
		option.Pid = runtimeapi.NamespaceMode_NODE
	}
	if pod.Spec.HostIPC {
		option.Ipc = runtimeapi.NamespaceMode_NODE
	}
	return option
}
