package auth_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

// running runs a until the test ends.
func running(t *testing.T, a *auth.Auth) *auth.Auth {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return a
}

// provider is an OpenID provider.
type provider struct {
	*httptest.Server
	key *ecdsa.PrivateKey
	ca  string // file
}

func newProvider(t *testing.T) *provider {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, key, err)
	p := &provider{key: key}
	mux := http.NewServeMux()
	answer := func(path string, doc func() any) {
		mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(doc())
		})
	}
	answer("/.well-known/openid-configuration", func() any {
		return map[string]any{"issuer": p.URL, "jwks_uri": p.URL + "/keys", "id_token_signing_alg_values_supported": []string{"ES256"}}
	})
	answer("/keys", func() any {
		return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}}
	})
	p.Server = httptest.NewTLSServer(mux)
	t.Cleanup(p.Close)
	p.ca = write(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.Certificate().Raw})))
	return p
}

func (p *provider) token(t *testing.T, claims map[string]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: p.key, KeyID: "1"}}, nil)
	must(t, signer, err)
	all := map[string]any{"iss": p.URL, "aud": "seatrial", "sub": "jane", "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(all, claims)
	token, err := jwt.Signed(signer).Claims(all).Serialize()
	must(t, token, err)
	return token
}

// accepted waits until a token is accepted: the keys of an issuer are fetched
// in the background.
func accepted(t *testing.T, a *auth.Auth, token string) user.Info {
	t.Helper()
	var u user.Info
	err := eventually(t, func() (bool, error) {
		resp, ok, err := a.Authenticator.AuthenticateRequest(bearer(token))
		if ok {
			u = resp.User
		}
		return ok, err
	})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func refused(t *testing.T, a *auth.Auth, name, token string) {
	t.Helper()
	if resp, ok, _ := a.Authenticator.AuthenticateRequest(bearer(token)); ok {
		t.Errorf("%s: accepted as %q", name, resp.User.GetName())
	}
}

func TestOIDCFlags(t *testing.T) {
	p := newProvider(t)
	a := running(t, build(t, auth.Options{Flags: auth.Flags{OIDC: auth.OIDCFlags{
		IssuerURL: p.URL, ClientID: "seatrial", CAFile: p.ca, SigningAlgs: []string{"ES256"},
		GroupsClaim: "roles", GroupsPrefix: "oidc:", RequiredClaims: map[string]string{"tenant": "blue"},
	}}}))
	blue := map[string]any{"tenant": "blue", "roles": []string{"devs"}}
	u := accepted(t, a, p.token(t, blue))
	if want := []string{"oidc:devs", "system:authenticated"}; u.GetName() != p.URL+"#jane" || !slices.Equal(u.GetGroups(), want) {
		t.Errorf("got %q %q", u.GetName(), u.GetGroups())
	}
	refused(t, a, "required claim is missing", p.token(t, nil))
	refused(t, a, "another client", p.token(t, map[string]any{"tenant": "blue", "aud": "other"}))
	refused(t, a, "expired", p.token(t, map[string]any{"tenant": "blue", "exp": time.Now().Add(-time.Hour).Unix()}))
	other := newProvider(t)
	other.URL = p.URL
	refused(t, a, "another key", other.token(t, blue))
}

func TestUsernamePrefixes(t *testing.T) {
	p := newProvider(t)
	for name, tt := range map[string]struct{ claim, prefix, want string }{
		"none":  {"sub", "-", "jane"},
		"given": {"sub", "oidc:", "oidc:jane"},
		"email": {"email", "", "jane@example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			a := running(t, build(t, auth.Options{Flags: auth.Flags{OIDC: auth.OIDCFlags{
				IssuerURL: p.URL, ClientID: "seatrial", CAFile: p.ca, SigningAlgs: []string{"ES256"}, UsernameClaim: tt.claim, UsernamePrefix: tt.prefix,
			}}}))
			if u := accepted(t, a, p.token(t, map[string]any{"email": "jane@example.com", "email_verified": true})); u.GetName() != tt.want {
				t.Errorf("got %q, want %q", u.GetName(), tt.want)
			}
		})
	}
}

