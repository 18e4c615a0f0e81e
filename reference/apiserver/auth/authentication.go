package auth

import (
	"fmt"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/anonymous"
	"k8s.io/apiserver/pkg/authentication/request/bearertoken"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/request/union"
	"k8s.io/apiserver/pkg/authentication/request/websocket"
	"k8s.io/apiserver/pkg/authentication/request/x509"
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

func (a *Auth) authentication(opts Options) error {
	token, err := a.tokenAuthenticator(opts)
	if err != nil {
		return err
	}
	a.Token = token
	var all []authenticator.Request
	if h := opts.RequestHeader; h != nil {
		all = append(all, headerrequest.NewDynamicVerifyOptionsSecure(h.CAContentProvider.VerifyOptions,
			h.AllowedClientNames, h.UsernameHeaders, h.UIDHeaders, h.GroupHeaders, h.ExtraHeaderPrefixes))
	}
	if opts.ClientCA != nil {
		all = append(all, x509.NewDynamic(opts.ClientCA.VerifyOptions, x509.CommonNameUserConversion))
	}
	all = append(all, bearertoken.New(token), websocket.NewProtocolAuthenticator(token))
	a.Authenticator = group.NewAuthenticatedGroupAdder(union.New(all...))
	if !opts.DisableAnonymous {
		// A bad credential is an error, not an anonymous request.
		a.Authenticator = union.NewFailOnError(a.Authenticator, anonymous.NewAuthenticator(nil))
	}
	return nil
}

// tokenAuthenticator knows all bearer tokens.
func (a *Auth) tokenAuthenticator(opts Options) (authenticator.Token, error) {
	var all []authenticator.Token
	if opts.TokenAuthFile != "" {
		file, err := tokenfile.NewCSV(opts.TokenAuthFile)
		if err != nil {
			return nil, fmt.Errorf("read --token-auth-file: %w", err)
		}
		all = append(all, authenticator.WrapAudienceAgnosticToken(a.Audiences, file))
	}
	all = append(all, tokens.NewVerifier(a.Issuer.Keys(), a.Audiences, a.Objects))
	if opts.EnableBootstrapTokens {
		all = append(all, authenticator.WrapAudienceAgnosticToken(a.Audiences, bootstrapTokens{opts.Client, opts.Now}))
	}
	if opts.TokenWebhook != "" {
		config, err := webhook.LoadKubeconfig(opts.TokenWebhook, nil)
		if err != nil {
			return nil, fmt.Errorf("read --authentication-token-webhook-config-file: %w", err)
		}
		hook, err := tokenwebhook.New(config, "v1", a.Audiences, webhook.DefaultRetryBackoffWithInitialDelay(webhookBackoff))
		if err != nil {
			return nil, fmt.Errorf("make token webhook: %w", err)
		}
		all = append(all, cache.New(hook, false, webhookCacheTTL, webhookCacheTTL))
	}
	cached := cache.New(tokenunion.New(all...), true, tokenCacheTTL, 0)
	if opts.Components == nil {
		return cached, nil
	}
	// Looking these up is cheaper than the cache.
	return tokenunion.New(authenticator.WrapAudienceAgnosticToken(a.Audiences, opts.Components), cached), nil
}
