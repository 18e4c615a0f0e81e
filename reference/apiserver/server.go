// Package apiserver serves the Kubernetes API: the built-in resources of the
// table in reference/api, custom resources, and extension API servers behind
// the aggregator, on etcd.
package apiserver

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/inprocess"
	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// Server is an API server. Make it with New, then Run it.
type Server struct {
	options  Options
	ids      *identities
	backend  *storage.Backend
	builtIn  *genericapiserver.GenericAPIServer
	handler  http.Handler
	run      func(context.Context) error
	stopOnce sync.Once

	stopEncryption func()
}

// New puts the server together. Nothing is served before Run; requests of
// clients in the process wait for it.
func New(ctx context.Context, o Options) (*Server, error) {
	if err := o.complete(); err != nil {
		return nil, err
	}
	s := &Server{options: o, ids: newIdentities()}
	if err := s.build(ctx); err != nil {
		s.stop()
		return nil, fmt.Errorf("make API server: %w", err)
	}
	return s, nil
}

// Run serves until ctx ends and all requests have been answered.
func (s *Server) Run(ctx context.Context) error {
	defer s.stop()
	s.ids.transport.Serve(s.handler)
	if err := s.run(ctx); err != nil {
		return fmt.Errorf("run API server: %w", err)
	}
	return nil
}

func (s *Server) stop() {
	s.stopOnce.Do(func() {
		s.ids.transport.Close()
		for _, l := range s.options.Listeners {
			_ = l.Close()
		}
		if s.backend != nil {
			s.backend.Stop()
			s.stopEncryption()
		}
	})
}

// readyInterval is how often Ready asks: the library has no signal for it.
const readyInterval = 5 * time.Millisecond

// Ready waits until /readyz says yes: the resources are served, the bootstrap
// objects are written. The error names the checks that still fail.
func (s *Server) Ready(ctx context.Context) error {
	client, err := rest.HTTPClientFor(s.ids.clientConfig("system:apiserver-ready", "system:masters"))
	if err != nil {
		return fmt.Errorf("wait for API server: %w", err)
	}
	tick := time.NewTicker(readyInterval)
	defer tick.Stop()
	for {
		last := askReady(ctx, client)
		if last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for API server: %w: %w", ctx.Err(), last)
		case <-tick.C:
		}
	}
}

// ClientConfig returns a configuration for a component in this process, which
// acts as user component with the given groups (system:authenticated is added).
// Calls go to the handler directly, without a socket; they work from the moment
// Run is called and wait until then. The configuration may be copied and
// changed but for Host, Transport and BearerToken.
func (s *Server) ClientConfig(component string, groups ...string) *rest.Config {
	return s.ids.clientConfig(component, groups...)
}

// askReady returns nil when the server is ready, else what is not.
func askReady(ctx context.Context, c *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, inprocess.Host+"/readyz", nil)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	var failing []string
	for line := range strings.Lines(string(body)) {
		if check, ok := strings.CutPrefix(line, "[-]"); ok {
			failing = append(failing, strings.Fields(check)[0])
		}
	}
	return fmt.Errorf("not ready: %s", strings.Join(failing, ", "))
}
