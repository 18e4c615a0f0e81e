// Package auth decides who sends a request and what the sender may do.
//
//	a, err := auth.New(auth.Options{
//		Flags: flags, ClientCAs: cas, Components: identities, SigningKey: bundle.ServiceAccountKey,
//		Client: loopback, Informers: factory,
//	})
//	config.Authentication.Authenticator = a.Authenticator
//	config.Authentication.APIAudiences = a.Audiences
//	config.Authorization.Authorizer = a.Authorizer
//	config.RuleResolver = a.RuleResolver
//	// after the factory has been started:
//	go a.Run(ctx)
//	err = bootstrap.Ensure(ctx, loopback)
//
// The virtual resources are in package reviews, the default roles in package
// bootstrap, the checks of RBAC objects in rbac.Guard.
package auth

import (
	"context"
	"crypto/ecdsa"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/auth/node"
	"github.com/seatrial/seatrial/reference/apiserver/auth/rbac"
	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

// Options configure New. Client and Informers are required.
type Options struct {
	Flags

	ClientCAs  []dynamiccertificates.CAContentProvider     // of client certificates; none: no client certificates
	Proxies    []*authenticatorfactory.RequestHeaderConfig // authenticating proxies
	Components authenticator.Token                         // bearer tokens of clients in the process; may be nil
	SigningKey *ecdsa.PrivateKey                           // of service account tokens; nil: a key that lives as long as the process

	Client    kubernetes.Interface // in the group system:masters
	Informers informers.SharedInformerFactory
	ServerID  string           // of this API server, in metrics
	Logger    *slog.Logger     // nil: slog.Default()
	Now       func() time.Time // nil: time.Now
}

// Auth is what the API server needs to know its clients.
type Auth struct {
	Authenticator authenticator.Request
	Token         authenticator.Token // of all bearer tokens, for TokenReview
	Audiences     authenticator.Audiences

	Authorizer   authorizer.Authorizer
	RuleResolver authorizer.RuleResolver
	RBAC         *rbac.Authorizer // nil unless RBAC is a mode

	Issuer             *tokens.Issuer
	Objects            tokens.Objects
	MaxTokenExpiration time.Duration

	// ExtendExpiration lets the tokens of pods outlive what they say.
	ExtendExpiration bool

	node *node.Authorizer // nil unless Node is a mode
	runs []func(context.Context) error
}

// New puts the authenticators and authorizers together. It does no requests.
func New(opts Options) (*Auth, error) {
	if err := opts.check(); err != nil {
		return nil, err
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	issuer, keys, err := opts.issuer()
	if err != nil {
		return nil, err
	}
	a := &Auth{
		Issuer: issuer, Objects: tokens.Live(opts.Client), Audiences: opts.APIAudiences,
		MaxTokenExpiration: opts.ServiceAccounts.MaxExpiration, ExtendExpiration: opts.ServiceAccounts.ExtendExpiration != Off,
	}
	if len(a.Audiences) == 0 {
		a.Audiences = keys.Issuers
	}
	if err := a.authentication(opts, keys); err != nil {
		return nil, err
	}
	if err := a.authorization(opts); err != nil {
		return nil, err
	}
	return a, nil
}

// Run keeps what the authenticators and authorizers know up to date until ctx is done.
func (a *Auth) Run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, run := range a.runs {
		group.Go(func() error { return run(ctx) })
	}
	<-ctx.Done()
	return group.Wait()
}
