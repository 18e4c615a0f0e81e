//go:build linux

package command

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/spf13/pflag"
	utilnet "k8s.io/apimachinery/pkg/util/net"

	"github.com/seatrial/seatrial/reference/cluster"
)

// networkFlags are the addresses and ports that the API server gives away.
type networkFlags struct {
	advertise, services string
	ports               utilnet.PortRange
}

func (n *networkFlags) addTo(f *pflag.FlagSet) {
	n.ports = utilnet.PortRange{Base: 30000, Size: 2768}
	f.StringVar(&n.services, "service-cluster-ip-range", "10.96.0.0/16", "range of cluster IPs, or one of each IP family with a comma between, the default family first")
	f.Var(&n.ports, "service-node-port-range", "ports that services get on every node, such as 30000-32767")
}

// network reads the flags; without --advertise-address the address is invalid.
func (n *networkFlags) network() (cluster.Network, error) {
	out := cluster.Network{NodePorts: n.ports}
	var err error
	if n.advertise != "" {
		if out.Advertise, err = reachable(n.advertise); err != nil {
			return out, fmt.Errorf("--advertise-address: %w", err)
		}
	}
	if out.Services, err = serviceRanges(n.services); err != nil {
		return out, fmt.Errorf("--service-cluster-ip-range: %w", err)
	}
	return out, nil
}

func reachable(text string) (netip.Addr, error) {
	address, err := netip.ParseAddr(text)
	if err != nil {
		return address, err
	}
	if address.IsLoopback() || address.IsUnspecified() {
		return address, fmt.Errorf("nodes and pods cannot reach %s; give an address of this host", address)
	}
	return address, nil
}

// serviceRanges reads one or two ranges.
func serviceRanges(flag string) ([]netip.Prefix, error) {
	parts := strings.Split(flag, ",")
	if len(parts) > 2 {
		return nil, fmt.Errorf("%d ranges; at most one of each IP family", len(parts))
	}
	var all []netip.Prefix
	for _, part := range parts {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		all = append(all, prefix.Masked())
	}
	if len(all) == 2 && all[0].Addr().Is6() == all[1].Addr().Is6() {
		return nil, errors.New("two ranges must be of different IP families")
	}
	return all, nil
}
