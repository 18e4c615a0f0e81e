//go:build linux

// Package proxy makes the addresses of services work on a node: it turns
// Services, EndpointSlices and the host ports of pods into rules and keeps the
// kernel in step with them.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/proxy/conntrack"
	"github.com/seatrial/seatrial/reference/proxy/nftables"
	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// DefaultTable is the name of the nftables table unless Options say otherwise.
const DefaultTable = "seatrial-proxy"

// Options say which node this is and how to reach the API server.
type Options struct {
	// Config reaches the API server as system:kube-proxy.
	Config *rest.Config
	// Client is used in place of Config when it is set.
	Client kubernetes.Interface
	// NodeName is the node of this proxy.
	NodeName string
	// PodCIDR are the addresses of the pods of all nodes. Only rules of its
	// IP family are put into effect.
	PodCIDR netip.Prefix
	// MasqueradeOutbound gives connections from pods to addresses outside
	// PodCIDR the address of the node.
	MasqueradeOutbound bool
	// Table is the name of the nftables table; empty means DefaultTable.
	Table string
	// Clock defaults to the real one.
	Clock clock.WithTicker
	// Logger defaults to one that discards.
	Logger *slog.Logger
}

// Backend puts rules into effect.
type Backend interface {
	// Replace makes these rules the only ones.
	Replace(all rules.Set) error
	// Apply changes rules. After an error, Replace is called next.
	Apply(change rules.Change) error
	// Networks drops connections to addresses in these networks that have no
	// rule. Replace forgets it.
	Networks(networks []netip.Prefix) error
	// Close takes all rules away.
	Close() error
}

// Proxy keeps the rules of one node. Make one with New, then call Run once.
type Proxy struct {
	options Options
	log     *slog.Logger
	sources *sources
	dirty   *dirty
	claims  *rules.Claims
	open    func() (Backend, error)
	flush   func(stale []conntrack.Stale) error
	ready   chan struct{}
}

// New makes a proxy. Neither the kernel nor the API server is touched yet.
func New(o Options) (*Proxy, error) {
	if o.NodeName == "" || !o.PodCIDR.IsValid() {
		return nil, errors.New("make proxy: NodeName and PodCIDR are needed")
	}
	if o.Client == nil {
		client, err := newClient(o.Config)
		if err != nil {
			return nil, fmt.Errorf("make client of proxy: %w", err)
		}
		o.Client = client
	}
	if o.Table == "" {
		o.Table = DefaultTable
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Proxy{
		options: o,
		log:     o.Logger,
		dirty:   newDirty(),
		claims:  rules.NewClaims(),
		flush:   conntrack.Flush,
		ready:   make(chan struct{}),
	}
	p.open = func() (Backend, error) {
		return nftables.New(nftables.Options{Table: o.Table, PodCIDR: o.PodCIDR, MasqueradeOutbound: o.MasqueradeOutbound})
	}
	var err error
	p.sources, err = newSources(o.Client, o.NodeName, p.dirty)
	return p, err
}

// Run keeps the rules until ctx ends, and then takes them away.
func (p *Proxy) Run(ctx context.Context) (err error) {
	backend, err := p.open()
	if err != nil {
		return fmt.Errorf("start proxy: %w", err)
	}
	defer func() { err = errors.Join(err, backend.Close()) }()
	p.allowLocalhost()
	ctx, cancel := context.WithCancel(ctx)
	defer func() {
		cancel()
		p.sources.wait()
	}()
	if err := p.sources.start(ctx); err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // ctx ended, as asked for
		}
		return err
	}
	p.keep(ctx, backend)
	return nil
}

// Ready waits until the rules of all services are in effect.
func (p *Proxy) Ready(ctx context.Context) error {
	select {
	case <-p.ready:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for proxy: %w", ctx.Err())
	}
}

// keep brings the backend up to date after every change; changes that come
// while it is busy are put together. When the backend fails, everything is
// written anew after a pause.
func (p *Proxy) keep(ctx context.Context, backend Backend) {
	const first, last = 100 * time.Millisecond, 30 * time.Second
	pause, whole := first, true
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.dirty.signal:
		}
		change, err := p.sync(backend, whole)
		if err == nil {
			pause = first
			if whole {
				whole = false
				p.markReady()
			}
			if err := p.flush(stale(change)); err != nil {
				p.log.Warn("old UDP flows not ended", "err", err)
			}
			continue
		}
		whole = true
		p.log.Error("rules not in effect, trying again", "pause", pause, "err", err)
		select {
		case <-ctx.Done():
			return
		case <-p.options.Clock.After(pause):
			pause = min(2*pause, last)
			p.dirty.notify()
		}
	}
}

// sync computes the rules of what has changed and puts them into effect.
func (p *Proxy) sync(backend Backend, whole bool) (rules.Change, error) {
	start := p.options.Clock.Now()
	owners, networks := map[string]rules.Set{}, whole
	for owner := range p.dirty.take() {
		if owner.kind == kindNetwork {
			networks = true
		} else {
			owners[owner.String()] = p.sources.rules(owner)
		}
	}
	change := p.claims.Replace(owners)
	var err error
	switch {
	case whole:
		err = backend.Replace(p.claims.All())
	case !change.Empty():
		err = backend.Apply(change)
	}
	if networks && err == nil {
		err = backend.Networks(p.sources.serviceNetworks())
	}
	p.log.Debug("rules changed", "put", len(change.Put), "removed", len(change.Remove), "whole", whole,
		"took", p.options.Clock.Since(start))
	return change, err
}

func (p *Proxy) markReady() {
	select {
	case <-p.ready:
	default:
		close(p.ready)
		p.log.Info("proxy started", "node", p.options.NodeName, "table", p.options.Table)
	}
}

// allowLocalhost lets connections from 127.0.0.1 to host ports and node ports
// leave for the pod. The backend keeps 127.0.0.0/8 closed to other hosts.
func (p *Proxy) allowLocalhost() {
	const setting = "/proc/sys/net/ipv4/conf/all/route_localnet"
	if err := os.WriteFile(setting, []byte("1"), 0o600); err != nil {
		p.log.Warn("host ports do not work on 127.0.0.1", "err", err)
	}
}

// stale returns the UDP flows that the change leaves behind: the kernel would
// keep sending them to backends that are gone.
func stale(change rules.Change) []conntrack.Stale {
	var flows []conntrack.Stale
	add := func(f rules.Frontend, now rules.Rule) {
		if f.Protocol == rules.UDP {
			flows = append(flows, conntrack.Stale{Frontend: f, Valid: now.Backends()})
		}
	}
	for f, rule := range change.Put {
		add(f, rule)
	}
	for _, f := range change.Remove {
		add(f, rules.Rule{})
	}
	return flows
}

func newClient(config *rest.Config) (kubernetes.Interface, error) {
	if config == nil {
		return nil, errors.New("no rest.Config")
	}
	config = rest.CopyConfig(config)
	config.QPS = -1
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	return kubernetes.NewForConfig(config)
}