// replace puts a file in the place of another at once.
func replace(t *testing.T, path, content string) {
	t.Helper()
	next := filepath.Join(filepath.Dir(path), "next")
	if err := os.WriteFile(next, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		t.Fatal(err)
	}
}

func TestAuthenticationConfigurationIsReadAgain(t *testing.T) {
	p := newProvider(t)
	ca, err := os.ReadFile(p.ca)
	must(t, ca, err)
	config := func(name string) string {
		indented := strings.ReplaceAll(strings.TrimSpace(string(ca)), "\n", "\n      ")
		return fmt.Sprintf(`apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous: {enabled: true, conditions: [{path: /healthz}]}
jwt:
- issuer:
    url: %s
    audiences: [seatrial, other]
    audienceMatchPolicy: MatchAny
    certificateAuthority: |
      %s
  claimValidationRules: [{expression: 'claims.tenant == "blue"', message: not blue}]
  claimMappings:
    username: {expression: %q}
    groups: {expression: claims.roles}
    uid: {claim: sub}
    extra: [{key: example.com/tenant, valueExpression: claims.tenant}]
  userValidationRules: [{expression: '!user.username.startsWith("system:")', message: reserved}]
`, p.URL, indented, name)
	}
	path := write(t, config("'first:' + claims.sub"))
	a := running(t, build(t, auth.Options{Flags: auth.Flags{AuthenticationConfig: path}}))
	blue := p.token(t, map[string]any{"tenant": "blue", "roles": []string{"devs", "ops"}})
	u := accepted(t, a, blue)
	if u.GetName() != "first:jane" || u.GetUID() != "jane" || !slices.Contains(u.GetGroups(), "ops") || u.GetExtra()["example.com/tenant"][0] != "blue" {
		t.Errorf("got %+v", u)
	}
	refused(t, a, "validation rule", p.token(t, map[string]any{"tenant": "red", "roles": []string{}}))
	if _, ok, _ := a.Authenticator.AuthenticateRequest(httptest.NewRequest(http.MethodGet, "/healthz", nil)); !ok {
		t.Error("anonymous is not allowed where the condition says so")
	}
	if _, ok, _ := a.Authenticator.AuthenticateRequest(httptest.NewRequest(http.MethodGet, "/api", nil)); ok {
		t.Error("anonymous is allowed elsewhere")
	}

	replace(t, path, "nonsense: {")                    // is not put into effect
	replace(t, path, config("'second:' + claims.sub")) // is
	err = eventually(t, func() (bool, error) {
		// Each token is another, so that the cache does not answer.
		again := p.token(t, map[string]any{"tenant": "blue", "roles": []string{}, "jti": rand.Text()})
		resp, ok, err := a.Authenticator.AuthenticateRequest(bearer(again))
		if !ok {
			return true, errors.Join(errors.New("the token is refused"), err)
		}
		if name := resp.User.GetName(); name != "second:jane" {
			return false, fmt.Errorf("user is %q", name)
		}
		return true, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// hook answers reviews, and is reached by a kubeconfig.
func hook[T any](t *testing.T, answer func(*T)) (kubeconfig string, stop func()) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var review T
		if err := json.NewDecoder(r.Body).Decode(&review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer(&review)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(review)
	}))
	t.Cleanup(s.Close)
	return write(t, fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: hook, cluster: {server: %q}}]
