//go:build linux

package cluster

import (
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"os"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
	"github.com/seatrial/seatrial/reference/host"
)

// Options configures an all-in-one cluster.
type Options struct {
	Place    host.Place
	NodeName string     // zero means <cluster>-control-plane
	NodeIP   netip.Addr // the node's InternalIP; the API server listens there on port 6443
	Server   string     // URL of the API server for clients on the host
	// Listener serves the API to the host, beside the node's address.
	Listener net.Listener

	CgroupRoot string       // parent of the pods' cgroups; zero means the place's
	PodCIDR    netip.Prefix // of this node; zero means 10.244.0.0/24
	Network    Network

	APIServer APIServerFlags

	// Held is kept open while the cluster runs; may be nil.
	Held *os.File

	Progress *Progress
	Log      *slog.Logger
}

// APIServerFlags are the API server's flags that users of an all-in-one cluster may set.
type APIServerFlags struct {
	Auth auth.Flags

	EnablePlugins  []string
	DisablePlugins []string
	AdmissionFile  string // --admission-control-config-file

	Settings *settings.Flags // nil means the defaults
}

// podNetwork is the range of the pods of all nodes.
var podNetwork = netip.MustParsePrefix("10.244.0.0/16")

// clusterDomain ends the DNS names of services and pods.
const clusterDomain = "cluster.local"

// APIPort is where the API server listens on the node's address.
const APIPort = 6443

func (o *Options) complete() error {
	if !o.NodeIP.Is4() {
		return errors.New("node IP: an IPv4 address is required")
	}
	if o.Place.Name == "" || o.Server == "" {
		return errors.New("place and server of the cluster are required")
	}
	if o.NodeName == "" {
		o.NodeName = o.Place.Name + "-control-plane"
	}
	if o.CgroupRoot == "" {
		o.CgroupRoot = o.Place.CgroupRoot()
	}
	if !o.PodCIDR.IsValid() {
		o.PodCIDR = netip.MustParsePrefix("10.244.0.0/24")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o.completeNetwork()
}

// serviceIP returns the nth address of the service range: 1 is the API server, 10 is DNS.
func (o *Options) serviceIP(n int) netip.Addr {
	addr := o.Network.Services[0].Masked().Addr()
	for range n {
		addr = addr.Next()
	}
	return addr
}
