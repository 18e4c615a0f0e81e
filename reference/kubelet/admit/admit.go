// Package admit decides whether a node takes a pod that was bound to it. The scheduler checked before,
// but not for pods that name their node themselves, and not against what changed since.
package admit

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resources "k8s.io/component-helpers/resource"
	"k8s.io/component-helpers/scheduling/corev1/nodeaffinity"
)

// Rejection is why a pod is not taken; its reason becomes the reason of the pod's status.
type Rejection struct{ Reason, Message string }

// Rules are the settings of the checks.
type Rules struct {
	// UnsafeSysctls are patterns, such as net.core.*, that are allowed beside the safe ones.
	UnsafeSysctls []string
	AppArmor      bool
}

// Check returns nil for a pod that the node takes beside the others. Before the node object is known
// nothing can be checked against it.
func (r Rules) Check(pod *corev1.Pod, others []*corev1.Pod, node *corev1.Node) *Rejection {
	if rejection := unsupported(pod); rejection != nil {
		return rejection
	}
	if rejection := r.sysctls(pod); rejection != nil {
		return rejection
	}
	if rejection := ports(pod, others); rejection != nil {
		return rejection
	}
	if node == nil {
		return nil
	}
	if rejection := fits(pod, others, node); rejection != nil {
		return rejection
	}
	return affinity(pod, node)
}

// unsupported refuses what this kubelet cannot give, rather than run the pod without it.
func unsupported(pod *corev1.Pod) *Rejection {
	if pod.Spec.OS != nil && pod.Spec.OS.Name != corev1.Linux {
		return &Rejection{"PodOSNotSupported", "Failed to admit pod as the OS field doesn't match node OS"}
	}
	if len(pod.Spec.ResourceClaims) > 0 {
		return &Rejection{"UnexpectedAdmissionError", "dynamic resource allocation is not supported by this kubelet"}
	}
	for i := range pod.Spec.Containers {
		if len(pod.Spec.Containers[i].VolumeDevices) > 0 {
			return &Rejection{"UnexpectedAdmissionError", "raw block volumes are not supported by this kubelet"}
		}
	}
	return nil
}

func ports(pod *corev1.Pod, others []*corev1.Pod) *Rejection {
	taken := slices.Concat(slices.Collect(func(yield func([]corev1.ContainerPort) bool) {
		for _, other := range others {
			if !yield(hostPorts(other)) {
				return
			}
		}
	})...)
	for _, want := range hostPorts(pod) {
		if slices.ContainsFunc(taken, func(have corev1.ContainerPort) bool { return conflict(want, have) }) {
			return &Rejection{"NodePorts", "Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports"}
		}
	}
	return nil
}

func hostPorts(pod *corev1.Pod) []corev1.ContainerPort {
	var out []corev1.ContainerPort
	for _, container := range pod.Spec.Containers {
		for _, port := range container.Ports {
			if port.HostPort > 0 {
				out = append(out, port)
			}
		}
	}
	return out
}

func conflict(a, b corev1.ContainerPort) bool {
	if a.HostPort != b.HostPort || protocol(a) != protocol(b) {
		return false
	}
	return anyIP(a.HostIP) || anyIP(b.HostIP) || a.HostIP == b.HostIP
}

func protocol(port corev1.ContainerPort) corev1.Protocol {
	if port.Protocol == "" {
		return corev1.ProtocolTCP
	}
	return port.Protocol
}

func anyIP(ip string) bool { return ip == "" || ip == "0.0.0.0" || ip == "::" }

