// Package client is the kit's view of the cluster under test: what kinds it serves, and requests, commands and connections made as a
// given user. Nothing here knows about scenarios.
package client

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"

	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
)

// userAgent names the kit to the cluster. It is also the field manager of plain writes.
const userAgent = "seatrial"

// Cluster is the cluster under test, seen with the rights of the kubeconfig. It may be shared by all scenarios.
type Cluster struct {
	*User
	Dynamic dynamic.Interface
	Kinds   *Kinds
	Images  Images
}

// User makes requests with one identity.
type User struct {
	// Name is how messages call the identity.
	Name   string
	config *rest.Config
	as     string // for recorders: empty for the user of the kubeconfig, who may impersonate
	http   *http.Client
	base   *url.URL
	waits  *atomic.Int64
}

// Open prepares the clients. It sends no request.
func Open(config *rest.Config, images Images) (*Cluster, error) {
	own := rest.CopyConfig(config)
	own.QPS, own.Burst = -1, -1
	own.UserAgent = userAgent
	own.WarningHandlerWithContext = rest.NoWarnings{}
	user, err := newUser("the user of the kubeconfig", "", own, &atomic.Int64{})
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfigAndClient(own, user.http)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	disco, err := discovery.NewDiscoveryClientForConfigAndClient(own, user.http)
	if err != nil {
		return nil, fmt.Errorf("make client: %w", err)
	}
	return &Cluster{User: user, Dynamic: dyn, Kinds: &Kinds{discovery: disco}, Images: images}, nil
}

func newUser(name, as string, config *rest.Config, waits *atomic.Int64) (*User, error) {
	wired, err := wire(config, as, nil)
	if err != nil {
		return nil, fmt.Errorf("make client of %s: %w", name, err)
	}
	httpClient, err := rest.HTTPClientFor(wired)
	if err != nil {
		return nil, fmt.Errorf("make client of %s: %w", name, err)
	}
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("make client of %s: %w", name, err)
	}
	paced := *httpClient // never the shared http.DefaultClient
	paced.Transport = &pace{next: httpClient.Transport, waits: waits}
	return &User{Name: name, config: config, as: as, http: &paced, base: base, waits: waits}, nil
}

// Impersonate returns a user whose requests the cluster takes as those of the given name and groups.
func (u *User) Impersonate(name string, groups ...string) (*User, error) {
	config := rest.CopyConfig(u.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: name, Groups: groups}
	return newUser(fmt.Sprintf("user %q", name), u.as, config, u.waits)
}

// WithToken returns a user that authenticates with nothing but the bearer token. The empty token makes anonymous requests.
func (u *User) WithToken(name, token string) (*User, error) {
	config := rest.AnonymousClientConfig(u.config)
	config.BearerToken = token
	config.QPS, config.Burst = -1, -1
	config.UserAgent = userAgent
	return newUser(name, name, config, u.waits)
}

// Alive reports whether the API server answers at all: any answer but a server error counts, since /readyz may be closed to this user.
func (u *User) Alive(ctx context.Context) error {
	answer, err := u.Send(ctx, Request{Method: http.MethodGet, Path: "/readyz"})
	if err != nil {
		return err
	}
	if answer.Code >= http.StatusInternalServerError {
		return fmt.Errorf("/readyz answers %d: %.100s", answer.Code, answer.Body)
	}
	return nil
}

// Host is the address of the API server.
func (u *User) Host() string { return u.base.String() }
