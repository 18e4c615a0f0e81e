// Package auth decides who sends a request and what the sender may do.
//
//	a, err := auth.New(auth.Options{
//		ClientCA: ca, Components: identities, SigningKey: bundle.ServiceAccountKey,
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
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"time"

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

// Options configure New. Client and Informers are required. The flags are those
// of the API server upstream.
type Options struct {
	// Authentication.
	ClientCA      dynamiccertificates.CAContentProvider     // --client-ca-file; nil: no client certificates
	RequestHeader *authenticatorfactory.RequestHeaderConfig // --requestheader-*; nil: no authenticating proxy
	Components    authenticator.Token                       // bearer tokens of clients in the process; may be nil
	TokenAuthFile string                                    // --token-auth-file
	TokenWebhook  string                                    // --authentication-token-webhook-config-file

	EnableBootstrapTokens bool // --enable-bootstrap-token-auth
	DisableAnonymous      bool // --anonymous-auth=false

	// Service account tokens.
	SigningKey         *ecdsa.PrivateKey // --service-account-signing-key-file; nil: a key that lives as long as the process
	Issuer             string            // --service-account-issuer; empty: tokens.DefaultIssuer
	JWKSURI            string            // --service-account-jwks-uri
	Audiences          []string          // --api-audiences; empty: the issuer
	MaxTokenExpiration time.Duration     // --service-account-max-token-expiration; zero: no limit

	// Authorization.
	Modes                []string // --authorization-mode; empty: Node, RBAC
	PolicyFile           string   // --authorization-policy-file, for ABAC
	AuthorizationWebhook string   // --authorization-webhook-config-file

	Client    kubernetes.Interface // in the group system:masters
	Informers informers.SharedInformerFactory
	Now       func() time.Time // nil: time.Now
}

// Auth is what the API server needs to know its clients.
type Auth struct {
	Authenticator authenticator.Request
	Token         authenticator.Token // of all bearer tokens, for TokenReview
	Audiences     authenticator.Audiences
	RequestHeader *authenticatorfactory.RequestHeaderConfig

	Authorizer   authorizer.Authorizer
	RuleResolver authorizer.RuleResolver
	RBAC         *rbac.Authorizer // nil unless RBAC is a mode

	Issuer             *tokens.Issuer
	Objects            tokens.Objects
	MaxTokenExpiration time.Duration

	node *node.Authorizer // nil unless Node is a mode
}

// New puts the authenticators and authorizers together. It does no requests.
func New(opts Options) (*Auth, error) {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.SigningKey == nil {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			return nil, fmt.Errorf("make service account key: %w", err)
		}
		opts.SigningKey = k
	}
	issuer, err := tokens.NewIssuer(tokens.IssuerOptions{Issuer: opts.Issuer, JWKSURI: opts.JWKSURI, Key: opts.SigningKey, Now: opts.Now})
	if err != nil {
		return nil, err
	}
	a := &Auth{
		Issuer: issuer, Objects: tokens.Live(opts.Client), Audiences: opts.Audiences,
		RequestHeader: opts.RequestHeader, MaxTokenExpiration: opts.MaxTokenExpiration,
	}
	if len(a.Audiences) == 0 {
		a.Audiences = []string{issuer.Name()}
	}
	if err := a.authentication(opts); err != nil {
		return nil, err
	}
	if err := a.authorization(opts); err != nil {
		return nil, err
	}
	return a, nil
}

// Run keeps what the authorizers know up to date until ctx is done.
func (a *Auth) Run(ctx context.Context) error {
	if a.node != nil {
		return a.node.Run(ctx)
	}
	<-ctx.Done()
	return nil
}
