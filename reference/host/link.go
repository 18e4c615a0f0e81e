//go:build linux

package host

import (
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
)

// linkPool is the network that the subnets of links are taken from.
var linkPool = netip.MustParsePrefix("10.89.0.0/16")

// nodeInterface is the name of the node's end.
const nodeInterface = "eth0"

// Connect joins the pinned network namespace with the host's by a pair of
// interfaces, or returns the addresses of the pair that is there.
// It must be called from the host's network namespace.
func (p Place) Connect() (Link, error) {
	if link, err := p.existingLink(); err == nil {
		return link, nil
	}
	inner, err := netns.GetFromPath(p.pin("net"))
	if err != nil {
		return Link{}, fmt.Errorf("open network namespace: %w", err)
	}
	defer func() { _ = inner.Close() }()
	link, err := freeLink(p.Name)
	if err != nil {
		return Link{}, err
	}
	if err := p.createPair(link, inner); err != nil {
		return Link{}, err
	}
	return link, nil
}

func (p Place) createPair(link Link, inner netns.NsHandle) error {
	attrs := netlink.NewLinkAttrs()
	attrs.Name = p.hostLink()
	pair := &netlink.Veth{LinkAttrs: attrs, PeerName: nodeInterface, PeerNamespace: netlink.NsFd(int(inner))}
	if err := netlink.LinkAdd(pair); err != nil {
		return fmt.Errorf("create interface %q: %w", attrs.Name, err)
	}
	outside, err := netlink.NewHandle()
	if err != nil {
		return fmt.Errorf("open netlink: %w", err)
	}
	defer outside.Close()
	if err := setUp(outside, attrs.Name, link.Host); err != nil {
		return err
	}
	inside, err := netlink.NewHandleAt(inner)
	if err != nil {
		return fmt.Errorf("open netlink in network namespace: %w", err)
	}
	defer inside.Close()
	if err := setUp(inside, "lo", netip.Addr{}); err != nil {
		return err
	}
	if err := setUp(inside, nodeInterface, link.Node); err != nil {
		return err
	}
	route := &netlink.Route{Gw: link.Host.AsSlice()}
	if err := inside.RouteAdd(route); err != nil {
		return fmt.Errorf("add default route via %s: %w", link.Host, err)
	}
	return nil
}

// setUp sets an interface up, with an address unless it is the zero Addr.
func setUp(handle *netlink.Handle, name string, addr netip.Addr) error {
	dev, err := handle.LinkByName(name)
	if err != nil {
		return fmt.Errorf("find interface %q: %w", name, err)
	}
	if addr.IsValid() {
		ipnet := &net.IPNet{IP: addr.AsSlice(), Mask: net.CIDRMask(linkBits, addr.BitLen())}
		if err := handle.AddrReplace(dev, &netlink.Addr{IPNet: ipnet}); err != nil {
			return fmt.Errorf("add address %s to %q: %w", ipnet, name, err)
		}
	}
	if err := handle.LinkSetUp(dev); err != nil {
		return fmt.Errorf("set interface %q up: %w", name, err)
	}
	return nil
}

// existingLink reads the pair's addresses from the host's end.
func (p Place) existingLink() (Link, error) {
	dev, err := netlink.LinkByName(p.hostLink())
	if err != nil {
		return Link{}, fmt.Errorf("find interface %q: %w", p.hostLink(), err)
	}
	addrs, err := netlink.AddrList(dev, netlink.FAMILY_V4)
	if err != nil || len(addrs) == 0 {
		return Link{}, errors.Join(fmt.Errorf("interface %q has no address", p.hostLink()), err)
	}
	own, _ := netip.AddrFromSlice(addrs[0].IP.To4())
	return Link{Host: own, Node: own.Next()}, nil
}

// freeLink chooses a subnet that no interface of the host is in, the same one
// for the same name where it can.
func freeLink(name string) (Link, error) {
	addrs, err := netlink.AddrList(nil, netlink.FAMILY_V4)
	if err != nil {
		return Link{}, fmt.Errorf("list addresses: %w", err)
	}
	used := make([]netip.Prefix, 0, len(addrs))
	for _, a := range addrs {
		ip, _ := netip.AddrFromSlice(a.IP.To4())
		ones, _ := a.Mask.Size()
		used = append(used, netip.PrefixFrom(ip, ones))
	}
	return chooseLink(name, used)
}

// chooseLink walks the pool from a place that depends on name.
func chooseLink(name string, used []netip.Prefix) (Link, error) {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	size := 1 << (linkBits - linkPool.Bits())
	base := linkPool.Addr().As4()
	for i := range size {
		n := (int(hash.Sum32()>>1) + i) % size * 4
		network := netip.AddrFrom4([4]byte{base[0], base[1], byte(n >> 8), byte(n)})
		subnet := netip.PrefixFrom(network, linkBits)
		free := true
		for _, u := range used {
			free = free && !u.Overlaps(subnet)
		}
		if free {
			return Link{Host: network.Next(), Node: network.Next().Next()}, nil
		}
	}
	return Link{}, fmt.Errorf("choose addresses: every subnet of %s is in use on this host", linkPool)
}

// disconnect removes the pair; a missing one is no error.
func (p Place) disconnect() error {
	dev, err := netlink.LinkByName(p.hostLink())
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("find interface %q: %w", p.hostLink(), err)
	}
	if err := netlink.LinkDel(dev); err != nil {
		return fmt.Errorf("delete interface %q: %w", p.hostLink(), err)
	}
	return nil
}
