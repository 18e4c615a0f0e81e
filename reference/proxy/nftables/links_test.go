//go:build linux

package nftables

import (
	"net"

	"github.com/vishvananda/netlink"
)

// addressAndRoute gives the node its address and, as on a real node, a
// default route, without which cluster IPs would be unreachable from it.
func addressAndRoute(h *netlink.Handle) error {
	link, err := h.LinkByName("to-world")
	if err != nil {
		return err
	}
	if err := h.AddrAdd(link, &netlink.Addr{IPNet: &net.IPNet{IP: net.ParseIP(nodeIP), Mask: net.CIDRMask(32, 32)}}); err != nil {
		return err
	}
	return h.RouteAdd(&netlink.Route{LinkIndex: link.Attrs().Index, Gw: net.ParseIP(worldIP), Flags: int(netlink.FLAG_ONLINK)})
}
