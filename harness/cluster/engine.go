package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/moby/moby/client"
)

// answerBound is how long an engine may take to answer at all.
const answerBound = 5 * time.Second

// engine is a Docker engine that has answered.
type engine struct{ *client.Client }

// connect finds the Docker engine of $DOCKER_HOST, else of docker's current
// context, else at the usual socket.
func connect(ctx context.Context) (*engine, error) {
	options := []client.Opt{client.FromEnv}
	if host := contextHost(); host != "" {
		options = append(options, client.WithHost(host))
	}
	c, err := client.New(options...)
	if err != nil {
		return nil, &UnavailableError{"docker", err.Error()}
	}
	bounded, cancel := context.WithTimeout(ctx, answerBound)
	defer cancel()
	if _, err := c.Ping(bounded, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		_ = c.Close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, &UnavailableError{"docker", noAnswer(err, c.DaemonHost())}
	}
	return &engine{c}, nil
}

// noAnswer says in one line why an engine cannot be used.
func noAnswer(err error, host string) string {
	refused := !client.IsErrConnectionFailed(err) && !errors.Is(err, context.DeadlineExceeded) // by an engine that answers
	if refused || strings.Contains(err.Error(), "permission denied") {
		return err.Error()
	}
	return fmt.Sprintf("no Docker engine answers at %s; start it or set DOCKER_HOST", host)
}

func (e *engine) close() { _ = e.Close() }

// requireLocal fails where 127.0.0.1 of the engine, on which the API is
// published, is not that of this machine.
func requireLocal(daemonHost string) error {
	address, err := url.Parse(daemonHost)
	if err != nil {
		return &UnavailableError{"docker", err.Error()}
	}
	host := address.Hostname()
	if address.Scheme == "unix" || address.Scheme == "npipe" || host == "localhost" {
		return nil
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsLoopback() {
		return nil
	}
	return &UnavailableError{"docker", fmt.Sprintf("the engine at %s is on another machine, whose 127.0.0.1 has the API; run seatrial there", daemonHost)}
}
