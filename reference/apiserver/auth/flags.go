package auth

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"
)

// Flags are the flags of the API server about authentication and authorization,
// under upstream's names. The zero value means the defaults of a cluster made by
// kubeadm: RBAC and the node authorizer, bootstrap tokens on, anonymous allowed.
// Source: https://kubernetes.io/docs/reference/command-line-tools-reference/kube-apiserver/
type Flags struct {
	ClientCAFile           string // --client-ca-file
	TokenAuthFile          string // --token-auth-file
	BootstrapTokens        Switch // --enable-bootstrap-token-auth
	Anonymous              Switch // --anonymous-auth
	AuthenticationConfig   string // --authentication-config
	APIAudiences           []string
	OIDC                   OIDCFlags
	RequestHeader          RequestHeaderFlags
	ServiceAccounts        ServiceAccountFlags
	TokenWebhook           string        // --authentication-token-webhook-config-file
	TokenWebhookVersion    string        // --authentication-token-webhook-version; empty: v1beta1
	TokenWebhookCacheTTL   time.Duration // --authentication-token-webhook-cache-ttl; zero: 2 minutes
	Modes                  []string      // --authorization-mode; empty: Node, RBAC
	PolicyFile             string        // --authorization-policy-file
	AuthorizationConfig    string        // --authorization-config
	AuthorizationWebhook   string        // --authorization-webhook-config-file
	WebhookVersion         string        // --authorization-webhook-version; empty: v1beta1
	WebhookAuthorizedTTL   *time.Duration
	WebhookUnauthorizedTTL *time.Duration
}

// OIDCFlags are --oidc-*.
type OIDCFlags struct {
	IssuerURL, ClientID, CAFile   string
	UsernameClaim, UsernamePrefix string // claim empty: sub
	GroupsClaim, GroupsPrefix     string
	RequiredClaims                map[string]string
	SigningAlgs                   []string // empty: RS256
}

// RequestHeaderFlags are --requestheader-*.
type RequestHeaderFlags struct {
	ClientCAFile                                                                 string
	AllowedNames, UsernameHeaders, UIDHeaders, GroupHeaders, ExtraHeaderPrefixes []string
}

// ServiceAccountFlags are --service-account-*.
type ServiceAccountFlags struct {
	Issuers          []string // the first one signs
	JWKSURI          string
	KeyFiles         []string
	SigningKeyFile   string
	MaxExpiration    time.Duration // zero: no limit
	ExtendExpiration Switch
	Lookup           Switch
}

// Switch is a flag that is on, off, or not given.
type Switch uint8

// The values of a Switch.
const (
	Default Switch = iota
	On
	Off
)

// String implements pflag.Value.
func (s *Switch) String() string { return strconv.FormatBool(*s != Off) }

// Set implements pflag.Value.
func (s *Switch) Set(value string) error {
	on, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("%q is neither true nor false", value)
	}
	*s = Off
	if on {
		*s = On
	}
	return nil
}

// Type implements pflag.Value.
func (s *Switch) Type() string { return "bool" }

func (s *Switch) add(f *pflag.FlagSet, name, usage string) {
	f.VarPF(s, name, "", usage).NoOptDefVal = "true"
}

// ttl is a duration that may not be given.
type ttl struct{ at **time.Duration }

func (t ttl) String() string {
	if t.at == nil || *t.at == nil {
		return ""
	}
	return (*t.at).String()
}

func (t ttl) Set(value string) error {
	d, err := time.ParseDuration(value)
	*t.at = &d
	return err
}

func (t ttl) Type() string { return "duration" }

// AddTo adds the flags to f.
func (o *Flags) AddTo(f *pflag.FlagSet) {
	o.addAuthentication(f)
	o.addTokens(f)
	o.addAuthorization(f)
}

