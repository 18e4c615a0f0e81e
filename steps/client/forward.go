package client

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// Forward is a local port whose connections end in a Pod.
type Forward struct {
	Local uint16
	stop  chan struct{}
	done  chan error
}

// Forward opens a free local port that leads to the port of the Pod. Close ends it.
func (u *User) Forward(ctx context.Context, namespace, pod string, port int) (*Forward, error) {
	target := u.podURL(namespace, pod, "portforward", nil)
	// The requests of a dialer carry no context.
	config, err := wire(u.config, u.as, recorderOf(ctx))
	if err != nil {
		return nil, fmt.Errorf("forward a port of pod %q: %w", pod, err)
	}
	roundTripper, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, fmt.Errorf("forward a port of pod %q: %w", pod, err)
	}
	websocket, err := portforward.NewSPDYOverWebsocketDialer(target, config)
	if err != nil {
		return nil, fmt.Errorf("forward a port of pod %q: %w", pod, err)
	}
	dialer := portforward.NewFallbackDialer(websocket, spdy.NewDialer(upgrader, &http.Client{Transport: roundTripper}, http.MethodPost, target), cannotUpgrade)
	f := &Forward{stop: make(chan struct{}), done: make(chan error, 1)}
	ready := make(chan struct{})
	forwarder, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("0:%d", port)}, f.stop, ready, io.Discard, io.Discard)
	if err != nil {
		return nil, fmt.Errorf("forward a port of pod %q: %w", pod, err)
	}
	go func() { f.done <- forwarder.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-f.done:
		return nil, fmt.Errorf("forward a port of pod %q: %w", pod, err)
	case <-ctx.Done():
		close(f.stop)
		return nil, context.Cause(ctx)
	}
	ports, err := forwarder.GetPorts()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("forward a port of pod %q: %w", pod, err)
	}
	f.Local = ports[0].Local
	return f, nil
}

// Close ends the forwarding and waits until it has ended.
func (f *Forward) Close() {
	close(f.stop)
	<-f.done //nolint:errcheck // it was ended on purpose
}
