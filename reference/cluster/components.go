//go:build linux

package cluster

import (
	"context"
	"net/netip"

	"github.com/seatrial/seatrial/reference/dns"
	"github.com/seatrial/seatrial/reference/scheduler"
)

// components are what talks to the API server, by name. All run side by side:
// each waits by itself for what it needs.
func (c *cluster) components() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"scheduler": c.schedule,
		"dns":       c.resolve,
		"control":   (&control{place: c.Place, images: c.runtime, log: c.Log}).Run,
	}
}

func (c *cluster) schedule(ctx context.Context) error {
	s, err := scheduler.New(scheduler.Options{
		Config: c.server.ClientConfig("system:kube-scheduler"),
		Logger: c.Log.With("component", "scheduler"),
	})
	if err != nil {
		return err
	}
	return s.Run(ctx)
}

func (c *cluster) resolve(ctx context.Context) error {
	server, err := dns.New(dns.Options{
		Config:        c.server.ClientConfig("system:dns"),
		ListenAddr:    netip.AddrPortFrom(c.NodeIP, 53),
		ServiceIP:     c.serviceIP(10),
		NodeName:      c.NodeName,
		ClusterDomain: clusterDomain,
		ResolvConf:    "/etc/resolv.conf",
		Logger:        c.Log.With("component", "dns"),
	})
	if err != nil {
		return err
	}
	return server.Run(ctx)
}
