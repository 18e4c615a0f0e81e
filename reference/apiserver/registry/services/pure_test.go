package services

import (
	"net/netip"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

func TestRangeHasNoFirstAndNoLastAddress(t *testing.T) {
	for _, c := range []struct{ cidr, first, last string }{
		{"10.96.0.0/16", "10.96.0.1", "10.96.255.254"},
		{"10.0.0.0/29", "10.0.0.1", "10.0.0.6"},
		{"10.0.0.4/30", "10.0.0.5", "10.0.0.6"},
		{"fd00::/112", "fd00::1", "fd00::ffff"},
		{"10.0.0.0/8", "10.0.0.1", "10.0.255.254"}, // only the first part of larger ranges is used
	} {
		a := &addresses{cidr: netip.MustParsePrefix(c.cidr)}
		if first, last := a.nth(1).String(), a.nth(a.last()).String(); first != c.first || last != c.last {
			t.Errorf("%s goes from %s to %s", c.cidr, first, last)
		}
		for range 100 {
			if ip := a.random(); !a.cidr.Contains(ip) || ip.Less(a.nth(1)) || a.nth(a.last()).Less(ip) {
				t.Fatalf("%s gave %s", c.cidr, ip)
			}
		}
	}
}

// "The lower band ... is reserved": https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func TestRandomAddressesLeaveTheLowerBandAlone(t *testing.T) {
	for cidr, band := range map[string]string{"10.96.0.0/20": "10.96.1.0", "10.96.0.0/24": "10.96.0.16", "10.96.0.0/16": "10.96.1.0"} {
		a := &addresses{cidr: netip.MustParsePrefix(cidr)}
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

func TestFamiliesOfASingleStackCluster(t *testing.T) {
	cidr := netip.MustParsePrefix("10.96.0.0/16")
	selector := map[string]string{"a": "b"}
	none := corev1.ClusterIPNone
	for name, c := range map[string]struct {
		spec     corev1.ServiceSpec
		policy   corev1.IPFamilyPolicy
		families []corev1.IPFamily
		refused  bool
	}{
		"plain":                     {corev1.ServiceSpec{Selector: selector}, corev1.IPFamilyPolicySingleStack, []corev1.IPFamily{"IPv4"}, false},
		"prefers both":              {corev1.ServiceSpec{Selector: selector, IPFamilyPolicy: new(corev1.IPFamilyPolicyPreferDualStack)}, corev1.IPFamilyPolicyPreferDualStack, []corev1.IPFamily{"IPv4"}, false},
		"requires both":             {spec: corev1.ServiceSpec{Selector: selector, IPFamilyPolicy: new(corev1.IPFamilyPolicyRequireDualStack)}, refused: true},
		"other family":              {spec: corev1.ServiceSpec{Selector: selector, IPFamilies: []corev1.IPFamily{"IPv6"}}, refused: true},
		"headless":                  {corev1.ServiceSpec{Selector: selector, ClusterIP: none}, corev1.IPFamilyPolicySingleStack, []corev1.IPFamily{"IPv4"}, false},
		"headless without selector": {corev1.ServiceSpec{ClusterIP: none}, corev1.IPFamilyPolicyRequireDualStack, []corev1.IPFamily{"IPv4", "IPv6"}, false},
	} {
		s := &corev1.Service{Spec: c.spec}
		errs := defaultFamilies(s, cidr)
		if c.refused {
			if len(errs) == 0 {
				t.Errorf("%s: not refused", name)
			}
			continue
		}
		if len(errs) > 0 || *s.Spec.IPFamilyPolicy != c.policy || !slices.Equal(s.Spec.IPFamilies, c.families) {
			t.Errorf("%s: %v, %v, %v", name, errs, s.Spec.IPFamilyPolicy, s.Spec.IPFamilies)
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
	if _, err := portNamed(s, ""); err == nil {
		t.Error("no port of two was accepted")
	}
}
