package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// link is the pair of interfaces between a pod and its node.
//
// The pod has a /32 and a default route through a link-local gateway that is the same in every pod; the node has a /32 route to the
// pod. Both know the other's hardware address for good, so no ARP is spoken and the gateway address need not exist anywhere.
type link struct {
	host  string // interface name on the node
	pod   string // interface name in the pod
	netns string // path of the pod's network namespace; empty when it is gone
	addr  netip.Addr
	mtu   int
}

func newLink(args *skel.CmdArgs, addr netip.Addr, mtu int) *link {
	sum := sha256.Sum256([]byte(owner(args)))
	return &link{host: "veth" + hex.EncodeToString(sum[:])[:11], pod: args.IfName, netns: args.Netns, addr: addr, mtu: mtu}
}

func gateway() net.IP { return net.IPv4(169, 254, 1, 1).To4() }

// gatewayMAC is the hardware address of the node's end of every link; it is locally administered and never leaves the link.
func gatewayMAC() net.HardwareAddr { return net.HardwareAddr{0xee, 0xee, 0xee, 0xee, 0xee, 0xee} }

// mac derives the pod's hardware address from its IP address, so that it needs no bookkeeping.
func (l *link) mac() net.HardwareAddr {
	b := l.addr.As4()
	return net.HardwareAddr{0x0a, 0x58, b[0], b[1], b[2], b[3]}
}

func (l *link) prefix() *net.IPNet {
	return &net.IPNet{IP: l.addr.AsSlice(), Mask: net.CIDRMask(32, 32)}
}

// connect makes the pair with the pod's end already inside its namespace, then configures both ends.
func (l *link) connect() error {
	ns, err := netns.GetFromPath(l.netns)
	if err != nil {
		return fmt.Errorf("open network namespace %q: %w", l.netns, err)
	}
	defer ns.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU, attrs.Flags, attrs.HardwareAddr = l.host, l.mtu, net.FlagUp, gatewayMAC()
	pair := &netlink.Veth{LinkAttrs: attrs, PeerName: l.pod, PeerNamespace: netlink.NsFd(int(ns)), PeerHardwareAddr: l.mac()}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("add veth %q: %w", l.host, err)
	}
	if err := l.configurePod(ns); err != nil {
		return fmt.Errorf("configure pod end: %w", err)
	}
	if err := l.configureHost(); err != nil {
		return fmt.Errorf("configure node end: %w", err)
	}
	return nil
}

func (l *link) configurePod(ns netns.NsHandle) error {
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return err
	}
	defer h.Close()
	dev, err := h.LinkByName(l.pod)
	if err != nil {
		return err
	}
	index := dev.Attrs().Index
	if err := h.AddrAdd(dev, &netlink.Addr{IPNet: l.prefix()}); err != nil {
		return fmt.Errorf("add address: %w", err)
	}
	if err := h.LinkSetUp(dev); err != nil {
		return fmt.Errorf("set link up: %w", err)
	}
	if err := h.NeighSet(&netlink.Neigh{LinkIndex: index, IP: gateway(), HardwareAddr: gatewayMAC(), State: netlink.NUD_PERMANENT}); err != nil {
		return fmt.Errorf("set gateway neighbour: %w", err)
	}
	if err := h.RouteReplace(&netlink.Route{LinkIndex: index, Gw: gateway(), Flags: int(netlink.FLAG_ONLINK)}); err != nil {
		return fmt.Errorf("set default route: %w", err)
	}
	return nil
}

func (l *link) configureHost() error {
	dev, err := netlink.LinkByName(l.host)
	if err != nil {
		return err
	}
	index := dev.Attrs().Index
	if err := netlink.NeighSet(&netlink.Neigh{LinkIndex: index, IP: l.addr.AsSlice(), HardwareAddr: l.mac(), State: netlink.NUD_PERMANENT}); err != nil {
		return fmt.Errorf("set pod neighbour: %w", err)
	}
	if err := netlink.RouteReplace(&netlink.Route{LinkIndex: index, Scope: netlink.SCOPE_LINK, Dst: l.prefix()}); err != nil {
		return fmt.Errorf("set pod route: %w", err)
	}
	return nil
}

// remove deletes the pair; the kernel drops its routes and neighbours. A link that is gone already is no error.
func (l *link) remove() error {
	dev, err := netlink.LinkByName(l.host)
	if _, ok := errors.AsType[netlink.LinkNotFoundError](err); ok {
		return nil
	}
	if err != nil {
		return err
	}
	if err := netlink.LinkDel(dev); err != nil && !errors.Is(err, syscall.ENODEV) {
		return err
	}
	return nil
}

// verify returns an error that names the first part of the link that is not as connect left it.
func (l *link) verify() error {
	dev, err := netlink.LinkByName(l.host)
	if err != nil {
		return fmt.Errorf("check node end %q: %w", l.host, err)
	}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{LinkIndex: dev.Attrs().Index, Dst: l.prefix()}, netlink.RT_FILTER_OIF|netlink.RT_FILTER_DST)
	if err != nil {
		return fmt.Errorf("check node route to %s: %w", l.addr, err)
	}
	if len(routes) == 0 {
		return fmt.Errorf("check node route to %s: there is none", l.addr)
	}
	ns, err := netns.GetFromPath(l.netns)
	if err != nil {
		return fmt.Errorf("check network namespace %q: %w", l.netns, err)
	}
	defer ns.Close()
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return err
	}
	defer h.Close()
	pod, err := h.LinkByName(l.pod)
	if err != nil {
		return fmt.Errorf("check pod end %q: %w", l.pod, err)
	}
	addrs, err := h.AddrList(pod, netlink.FAMILY_V4)
	if err != nil {
		return err
	}
	for _, a := range addrs {
		if a.IP.Equal(net.IP(l.addr.AsSlice())) {
			return nil
		}
	}
	return fmt.Errorf("check pod address: %s is not on %q", l.addr, l.pod)
}
