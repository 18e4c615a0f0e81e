package auth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/token/tokenfile"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
	"github.com/seatrial/seatrial/reference/pki"
)

func build(t *testing.T, opts auth.Options) *auth.Auth {
	t.Helper()
	apiservertest.HoldLog(t) // what the library says of webhooks
	if opts.Client == nil {
		opts.Client = fake.NewClientset()
	}
	opts.Informers = informers.NewSharedInformerFactory(opts.Client, 0)
	a, err := auth.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func bearer(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/api", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

func write(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEachWayToAuthenticate(t *testing.T) {
	bundle, err := pki.Ensure(filepath.Join(t.TempDir(), "pki"), pki.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ca, err := dynamiccertificates.NewStaticCAContent("ca", bundle.CA.PEM())
	if err != nil {
		t.Fatal(err)
	}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "blue", Name: "bot", UID: "1"}}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	joining := func(id, expiration string) *corev1.Secret {
		return &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "bootstrap-token-" + id}, Type: corev1.SecretTypeBootstrapToken,
			Data: map[string][]byte{
				"token-id": []byte(id), "token-secret": []byte("0123456789abcdef"), "expiration": []byte(expiration),
				"usage-bootstrap-authentication": []byte("true"), "auth-extra-groups": []byte("system:bootstrappers:workers"),
			},
		}
	}
	a := build(t, auth.Options{
		Client:    fake.NewClientset(sa, joining("abcdef", "2026-01-02T00:00:00Z"), joining("expire", "2025-12-31T00:00:00Z")),
		ClientCAs: []dynamiccertificates.CAContentProvider{ca}, SigningKey: bundle.ServiceAccountKey, Now: func() time.Time { return now },
		Flags:      auth.Flags{TokenAuthFile: write(t, "secret,jane,7,\"devs,ops\"\n")},
		Components: tokenfile.New(map[string]*user.DefaultInfo{"in-process": {Name: "system:kube-scheduler"}}),
	})
	saToken, _, err := a.Issuer.Issue(tokens.Request{ServiceAccount: sa, Audiences: a.Audiences, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	withCert := httptest.NewRequest(http.MethodGet, "/api", nil)
	withCert.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{bundle.Admin.Cert}}
	foreign := httptest.NewRequest(http.MethodGet, "/api", nil)
	foreign.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{bundle.FrontProxyClient.Cert}}

	tests := map[string]struct {
		req    *http.Request
		name   string // empty: refused
		groups string
	}{
		"certificate":             {withCert, "kubernetes-admin", "system:masters,system:authenticated"},
		"certificate of other CA": {foreign, "", ""},
		"token file":              {bearer("secret"), "jane", "devs,ops,system:authenticated"},
		"component":               {bearer("in-process"), "system:kube-scheduler", "system:authenticated"},
		"service account":         {bearer(saToken), "system:serviceaccount:blue:bot", "system:serviceaccounts,system:serviceaccounts:blue,system:authenticated"},
		"bootstrap token":         {bearer("abcdef.0123456789abcdef"), "system:bootstrap:abcdef", "system:bootstrappers,system:bootstrappers:workers,system:authenticated"},
		"expired bootstrap token": {bearer("expire.0123456789abcdef"), "", ""},
		"wrong bootstrap secret":  {bearer("abcdef.0123456789abcdee"), "", ""},
		"unknown token":           {bearer("nonsense"), "", ""},
		"nothing":                 {httptest.NewRequest(http.MethodGet, "/api", nil), "system:anonymous", "system:unauthenticated"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			resp, ok, err := a.Authenticator.AuthenticateRequest(tt.req)
			if tt.name == "" {
				if ok || err == nil {
					t.Errorf("got %v %v, want an error", resp, err)
				}
				return
			}
			if err != nil || !ok {
				t.Fatalf("got %v %v", ok, err)
			}
			if u := resp.User; u.GetName() != tt.name || strings.Join(u.GetGroups(), ",") != tt.groups {
				t.Errorf("got %q %q", u.GetName(), u.GetGroups())
			}
		})
	}
}

func TestAnonymousCanBeOff(t *testing.T) {
	a := build(t, auth.Options{Flags: auth.Flags{Anonymous: auth.Off}})
	if _, ok, _ := a.Authenticator.AuthenticateRequest(httptest.NewRequest(http.MethodGet, "/api", nil)); ok {
		t.Error("an anonymous request got in")
	}
}

