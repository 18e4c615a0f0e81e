package records

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
)

// services answers for the labels before "svc": nothing, <namespace>,
// <service>.<namespace>, <hostname>.<service>.<namespace>,
// _<protocol>.<service>.<namespace> or _<port>._<protocol>.<service>.<namespace>.
func (q question) services(labels []string) Answer {
	if len(labels) == 0 {
		return Answer{Exists: true}
	}
	namespace, labels := labels[len(labels)-1], labels[:len(labels)-1]
	if len(labels) == 0 {
		return Answer{Exists: q.zone.Objects.Namespace(namespace)}
	}
	name, labels := labels[len(labels)-1], labels[:len(labels)-1]
	service := q.zone.Objects.Service(namespace, name)
	if service == nil {
		return Answer{}
	}
	switch {
	case len(labels) == 0:
		return q.service(service)
	case service.Spec.Type == corev1.ServiceTypeExternalName:
		return Answer{}
	case len(labels) == 1 && strings.HasPrefix(labels[0], "_"):
		return Answer{Exists: q.hasProtocol(service, labels[0][1:])}
	case len(labels) == 1:
		return q.endpoint(service, labels[0])
	case len(labels) == 2 && strings.HasPrefix(labels[0], "_") && strings.HasPrefix(labels[1], "_"):
		return q.port(service, labels[0][1:], labels[1][1:])
	default:
		return Answer{}
	}
}

func (q question) service(service *corev1.Service) Answer {
	switch {
	case service.Spec.Type == corev1.ServiceTypeExternalName:
		target := dns.Fqdn(service.Spec.ExternalName)
		return Answer{
			Records: []dns.RR{&dns.CNAME{Hdr: header(q.owner, dns.TypeCNAME), Target: target}},
			Exists:  true,
			Alias:   target,
		}
	case q.qtype == dns.TypeSRV:
		return q.port(service, "", "")
	case headless(service):
		var ips []netip.Addr
		backends := q.backends(service)
		for _, b := range backends {
			ips = append(ips, b.ip)
		}
		a := q.addresses(ips)
		a.Exists = len(backends) > 0
		return a
	default:
		return q.addresses(clusterIPs(service))
	}
}

// endpoint answers for one endpoint of a headless service.
func (q question) endpoint(service *corev1.Service, hostname string) Answer {
	if !headless(service) {
		return Answer{}
	}
	var ips []netip.Addr
	for _, b := range q.backends(service) {
		if b.hostname == hostname {
			ips = append(ips, b.ip)
		}
	}
	if len(ips) == 0 {
		return Answer{}
	}
	return q.addresses(ips)
}

// port answers SRV for a named port; empty names mean all ports.
func (q question) port(service *corev1.Service, name, protocol string) Answer {
	owner := q.serviceName(service.Namespace, service.Name)
	var a Answer
	add := func(target string, port int32, ips []netip.Addr) {
		a.Records = append(a.Records, &dns.SRV{
			Hdr: header(q.owner, dns.TypeSRV), Weight: 100, Port: uint16(port), Target: target, //nolint:gosec // ports are validated
		})
		a.Extra = append(a.Extra, addressRecords(target, ips)...)
	}
	if headless(service) {
		for _, b := range q.backends(service) {
			for _, p := range b.ports {
				if p.matches(name, protocol) {
					add(b.hostname+"."+owner, p.number, []netip.Addr{b.ip})
				}
			}
		}
		share(a.Records)
	} else {
		for _, p := range service.Spec.Ports {
			if (port{p.Name, p.Protocol, p.Port}).matches(name, protocol) {
				add(owner, p.Port, clusterIPs(service))
			}
		}
	}
	a.Exists = len(a.Records) > 0
	if q.qtype != dns.TypeSRV {
		return Answer{Exists: a.Exists}
	}
	a.Extra = dedup(a.Extra)
	return a
}

func (q question) hasProtocol(service *corev1.Service, protocol string) bool {
	for _, p := range service.Spec.Ports {
		if p.Name != "" && strings.EqualFold(string(p.Protocol), protocol) {
			return true
		}
	}
	return false
}

func (q question) serviceName(namespace, name string) string {
	return name + "." + namespace + ".svc." + q.zone.Domain
}

func headless(service *corev1.Service) bool { return service.Spec.ClusterIP == corev1.ClusterIPNone }

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

// share divides the weight of 100 among the records.
func share(records []dns.RR) {
	for _, rr := range records {
		rr.(*dns.SRV).Weight = uint16(max(1, 100/len(records))) //nolint:gosec // 1 to 100
	}
}

func dedup(rrs []dns.RR) []dns.RR {
	seen := map[string]bool{}
	var unique []dns.RR
	for _, rr := range rrs {
		if key := rr.String(); !seen[key] {
			seen[key] = true
			unique = append(unique, rr)
		}
	}
	return unique
}
