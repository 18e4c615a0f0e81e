package services

import (
	"net/netip"
	"testing"
)

// FuzzAddressRange: a range gives addresses of its own, none of them the first or, in IPv4, the last, and ends when all are taken.
func FuzzAddressRange(f *testing.F) {
	f.Add("10.96.0.0/29", "10.96.0.3")
	f.Add("fd00::/120", "fd00::1")
	f.Add("::ffff:10.0.0.0/124", "fe80::1%eth0")
	f.Add("0.0.0.0/0", "255.255.255.255")
	f.Fuzz(func(t *testing.T, cidr, ip string) {
		addr, ok := parse(ip)
		p, err := netip.ParsePrefix(cidr)
		if err != nil || p.Addr().BitLen()-p.Bits() < 2 { // smaller ones are refused
			t.Skip("not a range")
		}
		s := subnet(p.Masked())
		if ok && s.has(addr) && !p.Contains(addr) {
			t.Errorf("%s has %s", cidr, addr)
		}
		if got := s.random(); !s.has(got) {
			t.Errorf("%s gave %s", cidr, got)
		}
		taken := map[string]bool{}
		for range 20 {
			got, ok := s.free(taken)
			if !ok {
				return
			}
			if taken[got.String()] || !s.has(got) {
				t.Fatalf("%s gave %s after %v", cidr, got, taken)
			}
			taken[got.String()] = true
		}
	})
}
