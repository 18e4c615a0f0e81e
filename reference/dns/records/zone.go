// Package records answers DNS questions about services and pods, as a pure
// function of the API objects. The schema is the specification "DNS-Based
// Service Discovery" of Kubernetes, version 1.1.0.
package records

import (
	"net/netip"
	"strings"

	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// TTL of all records, in seconds; short, since services change.
const TTL = 5

// version is what the schema calls itself.
const version = "1.1.0"

// Objects are the API objects to answer from. Nothing found is nil.
type Objects interface {
	Namespace(name string) bool
	Service(namespace, name string) *corev1.Service
	// Slices returns the EndpointSlices of a service, of all address types.
	Slices(namespace, name string) []*discoveryv1.EndpointSlice
	// ServicesAt returns the services with this cluster IP.
	ServicesAt(ip string) []*corev1.Service
	// SlicesAt returns the EndpointSlices with an endpoint of this address.
	SlicesAt(ip string) []*discoveryv1.EndpointSlice
}

// Zone answers for one cluster domain and for the addresses in it.
type Zone struct {
	// Domain is lower case and fully qualified: "cluster.local.".
	Domain string
	// Server is the address of the name server itself.
	Server  netip.Addr
	Objects Objects
}

// Answer is what the zone knows about a name.
type Answer struct {
	Records []dns.RR
	Extra   []dns.RR
	// Exists is false when there is no such name (NXDOMAIN); with no
	// Records it means that the name has none of the type (NODATA).
	Exists bool
	// Alias is the target of a CNAME in Records, to be looked up next.
	Alias string
}

// Contains says whether the name belongs to the cluster domain. The name is
// fully qualified, in any case.
func (z *Zone) Contains(name string) bool { return dns.IsSubDomain(z.Domain, strings.ToLower(name)) }

// Lookup answers a question about a name in the domain. The owner of the
// records is the name as it was asked.
func (z *Zone) Lookup(asked string, qtype uint16) Answer {
	name := strings.ToLower(asked)
	q := question{zone: z, owner: asked, qtype: qtype}
	if name == z.Domain {
		return q.apex()
	}
	labels := dns.SplitDomainName(strings.TrimSuffix(name, "."+z.Domain))
	last := len(labels) - 1
	switch labels[last] {
	case "svc":
		return q.services(labels[:last])
	case "pod":
		return q.pods(labels[:last])
	case "dns-version":
		if last == 0 {
			return q.version()
		}
	case "dns":
		return q.server(labels[:last])
	}
	return Answer{}
}

// SOA is the record that says how long "no" holds.
func (z *Zone) SOA() dns.RR {
	return &dns.SOA{
		Hdr:     header(z.Domain, dns.TypeSOA),
		Ns:      z.serverName(),
		Mbox:    "hostmaster." + z.Domain,
		Serial:  1,
		Refresh: 7200,
		Retry:   1800,
		Expire:  86400,
		Minttl:  TTL,
	}
}

func (z *Zone) serverName() string { return "ns.dns." + z.Domain }

// question is one question with the rules for its answer.
type question struct {
	zone  *Zone
	owner string
	qtype uint16
}

func (q question) apex() Answer {
	a := Answer{Exists: true}
	switch q.qtype {
	case dns.TypeSOA:
		a.Records = []dns.RR{q.zone.SOA()}
	case dns.TypeNS:
		a.Records = []dns.RR{&dns.NS{Hdr: header(q.owner, dns.TypeNS), Ns: q.zone.serverName()}}
		a.Extra = addressRecords(q.zone.serverName(), []netip.Addr{q.zone.Server})
	}
	return a
}

func (q question) version() Answer {
	a := Answer{Exists: true}
	if q.qtype == dns.TypeTXT {
		a.Records = []dns.RR{&dns.TXT{Hdr: header(q.owner, dns.TypeTXT), Txt: []string{version}}}
	}
	return a
}

// server answers for "ns.dns" and the empty name above it.
func (q question) server(labels []string) Answer {
	switch {
	case len(labels) == 0:
		return Answer{Exists: true}
	case len(labels) == 1 && labels[0] == "ns":
		return q.addresses([]netip.Addr{q.zone.Server})
	default:
		return Answer{}
	}
}

// addresses answers A with those of IPv4 and AAAA with those of IPv6.
func (q question) addresses(ips []netip.Addr) Answer {
	a := Answer{Exists: true}
	for _, rr := range addressRecords(q.owner, ips) {
		if rr.Header().Rrtype == q.qtype {
			a.Records = append(a.Records, rr)
		}
	}
	return a
}

func addressRecords(owner string, ips []netip.Addr) []dns.RR {
	rrs := make([]dns.RR, 0, len(ips))
	for _, ip := range ips {
		switch {
		case ip.Is4():
			rrs = append(rrs, &dns.A{Hdr: header(owner, dns.TypeA), A: ip.AsSlice()})
		case ip.IsValid():
			rrs = append(rrs, &dns.AAAA{Hdr: header(owner, dns.TypeAAAA), AAAA: ip.AsSlice()})
		}
	}
	return rrs
}

func header(owner string, rrtype uint16) dns.RR_Header {
	return dns.RR_Header{Name: owner, Rrtype: rrtype, Class: dns.ClassINET, Ttl: TTL}
}
