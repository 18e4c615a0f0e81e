package rules

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// endpoint is one address of a service port, with what decides about its use.
type endpoint struct {
	address     netip.AddrPort
	node        string
	ready       bool
	serving     bool
	terminating bool
	hints       *discoveryv1.EndpointHints
}

// endpointsOf returns the endpoints of the port in one IP family.
func (r routing) endpointsOf(endpointSlices []*discoveryv1.EndpointSlice, v4 bool) []endpoint {
	var list []endpoint
	for _, slice := range endpointSlices {
		number, ok := portOf(slice, r.port)
		if !ok || isForOthers(slice.Labels) {
			continue
		}
		for i := range slice.Endpoints {
			e := &slice.Endpoints[i]
			for _, address := range e.Addresses {
				ip, err := netip.ParseAddr(address)
				if err != nil || ip.Is4() != v4 {
					continue
				}
				list = append(list, endpoint{
					address:     netip.AddrPortFrom(ip, number),
					node:        value(e.NodeName, ""),
					ready:       value(e.Conditions.Ready, true),
					serving:     value(e.Conditions.Serving, value(e.Conditions.Ready, true)),
					terminating: value(e.Conditions.Terminating, false),
					hints:       e.Hints,
				})
			}
		}
	}
	return list
}

// portOf returns the number of the service port in the slice.
func portOf(slice *discoveryv1.EndpointSlice, want *corev1.ServicePort) (uint16, bool) {
	for _, p := range slice.Ports {
		if p.Port != nil && value(p.Name, "") == want.Name &&
			protocolOf(value(p.Protocol, corev1.ProtocolTCP)) == protocolOf(want.Protocol) {
			return uint16(*p.Port), true //nolint:gosec // ports are validated
		}
	}
	return 0, false
}

// choose returns the ready endpoints; when there are none, those that still
// serve while they end (KEP-1669).
func choose(endpoints []endpoint) []netip.AddrPort {
	chosen := filter(endpoints, func(e *endpoint) bool { return e.ready })
	if len(chosen) == 0 {
		chosen = filter(endpoints, func(e *endpoint) bool { return e.serving && e.terminating })
	}
	addresses := make([]netip.AddrPort, 0, len(chosen))
	for i := range chosen {
		addresses = append(addresses, chosen[i].address)
	}
	slices.SortFunc(addresses, netip.AddrPort.Compare)
	return slices.Compact(addresses)
}

// local returns the endpoints on this node.
func (r routing) local() []endpoint {
	return filter(r.endpoints, func(e *endpoint) bool { return e.node == r.node.Name })
}

// near returns the endpoints that hints mean for this node, or else for its
// zone. Hints count only when every ready endpoint has one and some of them
// mean us; then traffic never ends up nowhere (KEP-2433, KEP-3015).
func (r routing) near() []endpoint {
	forNode := func(e *endpoint) bool {
		return e.hints != nil && slices.ContainsFunc(e.hints.ForNodes, func(n discoveryv1.ForNode) bool { return n.Name == r.node.Name })
	}
	forZone := func(e *endpoint) bool {
		return e.hints != nil && slices.ContainsFunc(e.hints.ForZones, func(z discoveryv1.ForZone) bool { return z.Name == r.node.Zone })
	}
	ready := filter(r.endpoints, func(e *endpoint) bool { return e.ready })
	all := func(has func(e *endpoint) bool) bool { return len(filter(ready, has)) == len(ready) }
	if all(func(e *endpoint) bool { return e.hints != nil && len(e.hints.ForNodes) > 0 }) {
		if near := filter(ready, forNode); len(near) > 0 {
			return near
		}
	}
	if r.node.Zone != "" && all(func(e *endpoint) bool { return e.hints != nil && len(e.hints.ForZones) > 0 }) {
		if near := filter(ready, forZone); len(near) > 0 {
			return near
		}
	}
	return r.endpoints
}

func filter(endpoints []endpoint, keep func(*endpoint) bool) []endpoint {
	var kept []endpoint
	for i := range endpoints {
		if keep(&endpoints[i]) {
			kept = append(kept, endpoints[i])
		}
	}
	return kept
}

func value[T any](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return *p
}
