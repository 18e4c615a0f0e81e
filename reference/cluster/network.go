//go:build linux

package cluster

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/bootstrap"
)

// Network are the addresses and ports that an API server gives away.
type Network struct {
	// Advertise is where nodes and pods reach the server. In an all-in-one
	// cluster the zero value means the node's address.
	Advertise netip.Addr
	// Services are one or two ranges of cluster IPs, the default family first.
	// In an all-in-one cluster none means 10.96.0.0/16.
	Services []netip.Prefix
	// NodePorts are the ports that services get on every node; zero means 30000-32767.
	NodePorts utilnet.PortRange
}

// Hosts are the names and addresses that the serving certificate must bear.
func (n *Network) Hosts() []string {
	hosts := []string{"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + clusterDomain}
	if n.Advertise.IsValid() {
		hosts = append(hosts, n.Advertise.String())
	}
	for _, r := range n.Services {
		hosts = append(hosts, bootstrap.FirstAddress(r).String())
	}
	return hosts
}

// Set writes the network into the options of a server that listens on port.
func (n *Network) Set(o *apiserver.Options, port uint16) {
	o.AdvertiseAddress, o.NodePorts = netip.AddrPortFrom(n.Advertise, port), n.NodePorts
	if len(n.Services) > 0 {
		o.ServiceCIDR = n.Services[0]
	}
	if len(n.Services) > 1 {
		o.SecondServiceCIDR = n.Services[1]
	}
}

// completeNetwork fills in what a cluster of one node uses. Its pods have IPv4 addresses.
func (o *Options) completeNetwork() error {
	n := &o.Network
	if !n.Advertise.IsValid() {
		n.Advertise = o.NodeIP
	}
	if !n.Advertise.Is4() {
		return fmt.Errorf("advertised address: %s is not an IPv4 address, which pods need", n.Advertise)
	}
	if len(n.Services) == 0 {
		n.Services = []netip.Prefix{netip.MustParsePrefix("10.96.0.0/16")}
	}
	if !n.Services[0].Addr().Is4() {
		return errors.New("ranges of cluster IPs: that of IPv4 must be the first, since pods have IPv4 addresses")
	}
	return nil
}

// listen opens the API port at the node's address and at the advertised one,
// which the node gets if it is another one.
func (o *Options) listen() ([]net.Listener, error) {
	addresses := []netip.Addr{o.NodeIP}
	if o.Network.Advertise != o.NodeIP {
		if err := addAddress(o.Network.Advertise); err != nil {
			return nil, fmt.Errorf("give the node the advertised address %s: %w", o.Network.Advertise, err)
		}
		addresses = append(addresses, o.Network.Advertise)
	}
	var all []net.Listener
	for _, a := range addresses {
		l, err := net.Listen("tcp", netip.AddrPortFrom(a, APIPort).String())
		if err != nil {
			for _, l := range all {
				_ = l.Close()
			}
			return nil, fmt.Errorf("open API port in the node: %w", err)
		}
		all = append(all, l)
	}
	return all, nil
}

// addAddress gives the loopback interface of this network namespace a further address.
func addAddress(a netip.Addr) error {
	lo, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	one := &net.IPNet{IP: a.AsSlice(), Mask: net.CIDRMask(a.BitLen(), a.BitLen())}
	return netlink.AddrReplace(lo, &netlink.Addr{IPNet: one})
}
