package dns

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"
)

// sockets are the two ends at which questions arrive.
type sockets struct {
	udp net.PacketConn
	tcp net.Listener
}

func listen(ctx context.Context, address netip.AddrPort) (*sockets, error) {
	var config net.ListenConfig
	udp, err := config.ListenPacket(ctx, "udp", address.String())
	if err != nil {
		return nil, fmt.Errorf("listen for DNS questions: %w", err)
	}
	tcp, err := config.Listen(ctx, "tcp", address.String())
	if err != nil {
		_ = udp.Close()
		return nil, fmt.Errorf("listen for DNS questions: %w", err)
	}
	return &sockets{udp: udp, tcp: tcp}, nil
}

// serve answers until ctx ends, and finishes the questions that have begun.
func (s *sockets) serve(ctx context.Context, handler dns.Handler) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, server := range []*dns.Server{
		{PacketConn: s.udp, Handler: handler, UDPSize: dns.DefaultMsgSize},
		{Listener: s.tcp, Handler: handler},
	} {
		started, ended := make(chan struct{}), make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		group.Go(func() error {
			defer close(ended)
			if err := server.ActivateAndServe(); err != nil && ctx.Err() == nil {
				return fmt.Errorf("serve DNS: %w", err)
			}
			return nil
		})
		group.Go(func() error {
			<-ctx.Done()
			select {
			case <-started:
				_ = server.Shutdown()
			case <-ended:
			}
			return nil
		})
	}
	return group.Wait()
}

func (s *sockets) close() {
	_ = s.udp.Close()
	_ = s.tcp.Close()
}