func (o *Flags) addAuthentication(f *pflag.FlagSet) {
	f.StringVar(&o.ClientCAFile, "client-ca-file", "", "bundle of CAs whose client certificates are accepted, beside the cluster's own; read again when it changes")
	o.Anonymous.add(f, "anonymous-auth", "let requests without credentials in, as system:anonymous")
	f.StringVar(&o.AuthenticationConfig, "authentication-config", "", "file with an AuthenticationConfiguration; read again when it changes")
	f.StringVar(&o.OIDC.IssuerURL, "oidc-issuer-url", "", "URL of the OpenID issuer, https only")
	f.StringVar(&o.OIDC.ClientID, "oidc-client-id", "", "client ID that all ID tokens must be for")
	f.StringVar(&o.OIDC.CAFile, "oidc-ca-file", "", "CA of the OpenID issuer (default the host's)")
	f.StringVar(&o.OIDC.UsernameClaim, "oidc-username-claim", "sub", "claim that is the user name")
	f.StringVar(&o.OIDC.UsernamePrefix, "oidc-username-prefix", "", "prefix of user names, - for none (default the issuer URL and #, none for claim email)")
	f.StringVar(&o.OIDC.GroupsClaim, "oidc-groups-claim", "", "claim that lists the groups")
	f.StringVar(&o.OIDC.GroupsPrefix, "oidc-groups-prefix", "", "prefix of groups")
	f.StringSliceVar(&o.OIDC.SigningAlgs, "oidc-signing-algs", []string{"RS256"}, "accepted JOSE signing algorithms")
	f.StringToStringVar(&o.OIDC.RequiredClaims, "oidc-required-claim", nil, "claim=value that an ID token must have; may be repeated")
	r := &o.RequestHeader
	f.StringVar(&r.ClientCAFile, "requestheader-client-ca-file", "", "CAs of authenticating proxies, beside the cluster's own")
	f.StringSliceVar(&r.AllowedNames, "requestheader-allowed-names", nil, "common names of authenticating proxies; with --requestheader-client-ca-file empty means any")
	f.StringSliceVar(&r.UsernameHeaders, "requestheader-username-headers", nil, "headers of the user name (default X-Remote-User)")
	f.StringSliceVar(&r.UIDHeaders, "requestheader-uid-headers", nil, "headers of the user's UID (default X-Remote-Uid)")
	f.StringSliceVar(&r.GroupHeaders, "requestheader-group-headers", nil, "headers of groups (default X-Remote-Group)")
	f.StringSliceVar(&r.ExtraHeaderPrefixes, "requestheader-extra-headers-prefix", nil, "prefixes of headers of extra values (default X-Remote-Extra-)")
}

func (o *Flags) addTokens(f *pflag.FlagSet) {
	f.StringVar(&o.TokenAuthFile, "token-auth-file", "", "CSV file of static tokens: token,user,uid,\"group1,group2\"")
	o.BootstrapTokens.add(f, "enable-bootstrap-token-auth", "accept the tokens in Secrets of type bootstrap.kubernetes.io/token in kube-system")
	f.StringVar(&o.TokenWebhook, "authentication-token-webhook-config-file", "", "kubeconfig of a webhook that reviews bearer tokens")
	f.StringVar(&o.TokenWebhookVersion, "authentication-token-webhook-version", "v1beta1", "version of authentication.k8s.io TokenReview to send")
	f.DurationVar(&o.TokenWebhookCacheTTL, "authentication-token-webhook-cache-ttl", webhookCacheTTL, "how long answers of the webhook are used again")
	f.StringSliceVar(&o.APIAudiences, "api-audiences", nil, "audiences of the API (default the service account issuer)")
	s := &o.ServiceAccounts
	f.StringArrayVar(&s.Issuers, "service-account-issuer", nil, "issuer of service account tokens; repeated, the first signs and all are accepted (default https://kubernetes.default.svc.cluster.local)")
	f.StringVar(&s.JWKSURI, "service-account-jwks-uri", "", "URI of the keys in the discovery document (default below the issuer)")
	f.StringArrayVar(&s.KeyFiles, "service-account-key-file", nil, "PEM keys, RSA or ECDSA, that verify service account tokens, beside the cluster's own; may be repeated")
	f.StringVar(&s.SigningKeyFile, "service-account-signing-key-file", "", "PEM private key that signs service account tokens (default the cluster's own)")
	f.DurationVar(&s.MaxExpiration, "service-account-max-token-expiration", 0, "longest lifetime of a token, 1h to 2^32 s; a longer request gets this one")
	s.ExtendExpiration.add(f, "service-account-extend-token-expiration", "let the tokens of pods live for a year, for clients that read them once")
	s.Lookup.add(f, "service-account-lookup", "check that the Secret of a legacy token exists")
}

func (o *Flags) addAuthorization(f *pflag.FlagSet) {
	f.StringSliceVar(&o.Modes, "authorization-mode", nil, "authorizers in order: Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny (default Node,RBAC)")
	f.StringVar(&o.AuthorizationConfig, "authorization-config", "", "file with an AuthorizationConfiguration; read again when it changes")
	f.StringVar(&o.PolicyFile, "authorization-policy-file", "", "policy of mode ABAC, one JSON object a line")
	f.StringVar(&o.AuthorizationWebhook, "authorization-webhook-config-file", "", "kubeconfig of the webhook of mode Webhook")
	f.StringVar(&o.WebhookVersion, "authorization-webhook-version", "", "version of authorization.k8s.io SubjectAccessReview to send (default v1beta1)")
	f.Var(ttl{&o.WebhookAuthorizedTTL}, "authorization-webhook-cache-authorized-ttl", "how long allowing answers of the webhook are used again (default 5m)")
	f.Var(ttl{&o.WebhookUnauthorizedTTL}, "authorization-webhook-cache-unauthorized-ttl", "how long other answers of the webhook are used again (default 30s)")
}
