package auth

import (
	"fmt"
	"time"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/websocket"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	tokenunion "k8s.io/apiserver/pkg/authentication/token/union"
	"k8s.io/apiserver/pkg/util/webhook"
	tokenwebhook "k8s.io/apiserver/plugin/pkg/authenticator/token/webhook"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

const (
	tokenCacheTTL   = 10 * time.Second // how long a token outlives what it is bound to, at most
	webhookCacheTTL = 2 * time.Minute  // --authentication-token-webhook-cache-ttl
	webhookBackoff  = 500 * time.Millisecond
)

func (a *Auth) authentication(opts Options, keys tokens.Keys) error {
	jwt, err := newJWT(opts, keys.Issuers)
	if err != nil {
		return err
	}
	if jwt != nil {
		a.runs = append(a.runs, jwt.run)
	}
	anonymousConfig, err := anonymousOf(opts, jwt)
	if err != nil {
		return err
	}
	token, err := a.tokenAuthenticator(opts, keys, jwt)
	if err != nil {
		return err
	}
	var all []authenticator.Request
	a.Token = token
	if opts.Components != nil {
		// First, and without the cache: looking these up is cheaper.
		own := authenticator.WrapAudienceAgnosticToken(a.Audiences, opts.Components)
		all = append(all, bearertoken.New(own))
		a.Token = tokenunion.New(own, token)
	}
	for _, h := range opts.Proxies {
		all = append(all, headerrequest.NewDynamicVerifyOptionsSecure(h.CAContentProvider.VerifyOptions,
			h.AllowedClientNames, h.UsernameHeaders, h.UIDHeaders, h.GroupHeaders, h.ExtraHeaderPrefixes))
	}
	for _, ca := range opts.ClientCAs {
		all = append(all, newCertificates(ca.VerifyOptions, opts.Now))
	}
	all = append(all, bearertoken.New(token), websocket.NewProtocolAuthenticator(token))
	a.Authenticator = group.NewAuthenticatedGroupAdder(union.New(all...))
	if anonymousConfig.Enabled {
		// A bad credential is an error, not an anonymous request.
		a.Authenticator = union.NewFailOnError(a.Authenticator, anonymous.NewAuthenticator(anonymousConfig.Conditions))
	}
	return nil
}

// anonymousOf says which requests need no credentials: by the structured
// configuration or by the flag, not by both.
func anonymousOf(opts Options, jwt *jwtAuthenticator) (apiserver.AnonymousAuthConfig, error) {
	if jwt == nil || jwt.initial.Anonymous == nil {
		return apiserver.AnonymousAuthConfig{Enabled: opts.Anonymous != Off}, nil
	}
	if opts.Anonymous != Default {
		return apiserver.AnonymousAuthConfig{}, fmt.Errorf(
			"read --authentication-config: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file")
	}
	return *jwt.initial.Anonymous, nil
}

// tokenAuthenticator knows all bearer tokens but those of components.
func (a *Auth) tokenAuthenticator(opts Options, keys tokens.Keys, jwt *jwtAuthenticator) (authenticator.Token, error) {
	var all []authenticator.Token
	if opts.TokenAuthFile != "" {
		file, err := tokenfile.NewCSV(opts.TokenAuthFile)
		if err != nil {
			return nil, fmt.Errorf("read --token-auth-file: %w", err)
		}
		all = append(all, authenticator.WrapAudienceAgnosticToken(a.Audiences, file))
	}
	all = append(all, tokens.NewVerifier(keys, a.Audiences, a.Objects))
	if opts.BootstrapTokens != Off {
		all = append(all, authenticator.WrapAudienceAgnosticToken(a.Audiences, bootstrapTokens{opts.Client, opts.Now}))
	}
	if jwt != nil {
		all = append(all, authenticator.WrapAudienceAgnosticToken(a.Audiences, jwt))
	}
	if opts.TokenWebhook != "" {
		hook, err := a.tokenWebhook(&opts.Flags)
		if err != nil {
			return nil, err
		}
		all = append(all, hook)
	}
	return cache.New(tokenunion.New(all...), true, tokenCacheTTL, 0), nil
}

func (a *Auth) tokenWebhook(flags *Flags) (authenticator.Token, error) {
	config, err := webhook.LoadKubeconfig(flags.TokenWebhook, nil)
	if err != nil {
		return nil, fmt.Errorf("read --authentication-token-webhook-config-file: %w", err)
	}
	version := flags.TokenWebhookVersion
	if version == "" {
		version = "v1beta1"
	}
	hook, err := tokenwebhook.New(config, version, a.Audiences, webhook.DefaultRetryBackoffWithInitialDelay(webhookBackoff))
	if err != nil {
		return nil, fmt.Errorf("make token webhook: %w", err)
	}
	lifetime := flags.TokenWebhookCacheTTL
	if lifetime == 0 {
		lifetime = webhookCacheTTL
	}
	return cache.New(hook, false, lifetime, lifetime), nil
}
