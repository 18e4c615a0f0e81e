//go:build linux

package nftables

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

func TestDumpShowsWhatTheKernelHas(t *testing.T) {
	n := newNetwork(t)
	local := rules.Target{Drop: true}
	n.replace(rules.Set{
		frontend(rules.TCP, "10.96.0.20:80"): {ClusterIP: true, Affinity: time.Hour, Inside: rules.Target{Backends: to(backendA, backendB).Backends, Masquerade: rules.OffCluster}},
		frontend(rules.UDP, "0.0.0.0:30080"): {Inside: rules.Target{Backends: to(backendA).Backends, Masquerade: rules.Always}, Outside: &local},
		frontend(rules.TCP, "10.96.0.21:80"): {ClusterIP: true},
	})
	var got strings.Builder
	if err := n.backend.Dump(&got); err != nil {
		t.Fatal(err)
	}
	want := `services-inside TCP 10.96.0.20:80 -> to-2-ip-inside-offcluster-sticky-3600
services-inside UDP 0.0.0.0:30080 -> to-1-any-inside-masquerade
refused-inside TCP 10.96.0.21:80 -> reject
refused-outside UDP 0.0.0.0:30080 -> drop
backends TCP 10.96.0.20:80 slot 0 -> 10.244.0.2:8080
backends TCP 10.96.0.20:80 slot 1 -> 10.244.0.3:8080
backends UDP 0.0.0.0:30080 slot 0 -> 10.244.0.2:8080
hairpins 10.244.0.2
hairpins 10.244.0.3
cluster-ips 10.96.0.20
cluster-ips 10.96.0.21
`
	if diff := cmp.Diff(want, got.String()); diff != "" {
		t.Errorf("dump (-want +got):\n%s", diff)
	}
}

// TestChangesEndWhereAReplacementWould applies random changes and compares
// the kernel with one that was given the outcome at once.
func TestChangesEndWhereAReplacementWould(t *testing.T) {
	ns := newNamespace(t, "node")
	ns.do(func() {
		open := func(table string) *Backend {
			b, err := New(Options{Table: table, PodCIDR: netip.MustParsePrefix("10.244.0.0/16")})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		dump := func(b *Backend) string {
			var text strings.Builder
			if err := b.Dump(&text); err != nil {
				t.Error(err)
			}
			return text.String()
		}
		changed, replaced := open("changed"), open("replaced")
		defer func() { _, _ = changed.Close(), replaced.Close() }()
		if err := changed.Replace(nil); err != nil {
			t.Error(err)
			return
		}
		random := rand.New(rand.NewPCG(1, 2))
		have := rules.Set{}
		for step := range 60 {
			change := randomChange(random, have)
			if err := changed.Apply(change); err != nil {
				t.Errorf("step %d: %v", step, err)
				return
			}
		}
		if err := replaced.Replace(have); err != nil {
			t.Error(err)
			return
		}
		if diff := cmp.Diff(dump(replaced), dump(changed)); diff != "" || len(have) == 0 {
			t.Errorf("%d rules; after changes instead of one replacement (-want +got):\n%s", len(have), diff)
		}
	})
}

// randomChange makes a change and carries it out on have.
func randomChange(random *rand.Rand, have rules.Set) rules.Change {
	change := rules.Change{Put: rules.Set{}}
	for range 1 + random.IntN(5) {
		f := rules.Frontend{IP: netip.AddrFrom4([4]byte{10, 96, 0, byte(random.IntN(8))}), Protocol: rules.TCP, Port: uint16(80 + random.IntN(2))}
		if _, done := change.Put[f]; done || slices.Contains(change.Remove, f) {
			continue
		}
		if _, ok := have[f]; ok && random.IntN(3) == 0 {
			change.Remove = append(change.Remove, f)
			delete(have, f)
			continue
		}
		target := func() (t rules.Target) {
			for i := range byte(random.IntN(4)) {
				t.Backends = append(t.Backends, netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 244, byte(random.IntN(2)), i}), 8080))
			}
			t.Drop, t.Masquerade = random.IntN(2) == 0, rules.Masquerade(random.IntN(3))
			return t
		}
		rule := rules.Rule{ClusterIP: random.IntN(2) == 0, Affinity: time.Duration(random.IntN(2)) * time.Hour, Inside: target()}
		if random.IntN(3) == 0 {
			rule.Outside = new(target())
		}
		change.Put[f], have[f] = rule, rule
	}
	return change
}
