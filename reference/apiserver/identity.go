package apiserver

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/inprocess"
)

// identities are the clients in this process: each has a bearer token that
// lives as long as the process.
type identities struct {
	transport *inprocess.Transport

	mu     sync.RWMutex
	tokens map[string]*user.DefaultInfo
}

func newIdentities() *identities {
	return &identities{transport: inprocess.NewTransport(), tokens: map[string]*user.DefaultInfo{}}
}

// AuthenticateToken implements authenticator.Token.
func (i *identities) AuthenticateToken(_ context.Context, token string) (*authenticator.Response, bool, error) {
	i.mu.RLock()
	defer i.mu.RUnlock()
	u, ok := i.tokens[token]
	if !ok {
		return nil, false, nil
	}
	return &authenticator.Response{User: u}, true, nil
}

// clientConfig makes a client configuration for a new token of the user.
func (i *identities) clientConfig(name string, groups ...string) *rest.Config {
	token := rand.Text()
	i.mu.Lock()
	i.tokens[token] = &user.DefaultInfo{Name: name, Groups: groups}
	i.mu.Unlock()
	return i.configFor(name, token)
}

func (i *identities) configFor(name, token string) *rest.Config {
	return &rest.Config{
		Host:        inprocess.Host,
		Transport:   i.transport,
		BearerToken: token,
		UserAgent:   userAgent(name),
		QPS:         -1,
		// Components mean to use what they use, Endpoints among them.
		WarningHandlerWithContext: rest.NoWarnings{},
		ContentConfig: rest.ContentConfig{
			ContentType:        "application/vnd.kubernetes.protobuf",
			AcceptContentTypes: "application/vnd.kubernetes.protobuf,application/json",
		},
	}
}

// userAgent names the component behind a user: the part before the slash
// becomes the field manager of what it writes.
func userAgent(name string) string {
	component := strings.TrimPrefix(name, "system:")
	if strings.HasPrefix(component, "node:") {
		component = "kubelet"
	}
	return strings.ReplaceAll(component, ":", "-") + "/" + Version
}
