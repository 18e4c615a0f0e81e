//go:build linux

// Package routes lets a node reach the pods of other nodes: one route per
// node, to its pod addresses by way of its internal address. It is for nodes
// that share a network segment.
package routes

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corev1listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/utils/clock"
)

// Options say which node this is and how to reach the API server.
type Options struct {
	// Config reaches the API server with the right to watch nodes.
	Config *rest.Config
	// Client is used in place of Config when it is set.
	Client kubernetes.Interface
	// NodeName is the node that gets no route, since it is this one.
	NodeName string
	// Clock defaults to the real one.
	Clock clock.WithTicker
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Controller keeps the routes. Make one with New, then call Run once.
type Controller struct {
	options Options
	log     *slog.Logger
	factory informers.SharedInformerFactory
	nodes   corev1listers.NodeLister
	seen    cache.ResourceEventHandlerRegistration
	changed chan struct{}
	apply   func(want map[netip.Prefix]netip.Addr) error
}

// New makes a controller. Neither the kernel nor the API server is touched yet.
func New(o Options) (*Controller, error) {
	if o.NodeName == "" {
		return nil, errors.New("make route controller: NodeName is needed")
	}
	if o.Client == nil {
		if o.Config == nil {
			return nil, errors.New("make route controller: no rest.Config")
		}
		client, err := kubernetes.NewForConfig(o.Config)
		if err != nil {
			return nil, fmt.Errorf("make client of route controller: %w", err)
		}
		o.Client = client
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Controller{options: o, log: o.Logger, changed: make(chan struct{}, 1), apply: apply}
	c.factory = informers.NewSharedInformerFactoryWithOptions(o.Client, 0, informers.WithTransform(trim))
	informer := c.factory.Core().V1().Nodes()
	c.nodes = informer.Lister()
	var err error
	c.seen, err = informer.Informer().AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(any) { c.notify() },
		UpdateFunc: func(any, any) { c.notify() },
		DeleteFunc: func(any) { c.notify() },
	})
	if err != nil {
		return nil, fmt.Errorf("watch nodes: %w", err)
	}
	return c, nil
}

// Run lets the node forward packets and keeps the routes until ctx ends.
// Routes stay when it ends: pods go on.
func (c *Controller) Run(ctx context.Context) error {
	if err := Forward(); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		c.factory.Shutdown()
	}()
	c.factory.StartWithContext(ctx)
	if !cache.WaitFor(ctx, "", c.seen.HasSyncedChecker()) {
		return nil
	}
	c.keep(ctx)
	return nil
}

// keep applies the routes after each change; what fails is tried again.
func (c *Controller) keep(ctx context.Context) {
	const pause = time.Second
	var done map[netip.Prefix]netip.Addr
	c.notify()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.changed:
		}
		nodes, err := c.nodes.List(labels.Everything())
		if err != nil {
			c.log.Error("nodes not listed", "err", err)
			continue
		}
		want := plan(nodes, c.options.NodeName)
		if done != nil && same(done, want) {
			continue
		}
		if err := c.apply(want); err != nil {
			done = nil
			c.log.Warn("routes not set, trying again", "err", err)
			select {
			case <-ctx.Done():
				return
			case <-c.options.Clock.After(pause):
				c.notify()
			}
			continue
		}
		done = want
		c.log.Info("routes set", "count", len(want))
	}
}

func (c *Controller) notify() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// plan returns the way to the pods of every other node that has both pod
// addresses and an internal address of the same family.
func plan(nodes []*corev1.Node, self string) map[netip.Prefix]netip.Addr {
	want := map[netip.Prefix]netip.Addr{}
	for _, node := range nodes {
		if node.Name == self {
			continue
		}
		for _, cidr := range podCIDRs(node) {
			prefix, err := netip.ParsePrefix(cidr)
			if err != nil {
				continue // validation lets no such value through
			}
			for _, address := range node.Status.Addresses {
				ip, err := netip.ParseAddr(address.Address)
				if address.Type == corev1.NodeInternalIP && err == nil && ip.Is4() == prefix.Addr().Is4() {
					want[prefix.Masked()] = ip
					break
				}
			}
		}
	}
	return want
}

func podCIDRs(node *corev1.Node) []string {
	if len(node.Spec.PodCIDRs) > 0 {
		return node.Spec.PodCIDRs
	}
	if node.Spec.PodCIDR != "" {
		return []string{node.Spec.PodCIDR}
	}
	return nil
}

func same(a, b map[netip.Prefix]netip.Addr) bool {
	if len(a) != len(b) {
		return false
	}
	for prefix, ip := range a {
		if b[prefix] != ip {
			return false
		}
	}
	return true
}

// Forward makes the kernel forward packets between pods and other hosts, and
// accept packets on routes that are not the shortest way back.
func Forward() error {
	for setting, value := range map[string]string{
		"net/ipv4/ip_forward":         "1",
		"net/ipv4/conf/all/rp_filter": "0",
	} {
		path := "/proc/sys/" + setting
		if have, err := os.ReadFile(path); err == nil && string(have) == value+"\n" {
			continue // it may be read-only, as in a container, but right
		}
		if err := os.WriteFile(path, []byte(value), 0o600); err != nil {
			return fmt.Errorf("set %s to %s: %w", setting, value, err)
		}
	}
	return nil
}

// trim drops what is never read and what is large.
func trim(object any) (any, error) {
	if accessor, err := meta.Accessor(object); err == nil {
		accessor.SetManagedFields(nil)
	}
	if node, ok := object.(*corev1.Node); ok {
		node.Status.Images = nil
	}
	return object, nil
}