func TestAuthorizationModes(t *testing.T) {
	policy := write(t, `# who reads pods
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"jane","namespace":"blue","resource":"pods","readonly":true}}
`)
	jane, admin := &user.DefaultInfo{Name: "jane"}, &user.DefaultInfo{Name: "x", Groups: []string{"system:masters"}}
	get := authorizer.AttributesRecord{User: jane, Verb: "get", Namespace: "blue", Resource: "pods", ResourceRequest: true}
	del := get
	del.Verb = "delete"
	asAdmin := del
	asAdmin.User = admin
	elsewhere := get
	elsewhere.Namespace = "red"
	tests := map[string]struct {
		modes []string
		attrs authorizer.AttributesRecord
		want  authorizer.Decision
	}{
		"AlwaysAllow":                  {[]string{"AlwaysAllow"}, del, authorizer.DecisionAllow},
		"AlwaysDeny":                   {[]string{"AlwaysDeny"}, get, authorizer.DecisionNoOpinion},
		"system:masters may always":    {[]string{"AlwaysDeny"}, asAdmin, authorizer.DecisionAllow},
		"ABAC, readonly":               {[]string{"ABAC"}, get, authorizer.DecisionAllow},
		"ABAC, write":                  {[]string{"ABAC"}, del, authorizer.DecisionNoOpinion},
		"ABAC, another namespace":      {[]string{"ABAC"}, elsewhere, authorizer.DecisionNoOpinion},
		"the second mode allows":       {[]string{"ABAC", "AlwaysAllow"}, del, authorizer.DecisionAllow},
		"Node and RBAC without policy": {nil, get, authorizer.DecisionNoOpinion},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			flags := auth.Flags{Modes: tt.modes}
			if slices.Contains(tt.modes, auth.ModeABAC) {
				flags.PolicyFile = policy
			}
			a := build(t, auth.Options{Flags: flags})
			d, _, err := a.Authorizer.Authorize(t.Context(), tt.attrs)
			if err != nil || d != tt.want {
				t.Errorf("got %v %v, want %v", d, err, tt.want)
			}
		})
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	table := func(flags auth.Flags, want string) [2]any { return [2]any{flags, want} }
	config := func(content string) auth.Flags { return auth.Flags{AuthorizationConfig: write(t, content)} }
	authn := func(content string) auth.Flags { return auth.Flags{AuthenticationConfig: write(t, content)} }
	const authz = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\n"
	const jwt = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
	nothing := "/nonexistent"
	for name, tt := range map[string][2]any{
		"unknown mode":              table(auth.Flags{Modes: []string{"Magic"}}, `unknown --authorization-mode "Magic": want some of Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny`),
		"a mode twice":              table(auth.Flags{Modes: []string{"RBAC", "RBAC"}}, `"RBAC" is there twice`),
		"ABAC without file":         table(auth.Flags{Modes: []string{"ABAC"}}, "needs --authorization-policy-file"),
		"file without ABAC":         table(auth.Flags{PolicyFile: nothing}, "--authorization-policy-file needs --authorization-mode ABAC"),
		"missing policy":            table(auth.Flags{Modes: []string{"ABAC"}, PolicyFile: nothing}, "read --authorization-policy-file: open /nonexistent"),
		"no webhook file":           table(auth.Flags{Modes: []string{"Webhook"}}, "needs --authorization-webhook-config-file"),
		"missing webhook file":      table(auth.Flags{Modes: []string{"Webhook"}, AuthorizationWebhook: nothing}, "read --authorization-webhook-config-file"),
		"webhook without mode":      table(auth.Flags{AuthorizationWebhook: nothing}, "need --authorization-mode Webhook"),
		"webhook version":           table(auth.Flags{Modes: []string{"Webhook"}, AuthorizationWebhook: nothing, WebhookVersion: "v2"}, `unknown --authorization-webhook-version "v2"`),
		"missing tokens":            table(auth.Flags{TokenAuthFile: nothing}, "read --token-auth-file: open /nonexistent"),
		"short token line":          table(auth.Flags{TokenAuthFile: write(t, "secret,jane\n")}, "must have at least 3 columns"),
		"bad policy line":           table(auth.Flags{Modes: []string{"ABAC"}, PolicyFile: write(t, "\n{}\n")}, ":2: got"),
		"unknown field":             table(auth.Flags{Modes: []string{"ABAC"}, PolicyFile: write(t, `{"spec":{"usr":"x"}}`)}, `unknown field "usr"`),
		"config and modes":          table(auth.Flags{AuthorizationConfig: nothing, Modes: []string{"RBAC"}}, "--authorization-config can not be specified when --authorization-mode or"),
		"missing config":            table(auth.Flags{AuthorizationConfig: nothing}, "read --authorization-config: open /nonexistent"),
		"config without authorizer": table(config(authz), "at least one authorization mode must be defined"),
		"config, unknown type":      table(config(authz+"authorizers: [{type: Magic, name: m}]\n"), `authorizers[0].type: Unsupported value: "Magic"`),
		"config, unknown field":     table(config(authz+"authorizrs: []\n"), `unknown field "authorizrs"`),
		"config, bad webhook":       table(config(authz+"authorizers: [{type: Webhook, name: m, webhook: {timeout: 3s}}]\n"), "failurePolicy: Required value"),
		"config, bad CEL": table(config(authz+"authorizers: [{type: Webhook, name: m, webhook: {timeout: 3s, failurePolicy: Deny, matchConditionSubjectAccessReviewVersion: v1,"+
			" matchConditions: [{expression: 'request.usr'}]}}]\n"), "undefined field 'usr'"),
		"config, ABAC":         table(config(authz+"authorizers: [{type: ABAC, name: abac}]\n"), "needs --authorization-policy-file"),
		"OIDC without client":  table(auth.Flags{OIDC: auth.OIDCFlags{IssuerURL: "https://id.example.com"}}, "oidc-issuer-url and oidc-client-id must be specified together"),
		"OIDC without issuer":  table(auth.Flags{OIDC: auth.OIDCFlags{GroupsClaim: "groups"}}, "oidc-issuer-url and oidc-client-id must be specified together"),
		"OIDC over http":       table(auth.Flags{OIDC: auth.OIDCFlags{IssuerURL: "http://id.example.com", ClientID: "me"}}, "URL scheme must be https"),
		"OIDC, missing CA":     table(auth.Flags{OIDC: auth.OIDCFlags{IssuerURL: "https://id.example.com", ClientID: "me", CAFile: nothing}}, "read --oidc-ca-file: open /nonexistent"),
		"OIDC, algorithm":      table(auth.Flags{OIDC: auth.OIDCFlags{IssuerURL: "https://id.example.com", ClientID: "me", SigningAlgs: []string{"HS256"}}}, `unknown --oidc-signing-algs "HS256"`),
		"OIDC, own issuer":     table(auth.Flags{OIDC: auth.OIDCFlags{IssuerURL: tokens.DefaultIssuer, ClientID: "me"}}, "URL must not overlap with disallowed issuers"),
		"OIDC twice":           table(auth.Flags{AuthenticationConfig: nothing, OIDC: auth.OIDCFlags{ClientID: "me"}}, "authentication-config file and oidc-* flags are mutually exclusive"),
		"missing authn config": table(auth.Flags{AuthenticationConfig: nothing}, "read --authentication-config: open /nonexistent"),
		"authn config, field":  table(authn(jwt+"jwts: []\n"), `unknown field "jwts"`),
		"authn config, kind":   table(authn(authz+"authorizers: []\n"), "expected AuthenticationConfiguration"),
		"authn config, issuer": table(authn(jwt+"jwt: [{issuer: {url: 'https://id.example.com'}}]\n"), "jwt[0].issuer.audiences: Required value"),
		"anonymous twice": table(auth.Flags{Anonymous: auth.On, AuthenticationConfig: write(t, jwt+"anonymous: {enabled: true}\n")},
			"--anonymous-auth flag cannot be set when anonymous field is configured"),
		"token webhook":         table(auth.Flags{TokenWebhook: nothing}, "read --authentication-token-webhook-config-file"),
		"token webhook version": table(auth.Flags{TokenWebhookVersion: "v2"}, `unknown --authentication-token-webhook-version "v2"`),
		"signing key":           table(auth.Flags{ServiceAccounts: auth.ServiceAccountFlags{SigningKeyFile: nothing}}, "read --service-account-signing-key-file"),
		"key":                   table(auth.Flags{ServiceAccounts: auth.ServiceAccountFlags{KeyFiles: []string{nothing}}}, "read --service-account-key-file"),
		"expiration":            table(auth.Flags{ServiceAccounts: auth.ServiceAccountFlags{MaxExpiration: time.Minute}}, "must be between 1 hour and 2^32 seconds"),
		"lookup":                table(auth.Flags{ServiceAccounts: auth.ServiceAccountFlags{Lookup: auth.Off}}, "--service-account-lookup=false is not implemented"),
		"issuer twice":          table(auth.Flags{ServiceAccounts: auth.ServiceAccountFlags{Issuers: []string{"a", "a"}}}, `--service-account-issuer "a" is there twice`),
		"headers without CA":    table(auth.Flags{RequestHeader: auth.RequestHeaderFlags{AllowedNames: []string{"x"}}}, "need --requestheader-client-ca-file"),
		"every client a proxy":  table(auth.Flags{ClientCAFile: "x", RequestHeader: auth.RequestHeaderFlags{ClientCAFile: "x"}}, "every client could pose as anybody"),
	} {
		t.Run(name, func(t *testing.T) {
			c := fake.NewClientset()
			opts := auth.Options{Flags: tt[0].(auth.Flags), Client: c, Informers: informers.NewSharedInformerFactory(c, 0)}
			if _, err := auth.New(opts); err == nil || !strings.Contains(err.Error(), tt[1].(string)) {
				t.Errorf("got %v, want %q", err, tt[1])
			}
		})
	}
}

func TestComponentTokensWorkForTheAPIServerOnly(t *testing.T) {
	a := build(t, auth.Options{Components: tokenfile.New(map[string]*user.DefaultInfo{"in-process": {Name: "system:kube-scheduler"}})})
	if _, ok, err := a.Token.AuthenticateToken(t.Context(), "in-process"); err != nil || !ok {
		t.Errorf("got %v %v, want it valid", ok, err)
	}
	ctx := authenticator.WithAudiences(context.Background(), authenticator.Audiences{"vault"})
	if _, ok, _ := a.Token.AuthenticateToken(ctx, "in-process"); ok {
		t.Error("the token is accepted for another audience")
	}
}
