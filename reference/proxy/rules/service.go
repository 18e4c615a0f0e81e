package rules

import (
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// labelProxyName hands a service to another proxy.
const labelProxyName = "service.kubernetes.io/service-proxy-name"

// Node is where the rules will be in effect.
type Node struct {
	Name string
	Zone string // value of the label topology.kubernetes.io/zone
}

// ForService returns the rules of a service. A nil or headless service, one
// without an address and one of another proxy have none.
func ForService(service *corev1.Service, endpointSlices []*discoveryv1.EndpointSlice, node Node) Set {
	if service == nil || service.Spec.Type == corev1.ServiceTypeExternalName ||
		service.Spec.ClusterIP == "" || service.Spec.ClusterIP == corev1.ClusterIPNone {
		return nil
	}
	if isForOthers(service.Labels) {
		return nil
	}
	set := Set{}
	for i := range service.Spec.Ports {
		for _, ip := range clusterIPs(service) {
			r := routing{service: service, port: &service.Spec.Ports[i], node: node}
			r.endpoints = r.endpointsOf(endpointSlices, ip.Is4())
			r.addTo(set, ip)
		}
	}
	return set
}

// isForOthers says whether a label takes a service or an EndpointSlice away
// from this proxy.
func isForOthers(labels map[string]string) bool {
	_, other := labels[labelProxyName]
	_, headless := labels[corev1.IsHeadlessService]
	return other || headless
}

// routing makes the rules of one port for one IP family.
type routing struct {
	service   *corev1.Service
	port      *corev1.ServicePort
	node      Node
	endpoints []endpoint
}

func (r routing) addTo(set Set, clusterIP netip.Addr) {
	protocol := protocolOf(r.port.Protocol)
	frontend := func(ip netip.Addr, port int32) Frontend {
		return Frontend{IP: ip, Protocol: protocol, Port: uint16(port)} //nolint:gosec // ports are validated
	}
	inside := r.insideRule()
	inside.ClusterIP = true
	set[frontend(clusterIP, r.port.Port)] = inside

	outside := r.outsideRule()
	for _, ip := range r.externalIPs(clusterIP.Is4()) {
		set[frontend(ip, r.port.Port)] = outside
	}
	if r.port.NodePort > 0 {
		set[frontend(unspecified(clusterIP), r.port.NodePort)] = outside
	}
}

// insideRule is for the cluster IP.
func (r routing) insideRule() Rule {
	rule := Rule{Affinity: r.affinity(), Inside: Target{Masquerade: OffCluster}}
	policy := r.service.Spec.InternalTrafficPolicy
	if policy != nil && *policy == corev1.ServiceInternalTrafficPolicyLocal {
		rule.Inside.Backends = choose(r.local())
		rule.Inside.Drop = len(rule.Inside.Backends) == 0 && len(choose(r.endpoints)) > 0
		return rule
	}
	rule.Inside.Backends = choose(r.near())
	return rule
}

// outsideRule is for node ports and for addresses outside the cluster.
func (r routing) outsideRule() Rule {
	all := Target{Backends: choose(r.near()), Masquerade: Always}
	rule := Rule{Affinity: r.affinity(), Inside: all}
	if r.service.Spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal {
		return rule
	}
	// Clients in the cluster are not turned away because this node has no
	// backend; the policy is about those outside, whose address is kept.
	local := Target{Backends: choose(r.local()), Masquerade: Never}
	local.Drop = len(local.Backends) == 0 && len(all.Backends) > 0
	rule.Outside = &local
	return rule
}

func (r routing) affinity() time.Duration {
	if r.service.Spec.SessionAffinity != corev1.ServiceAffinityClientIP {
		return 0
	}
	seconds := corev1.DefaultClientIPServiceAffinitySeconds
	if c := r.service.Spec.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
		seconds = *c.ClientIP.TimeoutSeconds
	}
	return time.Duration(seconds) * time.Second
}

func (r routing) externalIPs(v4 bool) []netip.Addr {
	list := r.service.Spec.ExternalIPs
	for _, ingress := range r.service.Status.LoadBalancer.Ingress {
		if ingress.IPMode == nil || *ingress.IPMode == corev1.LoadBalancerIPModeVIP {
			list = append(slices.Clip(list), ingress.IP)
		}
	}
	var ips []netip.Addr
	for _, s := range list {
		if ip, err := netip.ParseAddr(s); err == nil && ip.Is4() == v4 {
			ips = append(ips, ip)
		}
	}
	return ips
}

func clusterIPs(service *corev1.Service) []netip.Addr {
	list := service.Spec.ClusterIPs
	if len(list) == 0 {
		list = []string{service.Spec.ClusterIP}
	}
	var ips []netip.Addr
	for _, s := range list {
		if ip, err := netip.ParseAddr(s); err == nil {
			ips = append(ips, ip)
		}
	}
	return ips
}

func unspecified(like netip.Addr) netip.Addr {
	if like.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}
