//go:build linux

package nftables

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"

	"github.com/seatrial/seatrial/reference/proxy/conntrack"
	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// node is a network with a node, two pods and a client outside the cluster.
type network struct {
	*testing.T
	node, a, b, world *namespace
	backend           *Backend
}

const (
	nodeIP  = "192.0.2.10"
	worldIP = "198.51.100.1"
	podA    = "10.244.0.2"
	podB    = "10.244.0.3"
)

var (
	backendA = netip.MustParseAddrPort(podA + ":8080")
	backendB = netip.MustParseAddrPort(podB + ":8080")
)

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{
		T: t, node: newNamespace(t, "node"), a: newNamespace(t, "a"), b: newNamespace(t, "b"), world: newNamespace(t, "world"),
	}
	n.node.sysctl("ip_forward", "1")
	n.node.sysctl("conf/all/route_localnet", "1")
	n.node.connect(n.a, podA, "169.254.1.1")
	n.node.connect(n.b, podB, "169.254.1.1")
	n.node.connect(n.world, worldIP, nodeIP)
	n.node.links(addressAndRoute)
	n.a.serve(8080)
	n.b.serve(8080)
	n.node.do(func() {
		var err error
		n.backend, err = New(Options{Table: "seatrial-test", PodCIDR: netip.MustParsePrefix("10.244.0.0/16"), MasqueradeOutbound: true})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Cleanup(func() {
		if err := n.backend.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return n
}

func frontend(protocol rules.Protocol, address string) rules.Frontend {
	ap := netip.MustParseAddrPort(address)
	return rules.Frontend{IP: ap.Addr(), Protocol: protocol, Port: ap.Port()}
}

func to(backends ...netip.AddrPort) rules.Target { return rules.Target{Backends: backends} }

func (n *network) replace(set rules.Set) {
	n.Helper()
	if err := n.backend.Replace(set); err != nil {
		n.Fatal(err)
	}
}

func (n *network) apply(change rules.Change) {
	n.Helper()
	if err := n.backend.Apply(change); err != nil {
		n.Fatal(err)
	}
}

// want asks and compares the whole answer.
func (n *network) want(from *namespace, network, address, answer string) {
	n.Helper()
	got, err := from.ask(network, address)
	if err != nil || got != answer {
		n.Errorf("from %s to %s %s: answer %q, error %v, want %q", from.name, network, address, got, err, answer)
	}
}

// wantError expects no connection; nil means that nothing answers at all.
func (n *network) wantError(from *namespace, network, address string, want error) {
	n.Helper()
	start := time.Now()
	got, err := from.ask(network, address)
	switch {
	case err == nil:
		n.Errorf("from %s to %s %s: answer %q, want %v", from.name, network, address, got, want)
	case want == nil && !os.IsTimeout(err):
		n.Errorf("from %s to %s %s: %v, want silence", from.name, network, address, err)
	case want != nil && !errors.Is(err, want):
		n.Errorf("from %s to %s %s: %v after %v, want %v", from.name, network, address, err, time.Since(start), want)
	}
}

func TestClusterIPReachesTheBackendWithTheClientsAddress(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{
		frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Inside: rules.Target{Backends: to(backendB).Backends, Masquerade: rules.OffCluster}},
		frontend(rules.UDP, "10.96.0.20:80"): {ClusterIP: true, Inside: rules.Target{Backends: to(backendB).Backends, Masquerade: rules.OffCluster}},
	})
	n.want(n.a, "tcp4", "10.96.0.20:80", "b "+podA)
	n.want(n.a, "udp4", "10.96.0.20:80", "b "+podA)
	n.want(n.node, "tcp4", "10.96.0.20:80", "b "+nodeIP)
	n.want(n.world, "tcp4", "10.96.0.20:80", "b "+nodeIP) // off-cluster: masqueraded
}

func TestConnectionsSpreadOverTheBackends(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Inside: to(backendA, backendB)}})
	seen := map[string]int{}
	for range 40 {
		answer, err := n.node.ask("tcp4", "10.96.0.20:80")
		if err != nil {
			t.Fatal(err)
		}
		seen[answer[:1]]++
	}
	if seen["a"] == 0 || seen["b"] == 0 { // by chance once in 2^39 runs
		t.Errorf("answers %v, want some of both", seen)
	}
}

func TestPodReachesItselfThroughItsService(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Inside: to(backendA)}})
	n.want(n.a, "tcp4", "10.96.0.20:80", "a "+nodeIP)
}

