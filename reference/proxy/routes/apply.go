//go:build linux

package routes

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// protocol marks the routes as ours, so that none of others is removed.
const protocol = netlink.RouteProtocol(83)

// apply makes the wanted routes the only ones that are ours, in the network
// namespace of the calling thread. It goes on after an error, so that one
// node out of reach does not cut off the others.
func apply(want map[netip.Prefix]netip.Addr) error {
	have, err := netlink.RouteListFiltered(netlink.FAMILY_ALL, &netlink.Route{Protocol: protocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return fmt.Errorf("list routes: %w", err)
	}
	var failures []error
	for i := range have {
		if _, ok := want[prefixOf(have[i].Dst)]; ok {
			continue
		}
		if err := netlink.RouteDel(&have[i]); err != nil && !errors.Is(err, unix.ESRCH) {
			failures = append(failures, fmt.Errorf("delete route to %s: %w", have[i].Dst, err))
		}
	}
	for prefix, via := range want {
		route := &netlink.Route{
			Dst:      &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), prefix.Addr().BitLen())},
			Gw:       via.AsSlice(),
			Protocol: protocol,
		}
		if err := netlink.RouteReplace(route); err != nil {
			failures = append(failures, fmt.Errorf("set route to %s via %s: %w", prefix, via, err))
		}
	}
	return errors.Join(failures...)
}

func prefixOf(n *net.IPNet) netip.Prefix {
	if n == nil {
		return netip.Prefix{}
	}
	ip, _ := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(ip.Unmap(), ones)
}
