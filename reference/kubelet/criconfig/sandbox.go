// Package criconfig translates a pod and its containers to what a CRI runtime is asked to run.
//
// Everything here is a pure function of the pod and of what the node knows about itself.
package criconfig

import (
	"maps"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// Sandbox is what a sandbox needs beside the pod.
type Sandbox struct {
	Attempt      uint32
	Hostname     string
	LogDirectory string
	CgroupParent string
	DNS          *runtimeapi.DNSConfig
	// Source is where the pod came from: api or file.
	Source string
	// Users is the pod's user namespace, nil = the host's.
	Users *runtimeapi.UserNamespace
}

// Config makes the configuration of the sandbox.
func (s Sandbox) Config(pod *corev1.Pod) *runtimeapi.PodSandboxConfig {
	annotations := map[string]string{cri.SourceAnnotation: s.Source, cri.SeenAnnotation: pod.CreationTimestamp.Format(time.RFC3339Nano)}
	maps.Copy(annotations, pod.Annotations)
	config := &runtimeapi.PodSandboxConfig{
		Metadata: &runtimeapi.PodSandboxMetadata{
			Name: pod.Name, Namespace: pod.Namespace, Uid: string(pod.UID), Attempt: s.Attempt,
		},
		Hostname:     s.Hostname,
		LogDirectory: s.LogDirectory,
		DnsConfig:    s.DNS,
		PortMappings: portMappings(pod),
		Labels:       cri.PodLabels(pod),
		Annotations:  annotations,
		Linux: &runtimeapi.LinuxPodSandboxConfig{
			CgroupParent:    s.CgroupParent,
			Sysctls:         sysctls(pod),
			SecurityContext: s.security(pod),
			Overhead:        overhead(pod),
			Resources:       podResources(pod),
		},
	}
	if pod.Spec.HostNetwork {
		config.Hostname = ""
	}
	return config
}

func (s Sandbox) security(pod *corev1.Pod) *runtimeapi.LinuxSandboxSecurityContext {
	security := &runtimeapi.LinuxSandboxSecurityContext{
		NamespaceOptions: namespaces(pod, s.Users),
		Privileged:       anyPrivileged(pod),
		// The pause process of the sandbox is ours, not the pod's.
		Seccomp: &runtimeapi.SecurityProfile{ProfileType: runtimeapi.SecurityProfile_RuntimeDefault},
	}
	context := pod.Spec.SecurityContext
	if context == nil {
		return security
	}
	security.RunAsUser = int64Value(context.RunAsUser)
	if context.RunAsUser != nil {
		security.RunAsGroup = int64Value(context.RunAsGroup)
	}
	security.SupplementalGroups = groups(context)
	security.SupplementalGroupsPolicy = groupsPolicy(context)
	security.SelinuxOptions = selinux(context.SELinuxOptions)
	return security
}

func portMappings(pod *corev1.Pod) []*runtimeapi.PortMapping {
	if pod.Spec.HostNetwork {
		return nil
	}
	var mappings []*runtimeapi.PortMapping
	for _, container := range alwaysRunning(pod) {
		for _, port := range container.Ports {
			if port.HostPort == 0 {
				continue
			}
			mappings = append(mappings, &runtimeapi.PortMapping{
				Protocol:      runtimeapi.Protocol(runtimeapi.Protocol_value[strings.ToUpper(string(port.Protocol))]),
				ContainerPort: port.ContainerPort,
				HostPort:      port.HostPort,
				HostIp:        port.HostIP,
			})
		}
	}
	return mappings
}

// alwaysRunning are the containers that run for as long as the pod does: its own and the sidecars.
func alwaysRunning(pod *corev1.Pod) []corev1.Container {
	containers := append([]corev1.Container{}, pod.Spec.Containers...)
	for _, container := range pod.Spec.InitContainers {
		if container.RestartPolicy != nil && *container.RestartPolicy == corev1.ContainerRestartPolicyAlways {
			containers = append(containers, container)
		}
	}
	return containers
}

func sysctls(pod *corev1.Pod) map[string]string {
	values := map[string]string{}
	if context := pod.Spec.SecurityContext; context != nil {
		for _, sysctl := range context.Sysctls {
			// The runtime wants the form with dots.
			values[strings.ReplaceAll(sysctl.Name, "/", ".")] = sysctl.Value
		}
	}
	return values
}

func anyPrivileged(pod *corev1.Pod) bool {
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if isPrivileged(list[i].SecurityContext) {
				return true
			}
		}
	}
	return false
}

func overhead(pod *corev1.Pod) *runtimeapi.LinuxContainerResources {
	if len(pod.Spec.Overhead) == 0 {
		return nil
	}
	return Resources(pod.Spec.Overhead, pod.Spec.Overhead)
}

func podResources(pod *corev1.Pod) *runtimeapi.LinuxContainerResources {
	options := resource.PodResourcesOptions{ExcludeOverhead: true}
	return Resources(resource.PodRequests(pod, options), resource.PodLimits(pod, options))
}
