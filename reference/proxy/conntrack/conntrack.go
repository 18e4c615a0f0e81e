//go:build linux

// Package conntrack ends flows that the kernel still sends the way that the
// rules were when they began. TCP finds out by itself; UDP does not.
package conntrack

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// Stale describes the flows to a frontend that have to end: those that were
// sent anywhere but to a valid backend.
type Stale struct {
	Frontend rules.Frontend
	Valid    []netip.AddrPort
}

// Flush ends the flows in the network namespace of the calling thread.
func Flush(stale []Stale) error {
	if len(stale) == 0 {
		return nil
	}
	filter := newFilter(stale)
	for _, family := range filter.families() {
		if _, err := netlink.ConntrackDeleteFilters(netlink.ConntrackTable, family, filter); err != nil &&
			!errors.Is(err, unix.ENOENT) { // it ended meanwhile
			return fmt.Errorf("end stale flows: %w", err)
		}
	}
	return nil
}

// filter implements netlink.CustomConntrackFilter.
type filter map[rules.Frontend][]netip.AddrPort

func newFilter(stale []Stale) filter {
	f := filter{}
	for _, s := range stale {
		f[s.Frontend] = s.Valid
	}
	return f
}

func (f filter) families() []netlink.InetFamily {
	var list []netlink.InetFamily
	for frontend := range f {
		family := netlink.InetFamily(unix.AF_INET)
		if frontend.IP.Is6() {
			family = unix.AF_INET6
		}
		if !slices.Contains(list, family) {
			list = append(list, family)
		}
	}
	return list
}

// MatchConntrackFlow says whether the flow has to end. A flow to a port of the
// node may be to a process that listens there; it ends only if its address
// was translated.
func (f filter) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	asked, ok1 := netip.AddrFromSlice(flow.Forward.DstIP)
	answering, ok2 := netip.AddrFromSlice(flow.Reverse.SrcIP)
	if !ok1 || !ok2 {
		return false
	}
	asked, answering = asked.Unmap(), answering.Unmap()
	key := rules.Frontend{IP: asked, Protocol: rules.Protocol(flow.Forward.Protocol), Port: flow.Forward.DstPort}
	valid, ok := f[key]
	if !ok {
		key.IP = netip.IPv4Unspecified()
		if asked.Is6() {
			key.IP = netip.IPv6Unspecified()
		}
		if valid, ok = f[key]; !ok {
			return false
		}
	}
	backend := netip.AddrPortFrom(answering, flow.Reverse.SrcPort)
	if slices.Contains(valid, backend) {
		return false
	}
	translated := backend != netip.AddrPortFrom(asked, flow.Forward.DstPort)
	return translated || len(valid) > 0
}