func TestNodePortAnswersOnEveryAddressOfTheNode(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{frontend(rules.TCP, "0.0.0.0:30080"): {Inside: rules.Target{Backends: to(backendB).Backends, Masquerade: rules.Always}}})
	n.want(n.world, "tcp4", nodeIP+":30080", "b "+nodeIP)
	n.want(n.a, "tcp4", nodeIP+":30080", "b "+nodeIP)
	n.want(n.node, "tcp4", nodeIP+":30080", "b "+nodeIP)
	n.want(n.node, "tcp4", "127.0.0.1:30080", "b "+nodeIP)
}

func TestLocalPolicyKeepsTheAddressOfOutsideClients(t *testing.T) {
	n := newNetwork(t)
	f := frontend(rules.TCP, "0.0.0.0:30080")
	local := to(backendA)
	n.replace(rules.Set{f: {Inside: rules.Target{Backends: to(backendB).Backends, Masquerade: rules.Always}, Outside: &local}})
	n.want(n.world, "tcp4", nodeIP+":30080", "a "+worldIP)
	n.want(n.a, "tcp4", nodeIP+":30080", "b "+nodeIP)

	none := rules.Target{Drop: true}
	n.apply(rules.Change{Put: rules.Set{f: {Inside: rules.Target{Backends: to(backendB).Backends, Masquerade: rules.Always}, Outside: &none}}})
	n.wantError(n.world, "tcp4", nodeIP+":30080", nil)
	n.want(n.a, "tcp4", nodeIP+":30080", "b "+nodeIP)
}

func TestServiceWithoutEndpointsRefuses(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{
		frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true},
		frontend(rules.UDP, "10.96.0.20:80"): {ClusterIP: true},
		frontend(rules.TCP, "0.0.0.0:30080"): {},
	})
	for _, from := range []*namespace{n.a, n.node} {
		n.wantError(from, "tcp4", "10.96.0.20:80", syscall.ECONNREFUSED)
		n.wantError(from, "tcp4", "10.96.0.20:81", syscall.ECONNREFUSED) // no such port
	}
	n.wantError(n.a, "udp4", "10.96.0.20:80", syscall.ECONNREFUSED)
	n.wantError(n.world, "tcp4", nodeIP+":30080", syscall.ECONNREFUSED)
	n.apply(rules.Change{Put: rules.Set{frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Inside: to(backendB)}}})
	n.want(n.a, "tcp4", "10.96.0.20:80", "b "+podA)
	n.apply(rules.Change{Remove: []rules.Frontend{frontend(rules.TCP, "10.96.0.20:80"), frontend(rules.UDP, "10.96.0.20:80")}})
	n.wantError(n.a, "tcp4", "10.96.0.20:80", nil) // nobody's address any more
}

func TestAddressThatNoServiceHasIsNotLookedForOutside(t *testing.T) {
	n := newNetwork(t)
	n.world.serve(80)
	n.world.links(func(h *netlink.Handle) error { // a host that answers for any address
		link, err := h.LinkByName("lo")
		if err != nil {
			return err
		}
		return h.AddrAdd(link, &netlink.Addr{IPNet: &net.IPNet{IP: net.IPv4(10, 96, 0, 99), Mask: net.CIDRMask(32, 32)}})
	})
	n.replace(rules.Set{frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Inside: to(backendB)}})
	n.want(n.node, "tcp4", "10.96.0.99:80", "world "+nodeIP)
	if err := n.backend.Networks([]netip.Prefix{netip.MustParsePrefix("fd00::/112"), netip.MustParsePrefix("10.96.0.0/16")}); err != nil {
		t.Fatal(err)
	}
	n.wantError(n.node, "tcp4", "10.96.0.99:80", nil)
	n.wantError(n.a, "tcp4", "10.96.0.99:80", nil)
	n.want(n.a, "tcp4", "10.96.0.20:80", "b "+podA)
	n.wantError(n.a, "tcp4", "10.96.0.20:81", syscall.ECONNREFUSED)
	if err := n.backend.Networks(nil); err != nil {
		t.Fatal(err)
	}
	n.want(n.node, "tcp4", "10.96.0.99:80", "world "+nodeIP)
}

