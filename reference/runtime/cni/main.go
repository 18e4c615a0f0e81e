// Command seatrial-cni is the network plugin of a Seatrial node: every pod gets one address of the node's pod CIDR and a routed
// link to the node, without a bridge, so that traffic between pods passes the node's packet filter like any other.
//
// It implements ADD, DEL, CHECK and VERSION of the CNI specification 1.0.0 (https://www.cni.dev/docs/spec/).
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"

	"github.com/containernetworking/cni/pkg/skel"
	"github.com/containernetworking/cni/pkg/types"
	current "github.com/containernetworking/cni/pkg/types/100"
	"github.com/containernetworking/cni/pkg/version"
)

// config is the plugin's part of the network configuration list.
type config struct {
	types.NetConf
	Subnet  string `json:"subnet"`  // the node's pod CIDR, IPv4
	DataDir string `json:"dataDir"` // where reservations are kept
	MTU     int    `json:"mtu"`     // of both ends of the link; 0 leaves the kernel's
}

func main() {
	skel.PluginMainFuncs(skel.CNIFuncs{Add: add, Del: del, Check: check}, version.All, "seatrial-cni: routed pod links")
}

func parseConfig(stdin []byte) (*config, *pool, error) {
	c := &config{}
	if err := json.Unmarshal(stdin, c); err != nil {
		return nil, nil, types.NewError(types.ErrDecodingFailure, "parse network configuration", err.Error())
	}
	if c.RawPrevResult != nil {
		if err := version.ParsePrevResult(&c.NetConf); err != nil {
			return nil, nil, types.NewError(types.ErrDecodingFailure, "parse previous result", err.Error())
		}
	}
	prefix, err := netip.ParsePrefix(c.Subnet)
	if err != nil || !prefix.Addr().Is4() || c.DataDir == "" {
		return nil, nil, types.NewError(types.ErrInvalidNetworkConfig, "read network configuration",
			fmt.Sprintf("need an IPv4 subnet and a dataDir, have subnet %q, dataDir %q", c.Subnet, c.DataDir))
	}
	return c, &pool{dir: c.DataDir, prefix: prefix.Masked()}, nil
}

func add(args *skel.CmdArgs) error {
	c, pool, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	owner := owner(args)
	addr, err := pool.reserve(owner)
	if err != nil {
		return types.NewError(types.ErrTryAgainLater, "reserve address", err.Error())
	}
	link := newLink(args, addr, c.MTU)
	if err := link.connect(); err != nil {
		_ = link.remove()
		_ = pool.release(owner)
		return fmt.Errorf("connect pod at %s: %w", addr, err)
	}
	return types.PrintResult(result(args, link), c.CNIVersion)
}

// del may be repeated, and it may come for a sandbox that never had a link.
func del(args *skel.CmdArgs) error {
	_, pool, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	if err := newLink(args, netip.Addr{}, 0).remove(); err != nil {
		return fmt.Errorf("remove link: %w", err)
	}
	return pool.release(owner(args))
}

func check(args *skel.CmdArgs) error {
	c, pool, err := parseConfig(args.StdinData)
	if err != nil {
		return err
	}
	prev, err := current.NewResultFromResult(c.PrevResult)
	if err != nil {
		return types.NewError(types.ErrInvalidNetworkConfig, "read previous result", err.Error())
	}
	addr, err := pool.lookup(owner(args))
	if err != nil {
		return err
	}
	for _, ip := range prev.IPs {
		if ip.Address.IP.String() != addr.String() {
			return fmt.Errorf("check address: %s is reserved, the previous result has %s", addr, ip.Address.IP)
		}
	}
	return newLink(args, addr, c.MTU).verify()
}

// owner names an attachment: one container may have several interfaces.
func owner(args *skel.CmdArgs) string { return args.ContainerID + "-" + args.IfName }

func result(args *skel.CmdArgs, l *link) *current.Result {
	pod := 1
	return &current.Result{
		CNIVersion: current.ImplementedSpecVersion,
		Interfaces: []*current.Interface{
			{Name: l.host, Mac: gatewayMAC().String(), Mtu: l.mtu},
			{Name: args.IfName, Mac: l.mac().String(), Mtu: l.mtu, Sandbox: args.Netns},
		},
		IPs: []*current.IPConfig{{
			Interface: &pod,
			Address:   net.IPNet{IP: l.addr.AsSlice(), Mask: net.CIDRMask(32, 32)},
			Gateway:   gateway(),
		}},
		Routes: []*types.Route{{Dst: net.IPNet{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, GW: gateway()}},
	}
}
