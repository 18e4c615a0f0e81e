package records

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// Reverse answers PTR for the address of a service or of an endpoint of a
// headless service. Exists is false when the cluster does not know the
// address; others may.
func (z *Zone) Reverse(asked string, qtype uint16) Answer {
	ip, ok := reversed(strings.ToLower(asked))
	if !ok {
		return Answer{}
	}
	q := question{zone: z, owner: asked, qtype: qtype}
	targets := q.namesAt(ip)
	a := Answer{Exists: len(targets) > 0}
	if qtype == dns.TypePTR {
		for _, target := range targets {
			a.Records = append(a.Records, &dns.PTR{Hdr: header(asked, dns.TypePTR), Ptr: target})
		}
	}
	return a
}

func (q question) namesAt(ip netip.Addr) []string {
	var names []string
	for _, service := range q.zone.Objects.ServicesAt(ip.String()) {
		names = append(names, q.serviceName(service.Namespace, service.Name))
	}
	for _, slice := range q.zone.Objects.SlicesAt(ip.String()) {
		service := q.zone.Objects.Service(slice.Namespace, ServiceOf(slice))
		if service == nil || !headless(service) {
			continue
		}
		for _, b := range q.backends(service) {
			if b.ip == ip {
				names = append(names, b.hostname+"."+q.serviceName(service.Namespace, service.Name))
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// reversed parses a name under in-addr.arpa or ip6.arpa.
func reversed(name string) (netip.Addr, bool) {
	if labels, ok := strings.CutSuffix(name, ".in-addr.arpa."); ok {
		parts := strings.Split(labels, ".")
		slices.Reverse(parts)
		ip, err := netip.ParseAddr(strings.Join(parts, "."))
		return ip, err == nil
	}
	labels, ok := strings.CutSuffix(name, ".ip6.arpa.")
	parts := strings.Split(labels, ".")
	if !ok || len(parts) != 32 {
		return netip.Addr{}, false
	}
	var ip [16]byte
	for i, part := range parts {
		nibble, err := strconv.ParseUint(part, 16, 4)
		if err != nil {
			return netip.Addr{}, false
		}
		ip[15-i/2] |= byte(nibble) << (4 * (i % 2))
	}
	return netip.AddrFrom16(ip), true
}
