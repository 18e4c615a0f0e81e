package records

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// backend is one ready address of a headless service.
type backend struct {
	ip       netip.Addr
	hostname string
	ports    []port
}

type port struct {
	name     string
	protocol corev1.Protocol
	number   int32
}

// matches compares with the labels of a question; empty labels match all ports.
func (p port) matches(name, protocol string) bool {
	if name == "" && protocol == "" {
		return true
	}
	return p.name != "" && strings.EqualFold(p.name, name) && strings.EqualFold(string(p.protocol), protocol)
}

// backends returns the ready endpoints in the order of the slices. An address
// that is in several slices comes once, with the ports of all.
func (q question) backends(service *corev1.Service) []backend {
	var list []backend
	at := map[string]int{}
	for _, slice := range q.zone.Objects.Slices(service.Namespace, service.Name) {
		var ports []port
		for _, p := range slice.Ports {
			if p.Port == nil {
				continue
			}
			one := port{number: *p.Port, protocol: corev1.ProtocolTCP}
			if p.Name != nil {
				one.name = *p.Name
			}
			if p.Protocol != nil {
				one.protocol = *p.Protocol
			}
			ports = append(ports, one)
		}
		for _, endpoint := range slice.Endpoints {
			if ready := endpoint.Conditions.Ready; ready != nil && !*ready {
				continue
			}
			for _, address := range endpoint.Addresses {
				ip, err := netip.ParseAddr(address)
				if err != nil {
					continue // an FQDN slice has no addresses to give
				}
				name := hostname(ip, endpoint.Hostname)
				key := name + "/" + address
				if i, ok := at[key]; ok {
					list[i].ports = append(list[i].ports, ports...)
					continue
				}
				at[key] = len(list)
				list = append(list, backend{ip: ip, hostname: name, ports: slices.Clip(ports)})
			}
		}
	}
	return list
}

// hostname is the endpoint's own or else its address with dashes.
func hostname(ip netip.Addr, own *string) string {
	if own != nil && *own != "" {
		return strings.ToLower(*own)
	}
	return strings.NewReplacer(".", "-", ":", "-").Replace(ip.String())
}