users: [{name: me, user: {}}]
contexts: [{name: hook, context: {cluster: hook, user: me}}]
current-context: hook
`, s.URL)), s.Close
}

func TestTokenWebhook(t *testing.T) {
	for _, version := range []string{"v1", "v1beta1"} {
		t.Run(version, func(t *testing.T) {
			kubeconfig, _ := hook(t, func(r *authenticationv1.TokenReview) {
				if r.APIVersion != "authentication.k8s.io/"+version {
					t.Errorf("got a review of %s", r.APIVersion)
				}
				r.Status.Authenticated = r.Spec.Token == "known"
				r.Status.User = authenticationv1.UserInfo{Username: "jane", Groups: []string{"devs"}}
			})
			a := build(t, auth.Options{Flags: auth.Flags{TokenWebhook: kubeconfig, TokenWebhookVersion: version}})
			if u := accepted(t, a, "known"); u.GetName() != "jane" {
				t.Errorf("got %q", u.GetName())
			}
			refused(t, a, "unknown token", "unknown")
		})
	}
}

func TestAuthorizationConfiguration(t *testing.T) {
	allow, _ := hook(t, func(r *authorizationv1.SubjectAccessReview) { r.Status.Allowed = r.Spec.User == "jane" })
	deny, _ := hook(t, func(r *authorizationv1.SubjectAccessReview) { r.Status.Denied = true })
	gone, stop := hook(t, func(*authorizationv1.SubjectAccessReview) {})
	stop()
	webhook := func(name, kubeconfig, policy, condition string) string {
		return fmt.Sprintf(`- type: Webhook
  name: %s
  webhook:
    timeout: 1s
    authorizedTTL: 1s
    unauthorizedTTL: 1s
    subjectAccessReviewVersion: v1
    matchConditionSubjectAccessReviewVersion: v1
    failurePolicy: %s
    connectionInfo: {type: KubeConfigFile, kubeConfigFile: %s}
    matchConditions: [{expression: %q}]
`, name, policy, kubeconfig, condition)
	}
	const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n"
	path := write(t, head+
		webhook("guard", deny, "Deny", "has(request.resourceAttributes) && request.resourceAttributes.namespace == 'kube-system'")+
		webhook("away", gone, "Deny", "request.user == 'unlucky'")+
		webhook("absent", gone, "NoOpinion", "request.user == 'jane'")+
		webhook("main", allow, "NoOpinion", "true")+"- {type: RBAC, name: rbac}\n")
	a := running(t, build(t, auth.Options{Flags: auth.Flags{AuthorizationConfig: path}}))
	decide := func(name, namespace string) authorizer.Decision {
		d, _, _ := a.Authorizer.Authorize(t.Context(), authorizer.AttributesRecord{
			User: &user.DefaultInfo{Name: name}, Verb: "get", Namespace: namespace, Resource: "pods", Name: rand.Text(), ResourceRequest: true,
		})
		return d
	}
	for _, tt := range []struct {
		user, namespace string
		want            authorizer.Decision
	}{
		{"jane", "default", authorizer.DecisionAllow},
		{"bob", "default", authorizer.DecisionNoOpinion},
		{"jane", "kube-system", authorizer.DecisionDeny},
		{"unlucky", "default", authorizer.DecisionDeny},
	} {
		if got := decide(tt.user, tt.namespace); got != tt.want {
			t.Errorf("%s in %s: got %v, want %v", tt.user, tt.namespace, got, tt.want)
		}
	}
	_, _, incomplete, err := a.RuleResolver.RulesFor(t.Context(), &user.DefaultInfo{Name: "jane"}, "default")
	if !incomplete || err == nil {
		t.Errorf("rules of webhooks: incomplete %v, %v; want true and an error", incomplete, err)
	}

	replace(t, path, head+"- {type: Node, name: node}\n") // cannot be added, and is not in effect
	replace(t, path, head+"- {type: AlwaysAllow, name: all}\n")
	err = eventually(t, func() (bool, error) {
		if d := decide("bob", "default"); d != authorizer.DecisionAllow {
			return false, fmt.Errorf("got %v after the reload", d)
		}
		return true, nil
	})
	if err != nil {
		t.Error(err)
	}
}
