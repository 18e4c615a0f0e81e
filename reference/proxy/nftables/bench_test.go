//go:build linux

package nftables

import (
	"net/netip"
	"testing"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// services returns n services with two backends each.
func services(n int) ([]rules.Frontend, rules.Set) {
	set := make(rules.Set, n)
	list := make([]rules.Frontend, 0, n)
	for i := range n {
		hi, lo := byte(i>>8), byte(i)
		f := rules.Frontend{IP: netip.AddrFrom4([4]byte{10, 96, hi, lo}), Protocol: rules.TCP, Port: 80}
		list = append(list, f)
		set[f] = rules.Rule{ClusterIP: true, Inside: rules.Target{Masquerade: rules.OffCluster, Backends: []netip.AddrPort{
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 244, hi, lo}), 8080),
			netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 245, hi, lo}), 8080),
		}}}
	}
	return list, set
}

// inNamespace runs the benchmark in a network namespace of its own.
func inNamespace(b *testing.B, f func(backend *Backend)) {
	b.Helper()
	ns := newNamespace(b, "node")
	ns.do(func() {
		backend, err := New(Options{Table: "seatrial-bench", PodCIDR: netip.MustParsePrefix("10.244.0.0/15")})
		if err != nil {
			b.Error(err)
			return
		}
		defer func() {
			if err := backend.Close(); err != nil {
				b.Error(err)
			}
		}()
		f(backend)
	})
}

// BenchmarkReplace10000 is the full synchronisation of 10,000 services; the
// target is below 0.2 s.
func BenchmarkReplace10000(b *testing.B) {
	_, set := services(10000)
	inNamespace(b, func(backend *Backend) {
		for b.Loop() {
			if err := backend.Replace(set); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

// BenchmarkChangeOneOf10000 adds or removes a backend of one service among
// 10,000; the target is below 5 ms.
func BenchmarkChangeOneOf10000(b *testing.B) {
	list, set := services(10000)
	inNamespace(b, func(backend *Backend) {
		if err := backend.Replace(set); err != nil {
			b.Error(err)
			return
		}
		i := 0
		for b.Loop() {
			f := list[i%len(list)]
			rule := set[f]
			if i++; (i/len(list))%2 == 0 {
				rule.Inside.Backends = rule.Inside.Backends[:1]
			}
			if err := backend.Apply(rules.Change{Put: rules.Set{f: rule}}); err != nil {
				b.Error(err)
				return
			}
		}
	})
}
