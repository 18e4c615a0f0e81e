package services

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

func TestRangeHasNoFirstAndNoLastAddress(t *testing.T) {
	for _, c := range []struct{ cidr, first, last string }{
		{"10.96.0.0/16", "10.96.0.1", "10.96.255.254"},
		{"10.0.0.0/29", "10.0.0.1", "10.0.0.6"},
		{"10.0.0.4/30", "10.0.0.5", "10.0.0.6"},
		{"10.0.0.0/8", "10.0.0.1", "10.255.255.254"},
		{"fd00::/112", "fd00::1", "fd00::ffff"},
		{"fd00::/64", "fd00::1", "fd00::7fff:ffff:ffff:ffff"},
	} {
		a := subnet(netip.MustParsePrefix(c.cidr))
		if first, last := a.nth(1).String(), a.nth(a.last()).String(); first != c.first || last != c.last {
			t.Errorf("%s goes from %s to %s", c.cidr, first, last)
		}
		if a.has(a.nth(0)) || !a.has(a.nth(1)) || !a.has(a.nth(a.last())) || a.has(a.nth(a.last()+1)) {
			t.Errorf("%s: wrong addresses at the ends can be asked for", c.cidr)
		}
		for range 100 {
			if ip := a.random(); !a.has(ip) {
				t.Fatalf("%s gave %s", c.cidr, ip)
			}
		}
	}
}

// "The lower band ... is reserved": https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func TestRandomAddressesLeaveTheLowerBandAlone(t *testing.T) {
	for cidr, band := range map[string]string{
		"10.96.0.0/20": "10.96.1.0", "10.96.0.0/24": "10.96.0.16", "10.96.0.0/16": "10.96.1.0", "10.96.0.0/28": "10.96.0.0", "fd00::/112": "fd00::100",
	} {
		a := subnet(netip.MustParsePrefix(cidr))
		if last := a.nth(a.reserved()); last.String() != band {
			t.Errorf("%s: the band ends at %s, want %s", cidr, last, band)
		}
		for range 2000 {
			if ip := a.random(); !netip.MustParseAddr(band).Less(ip) {
				t.Fatalf("%s gave %s, which is in the band up to %s", cidr, ip, band)
			}
		}
	}
}

// "Dynamic IP assignment uses the upper band by default. It will use the lower
// range if the upper one is exhausted."
func TestLowerBandIsUsedWhenTheUpperOneIsFull(t *testing.T) {
	a := subnet(netip.MustParsePrefix("10.96.0.0/26"))
	band := a.nth(a.reserved())
	taken := map[string]bool{}
	for n := range a.last() {
		addr, ok := a.free(taken)
		if upper := band.Less(addr); !ok || taken[addr.String()] || upper != (n < a.last()-a.reserved()) {
			t.Fatalf("address %d is %s, %t", n, addr, ok)
		}
		taken[addr.String()] = true
	}
	if addr, ok := a.free(taken); ok {
		t.Errorf("the full range gave %s", addr)
	}
}

func TestNodePortsLeaveTheLowerBandAlone(t *testing.T) {
	for _, c := range []struct {
		span     utilnet.PortRange
		reserved int32
	}{
		{utilnet.PortRange{Base: 30000, Size: 2768}, 86}, // https://kubernetes.io/docs/concepts/services-networking/service/#avoid-nodeport-collisions
		{utilnet.PortRange{Base: 1, Size: 65535}, 128},
		{utilnet.PortRange{Base: 30000, Size: 100}, 16},
		{utilnet.PortRange{Base: 30000, Size: 16}, 0},
	} {
		p := &ports{span: c.span}
		if p.reserved() != c.reserved || p.inRange(p.last()) != nil || p.inRange(p.last()+1) == nil {
			t.Errorf("%v: %d reserved, last is %d", c.span, p.reserved(), p.last())
		}
	}
}

func TestProxyUsesReadyEndpointsOfThePort(t *testing.T) {
	s := &corev1.Service{Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "web", Port: 80}, {Name: "admin", Port: 81}}}}
	slice := &discoveryv1.EndpointSlice{
		Ports: []discoveryv1.EndpointPort{{Name: new("web"), Port: new(int32(8080))}, {Name: new("admin"), Port: new(int32(8081))}},
		Endpoints: []discoveryv1.Endpoint{
			{Addresses: []string{"10.0.0.1"}},
			{Addresses: []string{"10.0.0.2"}, Conditions: discoveryv1.EndpointConditions{Ready: new(false)}},
			{Addresses: []string{"127.0.0.1"}},
		},
	}
	for port, want := range map[string]string{"web": "10.0.0.1:8080", "81": "10.0.0.1:8081"} {
		name, err := portNamed(s, port)
		if err != nil {
			t.Fatal(err)
		}
		if hosts := hostsOf(slice, name); len(hosts) != 1 || hosts[0] != want {
			t.Errorf("port %s leads to %v", port, hosts)
		}
	}
	if name, err := portNamed(s, ""); err != nil || len(hostsOf(slice, name)) > 0 {
		t.Errorf("no port of two leads to %q, %v", name, err)
	}
	if _, err := portNamed(s, "82"); err == nil {
		t.Error("an unknown number was accepted")
	}
}
