package auth_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
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

	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
	"github.com/seatrial/seatrial/reference/pki"
)

func build(t *testing.T, opts auth.Options) *auth.Auth {
	t.Helper()
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
		Client:   fake.NewClientset(sa, joining("abcdef", "2026-01-02T00:00:00Z"), joining("expire", "2025-12-31T00:00:00Z")),
		ClientCA: ca, SigningKey: bundle.ServiceAccountKey, EnableBootstrapTokens: true, Now: func() time.Time { return now },
		TokenAuthFile: write(t, "secret,jane,7,\"devs,ops\"\n"),
		Components:    tokenfile.New(map[string]*user.DefaultInfo{"in-process": {Name: "system:kube-scheduler"}}),
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
	a := build(t, auth.Options{DisableAnonymous: true})
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
			a := build(t, auth.Options{Modes: tt.modes, PolicyFile: policy})
			d, _, err := a.Authorizer.Authorize(t.Context(), tt.attrs)
			if err != nil || d != tt.want {
				t.Errorf("got %v %v, want %v", d, err, tt.want)
			}
		})
	}
}

func TestBadOptionsAreNamed(t *testing.T) {
	tests := map[string]struct {
		opts auth.Options
		want string
	}{
		"unknown mode":      {auth.Options{Modes: []string{"Magic"}}, `unknown --authorization-mode "Magic": want some of Node, RBAC, ABAC, Webhook, AlwaysAllow, AlwaysDeny`},
		"a mode twice":      {auth.Options{Modes: []string{"RBAC", "RBAC"}}, `"RBAC" is there twice`},
		"ABAC without file": {auth.Options{Modes: []string{"ABAC"}}, "needs --authorization-policy-file"},
		"no webhook file":   {auth.Options{Modes: []string{"Webhook"}}, "needs --authorization-webhook-config-file"},
		"missing tokens":    {auth.Options{TokenAuthFile: "/nonexistent"}, "read --token-auth-file: open /nonexistent"},
		"short token line":  {auth.Options{TokenAuthFile: write(t, "secret,jane\n")}, "must have at least 3 columns"},
		"bad policy line":   {auth.Options{Modes: []string{"ABAC"}, PolicyFile: write(t, "\n{}\n")}, ":2: got"},
		"unknown field":     {auth.Options{Modes: []string{"ABAC"}, PolicyFile: write(t, `{"spec":{"usr":"x"}}`)}, `unknown field "usr"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.opts.Client = fake.NewClientset()
			tt.opts.Informers = informers.NewSharedInformerFactory(tt.opts.Client, 0)
			if _, err := auth.New(tt.opts); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
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
