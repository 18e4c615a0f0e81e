package services

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
)

func headless(s *corev1.Service) bool { return s.Spec.ClusterIP == corev1.ClusterIPNone }

func needsAddress(s *corev1.Service) bool {
	return s.Spec.Type != corev1.ServiceTypeExternalName && !headless(s)
}

func needsPorts(s *corev1.Service) bool {
	switch s.Spec.Type {
	case corev1.ServiceTypeNodePort:
		return true
	case corev1.ServiceTypeLoadBalancer:
		return s.Spec.AllocateLoadBalancerNodePorts == nil || *s.Spec.AllocateLoadBalancerNodePorts
	}
	return false
}

func needsHealthCheckPort(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

// addressesOf returns the addresses that a stored service holds.
func addressesOf(s *corev1.Service) []string {
	if !needsAddress(s) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Spec.ClusterIPs), func(ip string) bool {
		_, ok := parse(ip)
		return !ok
	})
}

// portsOf returns the node ports that a stored service holds.
func portsOf(s *corev1.Service) []int32 {
	var all []int32
	for _, p := range s.Spec.Ports {
		if p.NodePort != 0 && !slices.Contains(all, p.NodePort) {
			all = append(all, p.NodePort)
		}
	}
	if p := s.Spec.HealthCheckNodePort; p != 0 && !slices.Contains(all, p) {
		all = append(all, p)
	}
	return all
}
