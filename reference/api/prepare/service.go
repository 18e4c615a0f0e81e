package prepare

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
)

// ServiceCreate makes clusterIP and clusterIPs agree.
func ServiceCreate(_ context.Context, s *corev1.Service) {
	if s.Spec.ClusterIP != "" && len(s.Spec.ClusterIPs) == 0 {
		s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	}
}

// ServiceUpdate keeps the addresses and ports that the server has allocated and
// the writer leaves out, and drops what a new type does not have.
func ServiceUpdate(s, old *corev1.Service) {
	keepAllocated(&s.Spec, &old.Spec)
	agreeOnClusterIP(&s.Spec, &old.Spec)
	dropOfOtherType(&s.Spec, &old.Spec)
}

func hasClusterIP(spec *corev1.ServiceSpec) bool {
	return spec.Type != corev1.ServiceTypeExternalName
}

func hasNodePorts(spec *corev1.ServiceSpec) bool {
	return spec.Type == corev1.ServiceTypeNodePort || spec.Type == corev1.ServiceTypeLoadBalancer
}

// isExternal says whether a service can be reached from outside of the cluster.
func isExternal(spec *corev1.ServiceSpec) bool {
	return hasNodePorts(spec) || spec.Type == corev1.ServiceTypeClusterIP && len(spec.ExternalIPs) > 0
}

// needsHealthCheck says whether a load balancer asks each node if it has local endpoints.
func needsHealthCheck(spec *corev1.ServiceSpec) bool {
	return spec.Type == corev1.ServiceTypeLoadBalancer && spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

func keepAllocated(spec, old *corev1.ServiceSpec) {
	if hasClusterIP(spec) && hasClusterIP(old) {
		if spec.ClusterIP == "" {
			spec.ClusterIP = old.ClusterIP
		}
		if len(spec.ClusterIPs) == 0 && spec.ClusterIP == old.ClusterIP {
			spec.ClusterIPs = slices.Clone(old.ClusterIPs)
		}
		if spec.IPFamilyPolicy == nil {
			spec.IPFamilyPolicy = old.IPFamilyPolicy
		}
		if len(spec.IPFamilies) == 0 {
			spec.IPFamilies = slices.Clone(old.IPFamilies)
		}
	}
	if hasNodePorts(spec) && hasNodePorts(old) {
		keepNodePorts(spec, old)
	}
	if needsHealthCheck(spec) && needsHealthCheck(old) && spec.HealthCheckNodePort == 0 {
		spec.HealthCheckNodePort = old.HealthCheckNodePort
	}
}

// keepNodePorts gives a port without a node port the one it had, found by
// protocol and port number, if no other port asks for it.
func keepNodePorts(spec, old *corev1.ServiceSpec) {
	type key struct {
		protocol corev1.Protocol
		number   int32
	}
	had := make(map[key]int32, len(old.Ports))
	for _, p := range old.Ports {
		had[key{p.Protocol, p.Port}] = p.NodePort
	}
	taken := make(map[key]bool, len(spec.Ports))
	for _, p := range spec.Ports {
		if p.NodePort != 0 {
			taken[key{p.Protocol, p.NodePort}] = true
		}
	}
	for i := range spec.Ports {
		p := &spec.Ports[i]
		nodePort := had[key{p.Protocol, p.Port}]
		if p.NodePort == 0 && nodePort != 0 && !taken[key{p.Protocol, nodePort}] {
			p.NodePort = nodePort
			taken[key{p.Protocol, nodePort}] = true
		}
	}
}

// agreeOnClusterIP lets a writer that knows only one of clusterIP and clusterIPs change both.
func agreeOnClusterIP(spec, old *corev1.ServiceSpec) {
	changed := spec.ClusterIP != old.ClusterIP
	same := slices.Equal(spec.ClusterIPs, old.ClusterIPs)
	switch {
	case changed && same && spec.ClusterIP == "" && len(old.ClusterIPs) > 0:
		spec.ClusterIPs = nil
	case changed && same && len(spec.ClusterIPs) > 0:
		spec.ClusterIPs = []string{spec.ClusterIP}
	case changed && len(spec.ClusterIPs) == 0 && spec.ClusterIP != "":
		spec.ClusterIPs = []string{spec.ClusterIP}
	}
}

// dropOfOtherType drops what the old type had allocated and the new one does
// not use, if the writer did not touch it.
func dropOfOtherType(spec, old *corev1.ServiceSpec) {
	if hasClusterIP(old) && !hasClusterIP(spec) {
		dropClusterIPs(spec, old)
	}
	if hasNodePorts(old) && !hasNodePorts(spec) && sameNodePorts(spec, old) {
		for i := range spec.Ports {
			spec.Ports[i].NodePort = 0
		}
	}
	if needsHealthCheck(old) && !needsHealthCheck(spec) && spec.HealthCheckNodePort == old.HealthCheckNodePort {
		spec.HealthCheckNodePort = 0
	}
	if spec.Type != corev1.ServiceTypeLoadBalancer {
		dropSame(&spec.AllocateLoadBalancerNodePorts, old.AllocateLoadBalancerNodePorts)
		dropSame(&spec.LoadBalancerClass, old.LoadBalancerClass)
	}
	if !isExternal(spec) && spec.ExternalTrafficPolicy == old.ExternalTrafficPolicy {
		spec.ExternalTrafficPolicy = ""
	}
	if !hasClusterIP(spec) {
		dropSame(&spec.InternalTrafficPolicy, old.InternalTrafficPolicy)
	}
}

func dropClusterIPs(spec, old *corev1.ServiceSpec) {
	if sameClusterIPs(spec, old) {
		spec.ClusterIP, spec.ClusterIPs = "", nil
	}
	if slices.Equal(spec.IPFamilies, old.IPFamilies) {
		spec.IPFamilies = nil
	}
	dropSame(&spec.IPFamilyPolicy, old.IPFamilyPolicy)
}

// dropSame drops a value that the writer left as it was.
func dropSame[T comparable](value **T, old *T) {
	if *value != nil && old != nil && **value == *old {
		*value = nil
	}
}

func sameClusterIPs(spec, old *corev1.ServiceSpec) bool {
	return spec.ClusterIP == old.ClusterIP && slices.Equal(spec.ClusterIPs, old.ClusterIPs)
}

func sameNodePorts(spec, old *corev1.ServiceSpec) bool {
	ports := func(s *corev1.ServiceSpec) []int32 {
		var out []int32
		for _, p := range s.Ports {
			out = append(out, p.NodePort)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(ports(spec), ports(old))
}