// fits compares requests with what the node can give.
func fits(pod *corev1.Pod, others []*corev1.Pod, node *corev1.Node) *Rejection {
	allocatable := node.Status.Allocatable
	if most := allocatable.Pods().Value(); most > 0 && int64(len(others)+1) > most {
		return &Rejection{"OutOfpods", fmt.Sprintf("Node didn't have enough resource: pods, requested: 1, used: %d, capacity: %d", len(others), most)}
	}
	requests := Requests(pod)
	names := make([]corev1.ResourceName, 0, len(requests))
	for name := range requests {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		request, capacity := requests[name], allocatable[name]
		if request.IsZero() || foreign(name) && !has(allocatable, name) {
			continue
		}
		used := resource.Quantity{}
		for _, other := range others {
			used.Add(Requests(other)[name])
		}
		total := used.DeepCopy()
		total.Add(request)
		if total.Cmp(capacity) > 0 {
			return &Rejection{"OutOf" + string(name), fmt.Sprintf("Node didn't have enough resource: %s, requested: %d, used: %d, capacity: %d",
				name, amount(name, request), amount(name, used), amount(name, capacity))}
		}
	}
	return nil
}

// foreign resources that the node does not have are not the node's to refuse: others account for them.
func foreign(name corev1.ResourceName) bool { return strings.Contains(string(name), "/") }

func has(list corev1.ResourceList, name corev1.ResourceName) bool {
	_, ok := list[name]
	return ok
}

func amount(name corev1.ResourceName, quantity resource.Quantity) int64 {
	if name == corev1.ResourceCPU {
		return quantity.MilliValue()
	}
	return quantity.Value()
}

// Requests is what a pod takes of a node.
func Requests(pod *corev1.Pod) corev1.ResourceList {
	return resources.PodRequests(pod, resources.PodResourcesOptions{UseStatusResources: true})
}

func affinity(pod *corev1.Pod, node *corev1.Node) *Rejection {
	match, err := nodeaffinity.GetRequiredNodeAffinity(pod).Match(node)
	if err == nil && match {
		return nil
	}
	return &Rejection{"NodeAffinity", "Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector"}
}

// sysctls refuses those that reach beyond the pod.
//
// https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/#safe-and-unsafe-sysctls
func (r Rules) sysctls(pod *corev1.Pod) *Rejection {
	if pod.Spec.SecurityContext == nil {
		return nil
	}
	for _, sysctl := range pod.Spec.SecurityContext.Sysctls {
		name := strings.ReplaceAll(sysctl.Name, "/", ".")
		if !slices.ContainsFunc(append(safeSysctls(), r.UnsafeSysctls...), func(pattern string) bool { return matches(pattern, name) }) {
			return &Rejection{"SysctlForbidden", fmt.Sprintf("forbidden sysctl: %q not allowlisted", sysctl.Name)}
		}
		if pod.Spec.HostNetwork && strings.HasPrefix(name, "net.") || pod.Spec.HostIPC && isIPC(name) {
			return &Rejection{"SysctlForbidden", fmt.Sprintf("forbidden sysctl: %q not allowed with host namespaces", sysctl.Name)}
		}
	}
	return nil
}

func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, prefix)
	}
	return pattern == name
}

func isIPC(name string) bool {
	return strings.HasPrefix(name, "kernel.shm") || strings.HasPrefix(name, "kernel.msg") || name == "kernel.sem" || strings.HasPrefix(name, "fs.mqueue.")
}

func safeSysctls() []string {
	return []string{
		"kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range",
		"net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports", "net.ipv4.tcp_keepalive_time",
		"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	}
}

// Room tells whether a pod that asks for more, or less, than before still has its place.
type Room int

// Answers of Fits.
const (
	Fits       Room = iota
	NotNow          // others hold what it asks for
	Impossible      // the node does not have it at all
)

// RoomFor compares what a pod asks for with the node and the other pods. The message says what is missing.
func RoomFor(pod *corev1.Pod, others []*corev1.Pod, node *corev1.Node) (Room, string) {
	if node == nil {
		return Fits, ""
	}
	if alone := fits(pod, nil, node); alone != nil {
		return Impossible, alone.Message
	}
	if rejection := fits(pod, others, node); rejection != nil {
		return NotNow, rejection.Message
	}
	return Fits, ""
}
