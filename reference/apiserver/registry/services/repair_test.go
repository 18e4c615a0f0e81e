package services

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

func withIP(name string, ips ...string) corev1.Service {
	return corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: ips[0], ClusterIPs: ips},
	}
}

var now = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// claimed is an old claim of the service with the given name.
func claimed(ip, name string) networkingv1.IPAddress {
	c := *claimOf(netip.MustParseAddr(ip), &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}})
	c.CreationTimestamp = metav1.NewTime(now.Add(-time.Hour))
	return c
}

// The reasons and notes were read from the events of upstream v1.36.3.
func TestRepairOfAddresses(t *testing.T) {
	young, foreign, pods := claimed("10.0.0.9", "gone"), claimed("10.0.0.9", "gone"), claimed("10.0.0.9", "a")
	young.CreationTimestamp = metav1.NewTime(now.Add(-30 * time.Second))
	foreign.Labels = nil
	pods.Spec.ParentRef.Resource = "pods"
	other := claimed("10.0.0.5", "gone")
	other.Labels = nil
	for name, c := range map[string]struct {
		services []corev1.Service
		claims   []networkingv1.IPAddress
		want     []string
	}{
		"all is well":      {[]corev1.Service{withIP("a", "10.0.0.5", "fd00::5")}, []networkingv1.IPAddress{claimed("10.0.0.5", "a"), claimed("fd00::5", "a")}, nil},
		"unusual spelling": {[]corev1.Service{withIP("a", "fd00:0::0005")}, []networkingv1.IPAddress{claimed("fd00::5", "a")}, nil},
		"headless":         {[]corev1.Service{withIP("a", "None")}, nil, nil},
		"leaked": {nil, []networkingv1.IPAddress{claimed("10.0.0.9", "gone")}, []string{
			"free 10.0.0.9: IPAddressNotAllocated IPAddressAllocation IPAddress: 10.0.0.9 for Service ns/gone appears to have leaked: cleaning up",
		}},
		"leaked just now":  {nil, []networkingv1.IPAddress{young}, nil},
		"made by somebody": {nil, []networkingv1.IPAddress{foreign}, nil},
		"of another kind": {nil, []networkingv1.IPAddress{pods}, []string{
			"free 10.0.0.9: IPAddressNotAllocated IPAddressAllocation IPAddress 10.0.0.9 appears to have been modified, not referencing a Service &ParentReference{Group:,Resource:pods,Namespace:ns,Name:a,}: cleaning up",
		}},
		"of a service with another address": {[]corev1.Service{withIP("a", "10.0.0.5")}, []networkingv1.IPAddress{claimed("10.0.0.5", "a"), claimed("10.0.0.9", "a")}, []string{
			"free 10.0.0.9: IPAddressWrongReference IPAddressAllocation IPAddress: 10.0.0.9 for Service ns/a has a wrong reference; cleaning up",
		}},
		"not allocated": {[]corev1.Service{withIP("a", "10.0.0.5")}, nil, []string{
			"claim 10.0.0.5: ClusterIPNotAllocated ClusterIPAllocation Cluster IP [IPv4]: 10.0.0.5 is not allocated; repairing",
		}},
		"second not allocated": {[]corev1.Service{withIP("a", "10.0.0.5", "fd00::5")}, []networkingv1.IPAddress{claimed("10.0.0.5", "a")}, []string{
			"claim fd00::5: ClusterIPNotAllocated ClusterIPAllocation Cluster IP [IPv6]: fd00::5 is not allocated; repairing",
		}},
		"claimed for nobody": {[]corev1.Service{withIP("a", "10.0.0.5")}, []networkingv1.IPAddress{other}, []string{
			"free 10.0.0.5 claim 10.0.0.5: ClusterIPNotAllocated ClusterIPAllocation the ClusterIP [IPv4]: 10.0.0.5 for Service ns/a has a wrong reference; repairing",
		}},
		"two services": {[]corev1.Service{withIP("a", "10.0.0.5"), withIP("b", "10.0.0.5")}, []networkingv1.IPAddress{claimed("10.0.0.5", "a")}, []string{
			"ClusterIPAlreadyAllocated ClusterIPAllocation Cluster IP [IPv4]:10.0.0.5 was assigned to multiple services; please recreate service",
		}},
		"out of range": {[]corev1.Service{withIP("a", "10.99.20.20")}, nil, []string{
			"ClusterIPOutOfRange ClusterIPAllocation Cluster IP [IPv4]: 10.99.20.20 is not within any configured Service CIDR; please recreate service",
		}},
		"not an address": {[]corev1.Service{withIP("a", "10.0.0.x")}, nil, []string{
			"ClusterIPNotValid ClusterIPValidation Cluster IP 10.0.0.x is not a valid IP; please recreate Service",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLedger(c.services, c.claims)
			configured := []subnet{subnet(netip.MustParsePrefix("10.0.0.0/16")), subnet(netip.MustParsePrefix("fd00::/112"))}
			var got []string
			for _, m := range slices.Concat(l.leaks(now), l.losses(configured)) {
				var what []string
				if m.release != nil {
					what = append(what, "free "+m.release.Name)
				}
				if m.claim.IsValid() {
					what = append(what, "claim "+m.claim.String())
				}
				text := fmt.Sprintf("%s %s %s", m.reason, m.action, m.note)
				if len(what) > 0 {
					text = strings.Join(what, " ") + ": " + text
				}
				got = append(got, text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}

func withPort(name string, port int32) corev1.Service {
	s := withIP(name, "10.0.0.5")
	s.Spec.Type = corev1.ServiceTypeNodePort
	s.Spec.Ports = []corev1.ServicePort{{Port: 80, Protocol: corev1.ProtocolTCP, NodePort: port}, {Port: 80, Protocol: corev1.ProtocolUDP, NodePort: port}}
	return s
}

func TestRepairOfNodePorts(t *testing.T) {
	old, young := now.Add(-time.Hour), now.Add(-30*time.Second)
	for name, c := range map[string]struct {
		services []corev1.Service
		claims   map[string]storage.Claim
		want     []string
	}{
		"all is well":     {[]corev1.Service{withPort("a", 30001)}, map[string]storage.Claim{"30001": {Owner: "ns/a x", Since: old}}, nil},
		"leaked":          {nil, map[string]storage.Claim{"30001": {Owner: "ns/a x", Since: old}}, []string{"free 30001"}},
		"leaked just now": {nil, map[string]storage.Claim{"30001": {Owner: "ns/a x", Since: young}}, nil},
		"not a port":      {nil, map[string]storage.Claim{"x": {Owner: "ns/a x", Since: old}}, []string{"free x"}},
		"not allocated":   {[]corev1.Service{withPort("a", 30001)}, nil, []string{"claim 30001 for a: PortNotAllocated PortAllocation Port 30001 is not allocated; repairing"}},
		"claimed for another": {[]corev1.Service{withPort("a", 30001)}, map[string]storage.Claim{"30001": {Owner: "ns/gone x", Since: old}}, []string{
			"free 30001 claim 30001 for a: PortNotAllocated PortAllocation Port 30001 is not allocated; repairing",
		}},
		"claimed for another just now": {[]corev1.Service{withPort("a", 30001)}, map[string]storage.Claim{"30001": {Owner: "ns/gone x", Since: young}}, nil},
		"two services": {[]corev1.Service{withPort("a", 30001), withPort("b", 30001)}, map[string]storage.Claim{"30001": {Owner: "ns/b x", Since: old}}, []string{
			"PortAlreadyAllocated PortAllocation Port 30001 was assigned to multiple services; please recreate service",
		}},
		"out of range": {[]corev1.Service{withPort("a", 29999)}, nil, []string{
			"PortOutOfRange PortAllocation Port 29999 is not within the port range 30000-32767; please recreate service",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p := &ports{span: utilnet.PortRange{Base: 30000, Size: 2768}}
			var got []string
			for _, m := range p.plan(c.services, c.claims, now) {
				var what []string
				if m.free != "" {
					what = append(what, "free "+m.free)
				}
				if m.service != nil {
					what = append(what, fmt.Sprintf("claim %d for %s", m.port, m.service.Name))
				}
				text := strings.Join(what, " ")
				if m.reason != "" {
					text = strings.TrimPrefix(text+": ", ": ") + fmt.Sprintf("%s %s %s", m.reason, m.action, m.note)
				}
				got = append(got, text)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%q\nwant\n%q", got, c.want)
			}
		})
	}
}
