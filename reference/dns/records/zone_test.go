package records

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/miekg/dns"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

const cluster = `
- {kind: Service, metadata: {namespace: default, name: web}, spec: {clusterIP: 10.96.0.20, clusterIPs: [10.96.0.20, "fd00::20"],
   ports: [{name: http, protocol: TCP, port: 80}, {name: quic, protocol: UDP, port: 443}]}}
- {kind: Service, metadata: {namespace: default, name: db}, spec: {clusterIP: None, clusterIPs: [None],
   ports: [{name: sql, protocol: TCP, port: 5432}]}}
- {kind: Service, metadata: {namespace: default, name: empty}, spec: {clusterIP: None, clusterIPs: [None]}}
- {kind: Service, metadata: {namespace: default, name: out}, spec: {type: ExternalName, externalName: www.example.com}}
`

const endpoints = `
- metadata: {namespace: default, name: db-1, labels: {kubernetes.io/service-name: db}}
  addressType: IPv4
  ports: [{name: sql, protocol: TCP, port: 15432}]
  endpoints:
  - {addresses: [10.244.0.5], hostname: db-0}
  - {addresses: [10.244.0.6], conditions: {ready: true}}
  - {addresses: [10.244.0.7], conditions: {ready: false}, hostname: db-2}
- metadata: {namespace: default, name: web-1, labels: {kubernetes.io/service-name: web}}
  addressType: IPv4
  ports: [{name: http, protocol: TCP, port: 8080}]
  endpoints:
  - {addresses: [10.244.0.8]}
`

func testZone(t *testing.T) *Zone {
	t.Helper()
	factory := informers.NewSharedInformerFactory(fake.NewClientset(), 0)
	namespaceInformer := factory.Core().V1().Namespaces().Informer()
	serviceInformer := factory.Core().V1().Services().Informer()
	sliceInformer := factory.Discovery().V1().EndpointSlices().Informer()
	cached, err := NewCached(namespaceInformer, serviceInformer, sliceInformer)
	if err != nil {
		t.Fatal(err)
	}
	var services []corev1.Service
	var endpointSlices []discoveryv1.EndpointSlice
	if err := yaml.UnmarshalStrict([]byte(endpoints), &endpointSlices); err != nil {
		t.Fatal(err)
	}
	if err := yaml.UnmarshalStrict([]byte(cluster), &services); err != nil {
		t.Fatal(err)
	}
	add := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	add(namespaceInformer.GetStore().Add(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "default"}}))
	for i := range services {
		add(serviceInformer.GetStore().Add(&services[i]))
	}
	for i := range endpointSlices {
		add(sliceInformer.GetStore().Add(&endpointSlices[i]))
	}
	return &Zone{Domain: "cluster.local.", Server: netip.MustParseAddr("10.96.0.10"), Objects: cached}
}

// show writes records without TTL and class, sorted.
func show(rrs []dns.RR) []string {
	var lines []string
	for _, rr := range rrs {
		lines = append(lines, strings.Join(slices.Delete(strings.Fields(rr.String()), 1, 3), " "))
	}
	slices.Sort(lines)
	return lines
}