func TestAffinityKeepsAClientAtItsBackend(t *testing.T) {
	n := newNetwork(t)
	f := frontend(rules.TCP, "10.96.0.20:80")
	sticky := func(backends ...netip.AddrPort) rules.Rule {
		return rules.Rule{ClusterIP: true, Affinity: time.Hour, Inside: to(backends...)}
	}
	n.replace(rules.Set{f: sticky(backendA, backendB)})
	first, err := n.world.ask("tcp4", "10.96.0.20:80")
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		n.want(n.world, "tcp4", "10.96.0.20:80", first)
	}
	other, name := backendB, "b"
	if strings.HasPrefix(first, "b") {
		other, name = backendA, "a"
	}
	n.apply(rules.Change{Put: rules.Set{f: sticky(other)}})
	n.want(n.world, "tcp4", "10.96.0.20:80", name+first[1:])
	n.apply(rules.Change{Put: rules.Set{f: sticky(backendA, backendB)}})
	for range 20 { // remembered from before, with the other service's chain
		n.want(n.world, "tcp4", "10.96.0.20:80", name+first[1:])
	}
}

func TestAffinityIsRememberedForItsTimeout(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Affinity: time.Hour, Inside: to(backendA, backendB)}})
	if _, err := n.node.ask("tcp4", "10.96.0.20:80"); err != nil {
		t.Fatal(err)
	}
	elements, err := n.backend.table.conn.GetSetElements(n.backend.table.clients)
	if err != nil || len(elements) != 1 {
		t.Fatalf("clients %v, error %v, want one", elements, err)
	}
	if got := elements[0].Timeout; got != time.Hour {
		t.Errorf("timeout %v, want 1h", got)
	}
}

func TestHostPortRespectsTheHostIP(t *testing.T) {
	n := newNetwork(t)
	n.replace(rules.Set{
		frontend(rules.TCP, "127.0.0.1:8000"):   {Inside: to(backendA)},
		frontend(rules.TCP, nodeIP+":8000"):     {Inside: to(backendB)},
		frontend(rules.UDP, nodeIP+":8000"):     {Inside: to(backendA)},
		frontend(rules.TCP, "198.18.0.1:8000"):  {Inside: to(backendA)},
		frontend(rules.TCP, "192.0.2.255:8000"): {Inside: to(backendA)},
	})
	n.want(n.node, "tcp4", "127.0.0.1:8000", "a "+nodeIP)
	n.want(n.node, "tcp4", nodeIP+":8000", "b "+nodeIP)
	n.want(n.node, "udp4", nodeIP+":8000", "a "+nodeIP)
	n.want(n.world, "tcp4", nodeIP+":8000", "b "+worldIP)
}

func TestPodsLeaveTheClusterWithTheAddressOfTheNode(t *testing.T) {
	n := newNetwork(t)
	n.world.serve(9000)
	n.replace(nil)
	n.want(n.a, "tcp4", worldIP+":9000", "world "+nodeIP)
	n.want(n.a, "tcp4", podB+":8080", "b "+podA)
}

func TestCloseLeavesNoTable(t *testing.T) {
	ns := newNamespace(t, "node")
	ns.do(func() {
		b, err := New(Options{Table: "seatrial-test", PodCIDR: netip.MustParsePrefix("10.244.0.0/16")})
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Replace(nil); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		conn, err := nftables.New()
		if err != nil {
			t.Fatal(err)
		}
		if tables, err := conn.ListTables(); err != nil || len(tables) != 0 {
			t.Errorf("tables %v, error %v, want none", tables, err)
		}
	})
}

func TestUDPFlowMovesWhenItsBackendIsGone(t *testing.T) {
	n := newNetwork(t)
	f := frontend(rules.UDP, "10.96.0.20:80")
	n.replace(rules.Set{f: {ClusterIP: true, Inside: to(backendB)}})
	client := n.a.dial("udp4", "10.96.0.20:80")
	if got := exchange(t, client); got != "b "+podA {
		t.Fatalf("answer %q", got)
	}
	n.apply(rules.Change{Put: rules.Set{f: {ClusterIP: true, Inside: to(backendA)}}})
	if got := exchange(t, client); got != "b "+podA {
		t.Fatalf("answer %q: the kernel ends the flow by itself, so nothing has to", got)
	}
	n.node.do(func() {
		if err := conntrack.Flush([]conntrack.Stale{{Frontend: f, Valid: []netip.AddrPort{backendA}}}); err != nil {
			t.Error(err)
		}
	})
	if got := exchange(t, client); got != "a "+nodeIP { // by hairpin
		t.Errorf("answer %q after the flow has ended, want that of the new backend", got)
	}
}
