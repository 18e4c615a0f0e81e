//go:build linux

package cluster

import (
	"context"
	"crypto/x509"
	"net/netip"
	"path/filepath"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
	"github.com/seatrial/seatrial/reference/controllers"
	"github.com/seatrial/seatrial/reference/controllers/localvolume"
	"github.com/seatrial/seatrial/reference/dns"
	"github.com/seatrial/seatrial/reference/kubelet"
	"github.com/seatrial/seatrial/reference/pki"
	"github.com/seatrial/seatrial/reference/proxy"
	"github.com/seatrial/seatrial/reference/proxy/routes"
	"github.com/seatrial/seatrial/reference/scheduler"
)

// components are what talks to the API server, by name. All run side by side:
// each waits by itself for what it needs.
func (c *cluster) components() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"controllers": c.control,
		"scheduler":   c.schedule,
		"proxy":       c.forward,
		"routes":      c.route,
		"dns":         c.resolve,
		"kubelet":     c.runNode,
		"role":        c.markNode,
		"images":      (&control{place: c.Place, images: c.runtime, log: c.Log}).Run,
	}
}

func (c *cluster) control(ctx context.Context) error {
	issuer, err := tokens.NewIssuer(tokens.IssuerOptions{Key: c.bundle.ServiceAccountKey})
	if err != nil {
		return err
	}
	all, err := controllers.New(controllers.Options{
		Config:       c.server.ClientConfig("system:kube-controller-manager"),
		RootCA:       c.bundle.CA.PEM(),
		PodCIDR:      podNetwork,
		Tokens:       issuer,
		Authority:    c.bundle.CA,
		LocalVolumes: &localvolume.Options{NodeName: c.NodeName, Dir: filepath.Join(c.Place.DataDir, "volumes")},
		Logger:       c.Log.With("component", "controllers"),
	})
	if err != nil {
		return err
	}
	return all.Run(ctx)
}

func (c *cluster) forward(ctx context.Context) error {
	p, err := proxy.New(proxy.Options{
		Config:             c.server.ClientConfig("system:kube-proxy"),
		NodeName:           c.NodeName,
		PodCIDR:            podNetwork,
		MasqueradeOutbound: true,
		Logger:             c.Log.With("component", "proxy"),
	})
	if err != nil {
		return err
	}
	return p.Run(ctx)
}

func (c *cluster) route(ctx context.Context) error {
	r, err := routes.New(routes.Options{
		Config:   c.server.ClientConfig("system:kube-proxy"),
		NodeName: c.NodeName,
		Logger:   c.Log.With("component", "routes"),
	})
	if err != nil {
		return err
	}
	return r.Run(ctx)
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

func (c *cluster) runNode(ctx context.Context) error {
	serving, err := c.bundle.CA.Issue(pki.Request{
		CommonName:    "system:node:" + c.NodeName,
		Organizations: []string{"system:nodes"},
		Hosts:         []string{c.NodeName, c.NodeIP.String()},
		Usages:        []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return err
	}
	k, err := kubelet.New(kubelet.Options{
		NodeName:      c.NodeName,
		NodeIP:        c.NodeIP.String(),
		Config:        c.server.ClientConfig("system:node:"+c.NodeName, "system:nodes"),
		CRI:           c.runtime.Conn(),
		RootDir:       filepath.Join(c.Place.DataDir, "kubelet"),
		LogDir:        filepath.Join(c.Place.DataDir, "logs"),
		ManifestDir:   filepath.Join(c.Place.DataDir, "manifests"),
		CgroupRoot:    c.CgroupRoot,
		ClusterDNS:    []string{c.serviceIP(10).String()},
		ClusterDomain: clusterDomain,
		PodCIDR:       c.PodCIDR.String(),
		Certificate:   serving.TLS(),
		ClientCA:      c.bundle.CA.PEM(),
		Log:           c.Log,
	})
	if err != nil {
		return err
	}
	return k.Run(ctx)
}