// TestZoneFollowsTheSpecification quotes the numbers of the chapters of
// DNS-Based Service Discovery 1.1.0.
func TestZoneFollowsTheSpecification(t *testing.T) {
	zone := testZone(t)
	nxdomain := []string{"no such name"}
	for _, test := range []struct {
		rule, name string
		qtype      uint16
		want       []string
		extra      []string
	}{
		{"2.2 schema version", "dns-version.cluster.local.", dns.TypeTXT, []string{`dns-version.cluster.local. TXT "1.1.0"`}, nil},
		{"2.3.1 A of a cluster IP", "web.default.svc.cluster.local.", dns.TypeA, []string{"web.default.svc.cluster.local. A 10.96.0.20"}, nil},
		{"2.3.1 AAAA of a cluster IP", "web.default.svc.cluster.local.", dns.TypeAAAA, []string{"web.default.svc.cluster.local. AAAA fd00::20"}, nil},
		{"names are compared without case and given back as asked", "Web.Default.SVC.Cluster.Local.", dns.TypeA, []string{"Web.Default.SVC.Cluster.Local. A 10.96.0.20"}, nil},
		{
			"2.3.2 SRV of a cluster IP", "_http._tcp.web.default.svc.cluster.local.", dns.TypeSRV,
			[]string{"_http._tcp.web.default.svc.cluster.local. SRV 0 100 80 web.default.svc.cluster.local."},
			[]string{"web.default.svc.cluster.local. A 10.96.0.20", "web.default.svc.cluster.local. AAAA fd00::20"},
		},
		{"2.3.2 SRV needs the right protocol", "_http._udp.web.default.svc.cluster.local.", dns.TypeSRV, nxdomain, nil},
		{
			"2.4.1 A of a headless service has the ready endpoints", "db.default.svc.cluster.local.", dns.TypeA,
			[]string{"db.default.svc.cluster.local. A 10.244.0.5", "db.default.svc.cluster.local. A 10.244.0.6"},
			nil,
		},
		{"2.4.1 A of one endpoint", "db-0.db.default.svc.cluster.local.", dns.TypeA, []string{"db-0.db.default.svc.cluster.local. A 10.244.0.5"}, nil},
		{"2.4.1 A of an endpoint without hostname", "10-244-0-6.db.default.svc.cluster.local.", dns.TypeA, []string{"10-244-0-6.db.default.svc.cluster.local. A 10.244.0.6"}, nil},
		{"2.4.1 an endpoint that is not ready has no record", "db-2.db.default.svc.cluster.local.", dns.TypeA, nxdomain, nil},
		{
			"2.4.2 SRV of a headless service", "_sql._tcp.db.default.svc.cluster.local.", dns.TypeSRV,
			[]string{
				"_sql._tcp.db.default.svc.cluster.local. SRV 0 50 15432 10-244-0-6.db.default.svc.cluster.local.",
				"_sql._tcp.db.default.svc.cluster.local. SRV 0 50 15432 db-0.db.default.svc.cluster.local.",
			},
			[]string{"10-244-0-6.db.default.svc.cluster.local. A 10.244.0.6", "db-0.db.default.svc.cluster.local. A 10.244.0.5"},
		},
		{"2.5 external name", "out.default.svc.cluster.local.", dns.TypeA, []string{"out.default.svc.cluster.local. CNAME www.example.com."}, nil},
		{"A of a pod", "10-244-0-9.default.pod.cluster.local.", dns.TypeA, []string{"10-244-0-9.default.pod.cluster.local. A 10.244.0.9"}, nil},
		{"a pod needs a namespace", "10-244-0-9.absent.pod.cluster.local.", dns.TypeA, nxdomain, nil},
		{"a pod needs an address", "10-244-0.default.pod.cluster.local.", dns.TypeA, nxdomain, nil},
		{"no data of another type", "_http._tcp.web.default.svc.cluster.local.", dns.TypeA, nil, nil},
		{"no data for MX", "web.default.svc.cluster.local.", dns.TypeMX, nil, nil},
		{"a namespace is a name", "default.svc.cluster.local.", dns.TypeA, nil, nil},
		{"a protocol is a name", "_tcp.web.default.svc.cluster.local.", dns.TypeA, nil, nil},
		{"headless without endpoints", "empty.default.svc.cluster.local.", dns.TypeA, nxdomain, nil},
		{"no service", "absent.default.svc.cluster.local.", dns.TypeA, nxdomain, nil},
		{"no namespace", "absent.svc.cluster.local.", dns.TypeA, nxdomain, nil},
		{"search paths make names like this", "www.example.com.default.svc.cluster.local.", dns.TypeA, nxdomain, nil},
		{"not under svc or pod", "www.cluster.local.", dns.TypeA, nxdomain, nil},
		{"endpoints of a cluster IP have no names", "10-244-0-8.web.default.svc.cluster.local.", dns.TypeA, nxdomain, nil},
		{"the zone has a name server", "cluster.local.", dns.TypeNS, []string{"cluster.local. NS ns.dns.cluster.local."}, []string{"ns.dns.cluster.local. A 10.96.0.10"}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			if !zone.Contains(test.name) {
				t.Fatalf("%s is not in the zone", test.name)
			}
			a := zone.Lookup(test.name, test.qtype)
			got := show(a.Records)
			if !a.Exists {
				got = append(got, nxdomain...)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.extra, show(a.Extra)); diff != "" {
				t.Errorf("additional records (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReverseNamesServicesAndHeadlessEndpoints(t *testing.T) {
	zone := testZone(t)
	for name, want := range map[string][]string{
		"20.0.96.10.in-addr.arpa.": {"20.0.96.10.in-addr.arpa. PTR web.default.svc.cluster.local."},
		"5.0.244.10.in-addr.arpa.": {"5.0.244.10.in-addr.arpa. PTR db-0.db.default.svc.cluster.local."},
		"8.0.244.10.in-addr.arpa.": nil, // an endpoint behind a cluster IP
		"1.1.1.1.in-addr.arpa.":    nil,
		"1.in-addr.arpa.":          nil,
		"0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.": {
			"0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. PTR web.default.svc.cluster.local.",
		},
	} {
		a := zone.Reverse(name, dns.TypePTR)
		if diff := cmp.Diff(want, show(a.Records)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if a.Exists != (len(want) > 0) {
			t.Errorf("%s: Exists is %t", name, a.Exists)
		}
	}
}

func TestOtherDomainsAreNotInTheZone(t *testing.T) {
	zone := testZone(t)
	for _, name := range []string{"example.com.", "xcluster.local.", "local.", "."} {
		if zone.Contains(name) {
			t.Errorf("%s is in the zone", name)
		}
	}
}
