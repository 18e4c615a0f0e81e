package rules

import (
	"net/netip"

	corev1 "k8s.io/api/core/v1"
)

// ForPod returns the rules of the host ports of a pod on this node. A pod on
// the host network listens by itself, and one that has ended does not.
func ForPod(pod *corev1.Pod) Set {
	if pod == nil || pod.Spec.HostNetwork || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
		return nil
	}
	var set Set
	add := func(c *corev1.Container) {
		for _, port := range c.Ports {
			if port.HostPort == 0 {
				continue
			}
			for _, podIP := range pod.Status.PodIPs {
				ip, err := netip.ParseAddr(podIP.IP)
				if err != nil {
					continue
				}
				hostIP, ok := hostIPOf(port, ip)
				if !ok {
					continue
				}
				if set == nil {
					set = Set{}
				}
				frontend := Frontend{IP: hostIP, Protocol: protocolOf(port.Protocol), Port: uint16(port.HostPort)} //nolint:gosec // ports are validated
				set[frontend] = Rule{Inside: Target{Backends: []netip.AddrPort{
					netip.AddrPortFrom(ip, uint16(port.ContainerPort)), //nolint:gosec // ports are validated
				}}}
			}
		}
	}
	for i := range pod.Spec.InitContainers {
		if policy := pod.Spec.InitContainers[i].RestartPolicy; policy != nil && *policy == corev1.ContainerRestartPolicyAlways {
			add(&pod.Spec.InitContainers[i])
		}
	}
	for i := range pod.Spec.Containers {
		add(&pod.Spec.Containers[i])
	}
	return set
}

// hostIPOf returns the address in the family of the pod's address.
func hostIPOf(port corev1.ContainerPort, podIP netip.Addr) (netip.Addr, bool) {
	if port.HostIP == "" {
		return unspecified(podIP), true
	}
	ip, err := netip.ParseAddr(port.HostIP)
	return ip, err == nil && ip.Is4() == podIP.Is4()
}
