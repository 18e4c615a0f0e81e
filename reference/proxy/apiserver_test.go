//go:build linux

package proxy

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/proxy/conntrack"
	"github.com/seatrial/seatrial/reference/proxy/rules"
)

// signal is a kernel that says when it has what the test waits for.
type signal struct {
	kernel
	networked chan struct{}
}

func (s *signal) Networks(networks []netip.Prefix) error {
	if len(networks) > 0 {
		select {
		case <-s.networked:
		default:
			close(s.networked)
		}
	}
	return nil
}

// TestProxyWorksWithTheRightsOfItsRole runs it against a whole API server, as
// the user that it is in a cluster, with a kernel that is not one.
func TestProxyWorksWithTheRightsOfItsRole(t *testing.T) {
	server := apiservertest.Run(t, apiserver.Options{})
	p, err := New(Options{Config: server.ClientConfig("system:kube-proxy"), NodeName: "node-1", PodCIDR: netip.MustParsePrefix("10.244.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	k := &signal{networked: make(chan struct{})}
	p.open = func() (Backend, error) { return k, nil }
	p.flush = func([]conntrack.Stale) error { return nil }
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	select {
	case <-k.networked: // read from ServiceCIDRs
	case <-ctx.Done():
		t.Error("the service networks were not read")
	}
	if !p.sources.podCache.HasSynced() { // pods of the node may be read
		select {
		case <-p.sources.podCache.HasSyncedChecker().Done():
		case <-ctx.Done():
			t.Fatal("the pods of the node were not read")
		}
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	api := rules.Frontend{IP: netip.MustParseAddr("10.96.0.1"), Protocol: rules.TCP, Port: 443}
	if len(k.have[api].Inside.Backends) != 1 {
		t.Errorf("rules %v, want one backend for the service kubernetes", k.have)
	}
}
