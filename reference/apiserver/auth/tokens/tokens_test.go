package tokens_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// world is an issuer, a verifier and the objects tokens are bound to.
type world struct {
	now      time.Time
	issuer   *tokens.Issuer
	client   *fake.Clientset
	verifier *tokens.Verifier
	sa       *corev1.ServiceAccount
	pod      *corev1.Pod
	node     *corev1.Node
	secret   *corev1.Secret
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{now: start}
	meta := func(name, uid string) metav1.ObjectMeta {
		return metav1.ObjectMeta{Namespace: "blue", Name: name, UID: types.UID(uid)}
	}
	w.sa = &corev1.ServiceAccount{ObjectMeta: meta("bot", "sa-1")}
	w.pod = &corev1.Pod{ObjectMeta: meta("web", "pod-1")}
	w.node = &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", UID: "node-1"}}
	w.secret = &corev1.Secret{
		ObjectMeta: meta("bot-token", "secret-1"), Type: corev1.SecretTypeServiceAccountToken,
	}
	w.secret.Annotations = map[string]string{corev1.ServiceAccountNameKey: "bot", corev1.ServiceAccountUIDKey: "sa-1"}
	w.client = fake.NewClientset(w.sa, w.pod, w.node, w.secret)
	var err error
	w.issuer, err = tokens.NewIssuer(tokens.IssuerOptions{Key: newKey(t), Now: func() time.Time { return w.now }})
	if err != nil {
		t.Fatal(err)
	}
	w.verifier = tokens.NewVerifier(w.issuer.Keys(), []string{w.issuer.Name()}, tokens.Live(w.client))
	return w
}

func (w *world) issue(t *testing.T, b tokens.Binding) string {
	t.Helper()
	token, _, err := w.issuer.Issue(tokens.Request{ServiceAccount: w.sa, Binding: b, Audiences: []string{w.issuer.Name()}, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTokenAuthenticatesAsServiceAccount(t *testing.T) {
	w := newWorld(t)
	token, id, err := w.issuer.Issue(tokens.Request{
		ServiceAccount: w.sa, Binding: tokens.Binding{Pod: w.pod, Node: w.node}, Audiences: []string{w.issuer.Name(), "vault"}, Lifetime: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	resp, ok, err := w.verifier.AuthenticateToken(t.Context(), token)
	if err != nil || !ok {
		t.Fatalf("got %v %v", ok, err)
	}
	if resp.User.GetName() != "system:serviceaccount:blue:bot" || resp.User.GetUID() != "sa-1" {
		t.Errorf("user %q %q", resp.User.GetName(), resp.User.GetUID())
	}
	if diff := cmp.Diff([]string{"system:serviceaccounts", "system:serviceaccounts:blue"}, resp.User.GetGroups()); diff != "" {
		t.Errorf("groups: %s", diff)
	}
	extra := map[string][]string{
		"authentication.kubernetes.io/credential-id": {"JTI=" + id},
		"authentication.kubernetes.io/pod-name":      {"web"}, "authentication.kubernetes.io/pod-uid": {"pod-1"},
		"authentication.kubernetes.io/node-name": {"n1"}, "authentication.kubernetes.io/node-uid": {"node-1"},
	}
	if diff := cmp.Diff(extra, resp.User.GetExtra()); diff != "" {
		t.Errorf("extra: %s", diff)
	}
	if diff := cmp.Diff(authenticator.Audiences{w.issuer.Name()}, resp.Audiences); diff != "" {
		t.Errorf("audiences: %s", diff)
	}
}

func TestTokenCarriesTheDocumentedClaims(t *testing.T) {
	w := newWorld(t)
	token, _, err := w.issuer.Issue(tokens.Request{
		ServiceAccount: w.sa, Binding: tokens.Binding{Pod: w.pod, Node: w.node}, Audiences: []string{"a"}, Lifetime: time.Hour, WarnAfter: time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := parsed.UnsafeClaimsWithoutVerification(&got); err != nil {
		t.Fatal(err)
	}
	delete(got, "jti")
	at := float64(start.Unix())
	want := map[string]any{
		"aud": []any{"a"}, "iss": tokens.DefaultIssuer, "sub": "system:serviceaccount:blue:bot", "iat": at, "nbf": at, "exp": at + 3600,
		"kubernetes.io": map[string]any{
			"namespace": "blue", "serviceaccount": map[string]any{"name": "bot", "uid": "sa-1"},
			"pod": map[string]any{"name": "web", "uid": "pod-1"}, "node": map[string]any{"name": "n1", "uid": "node-1"}, "warnafter": at + 60,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTokenIsInvalid(t *testing.T) {
	del := metav1.DeleteOptions{}
	tests := map[string]struct {
		bind  func(w *world) tokens.Binding
		spoil func(t *testing.T, w *world) error
		want  string // part of the error; empty means still valid
	}{
		"fresh":         {nil, func(*testing.T, *world) error { return nil }, ""},
		"expired":       {nil, func(_ *testing.T, w *world) error { w.now = start.Add(61 * time.Minute); return nil }, "expired"},
		"not valid yet": {nil, func(_ *testing.T, w *world) error { w.now = start.Add(-time.Hour); return nil }, "not valid yet"},
		"account deleted": {nil, func(t *testing.T, w *world) error {
			return w.client.CoreV1().ServiceAccounts("blue").Delete(t.Context(), "bot", del)
		}, `serviceaccounts "bot" not found`},
		"account recreated": {nil, func(_ *testing.T, w *world) error {
			w.sa.UID = "sa-2"
			return w.client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("serviceaccounts"), w.sa, "blue")
		}, "has UID"},
		"pod deleted": {func(w *world) tokens.Binding { return tokens.Binding{Pod: w.pod} }, func(t *testing.T, w *world) error {
			return w.client.CoreV1().Pods("blue").Delete(t.Context(), "web", del)
		}, `pods "web" not found`},
		"pod terminating for 30 s": {func(w *world) tokens.Binding { return tokens.Binding{Pod: w.pod} }, func(_ *testing.T, w *world) error {
			w.pod.DeletionTimestamp = new(metav1.NewTime(start.Add(-30 * time.Second)))
			return w.client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("pods"), w.pod, "blue")
		}, ""},
		"pod terminating for 90 s": {func(w *world) tokens.Binding { return tokens.Binding{Pod: w.pod} }, func(_ *testing.T, w *world) error {
			w.pod.DeletionTimestamp = new(metav1.NewTime(start.Add(-90 * time.Second)))
			return w.client.Tracker().Update(corev1.SchemeGroupVersion.WithResource("pods"), w.pod, "blue")
		}, "has been deleted"},
		"secret deleted": {func(w *world) tokens.Binding { return tokens.Binding{Secret: w.secret} }, func(t *testing.T, w *world) error {
			return w.client.CoreV1().Secrets("blue").Delete(t.Context(), "bot-token", del)
		}, `secrets "bot-token" not found`},
		"node deleted": {func(w *world) tokens.Binding { return tokens.Binding{Node: w.node} }, func(t *testing.T, w *world) error {
			return w.client.CoreV1().Nodes().Delete(t.Context(), "n1", del)
		}, `nodes "n1" not found`},
		"node of the pod deleted": {func(w *world) tokens.Binding { return tokens.Binding{Pod: w.pod, Node: w.node} }, func(t *testing.T, w *world) error {
			return w.client.CoreV1().Nodes().Delete(t.Context(), "n1", del)
		}, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			b := tokens.Binding{}
			if tt.bind != nil {
				b = tt.bind(w)
			}
			token := w.issue(t, b)
			if err := tt.spoil(t, w); err != nil {
				t.Fatal(err)
			}
			_, ok, err := w.verifier.AuthenticateToken(t.Context(), token)
			if tt.want == "" && (!ok || err != nil) {
				t.Errorf("got %v %v, want it valid", ok, err)
			}
			if tt.want != "" && (ok || err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %v %v, want an error with %q", ok, err, tt.want)
			}
		})
	}
}

func TestAudienceOfTheRequestMustMatch(t *testing.T) {
	w := newWorld(t)
	token, _, err := w.issuer.Issue(tokens.Request{ServiceAccount: w.sa, Audiences: []string{"vault"}, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), token); ok || err == nil {
		t.Error("a token for vault opens the API server")
	}
	ctx := authenticator.WithAudiences(t.Context(), authenticator.Audiences{"vault", "other"})
	resp, ok, err := w.verifier.AuthenticateToken(ctx, token)
	if err != nil || !ok || len(resp.Audiences) != 1 || resp.Audiences[0] != "vault" {
		t.Errorf("got %v %v %v, want it valid for vault", resp, ok, err)
	}
}

func TestForeignTokensAreLeftToOthers(t *testing.T) {
	w, other := newWorld(t), newWorld(t)
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), "abcdef.0123456789abcdef"); ok || err != nil {
		t.Errorf("a bootstrap token: got %v %v", ok, err)
	}
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), "a.b.c"); ok || err != nil {
		t.Errorf("no JWT: got %v %v", ok, err)
	}
	foreign, err := tokens.NewIssuer(tokens.IssuerOptions{Key: newKey(t), Issuer: "https://elsewhere"})
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := foreign.Issue(tokens.Request{ServiceAccount: w.sa, Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), token); ok || err != nil {
		t.Errorf("another issuer: got %v %v", ok, err)
	}
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), other.issue(t, tokens.Binding{})); ok || err == nil {
		t.Errorf("our name, another key: got %v %v, want an error", ok, err)
	}
}

func TestSecretTokenIsValidWhileTheSecretHoldsIt(t *testing.T) {
	w := newWorld(t)
	token, err := w.issuer.IssueForSecret(w.sa, w.secret)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), token); ok || err == nil {
		t.Error("a token that the secret does not hold is valid")
	}
	w.secret.Data = map[string][]byte{"token": []byte(token)}
	if _, err := w.client.CoreV1().Secrets("blue").Update(t.Context(), w.secret, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	w.now = start.AddDate(20, 0, 0) // it never expires
	resp, ok, err := w.verifier.AuthenticateToken(t.Context(), token)
	if err != nil || !ok || resp.User.GetName() != "system:serviceaccount:blue:bot" {
		t.Errorf("got %v %v %v", resp, ok, err)
	}
}

// TestUseOfASecretTokenIsTrackedOnceADay, in a label of the Secret; one that the cleaner has marked is refused.
func TestUseOfASecretTokenIsTrackedOnceADay(t *testing.T) {
	w := newWorld(t)
	token, err := w.issuer.IssueForSecret(w.sa, w.secret)
	if err != nil {
		t.Fatal(err)
	}
	secrets := w.client.CoreV1().Secrets("blue")
	w.secret.Data = map[string][]byte{"token": []byte(token)}
	if _, err := secrets.Update(t.Context(), w.secret, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	used := func(at time.Time) (patches int, day string) {
		w.now = at
		w.client.ClearActions()
		if _, ok, err := w.verifier.AuthenticateToken(t.Context(), token); !ok || err != nil {
			t.Fatalf("refused at %s: %v", at, err)
		}
		for _, a := range w.client.Actions() {
			if a.GetVerb() == "patch" {
				patches++
			}
		}
		s, err := secrets.Get(t.Context(), "bot-token", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return patches, s.Labels[tokens.LastUsedLabel]
	}
	for _, tt := range []struct {
		after   time.Duration
		patches int
		day     string
	}{
		{0, 1, "2026-01-02"},
		{time.Hour, 0, "2026-01-02"},
		{24 * time.Hour, 1, "2026-01-03"},
	} {
		if n, day := used(start.Add(tt.after)); n != tt.patches || day != tt.day {
			t.Errorf("after %s: %d patches, last used %q; want %d, %q", tt.after, n, day, tt.patches, tt.day)
		}
	}
	s, err := secrets.Get(t.Context(), "bot-token", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.Labels[tokens.InvalidSinceLabel] = "2026-01-03"
	if _, err := secrets.Update(t.Context(), s, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := w.verifier.AuthenticateToken(t.Context(), token); ok || err == nil || !strings.Contains(err.Error(), "has been marked invalid") {
		t.Errorf("a marked token: %v, %v", ok, err)
	}
}

func TestDiscoveryLeadsToTheKey(t *testing.T) {
	w := newWorld(t)
	discovery, err := w.issuer.Discovery()
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	discovery.ServeHTTP(rec, httptest.NewRequest("GET", tokens.DiscoveryPath, nil))
	var doc struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || doc.Issuer != tokens.DefaultIssuer || doc.JWKSURI != tokens.DefaultIssuer+"/openid/v1/jwks" {
		t.Errorf("got %+v %v", doc, err)
	}
	jwks, err := w.issuer.JWKS()
	if err != nil {
		t.Fatal(err)
	}
	rec = httptest.NewRecorder()
	jwks.ServeHTTP(rec, httptest.NewRequest("GET", tokens.JWKSPath, nil))
	if strings.Contains(rec.Body.String(), `"d":`) {
		t.Fatal("the private key is published")
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(rec.Body.Bytes(), &set); err != nil {
		t.Fatal(err)
	}
	parsed, err := jwt.ParseSigned(w.issue(t, tokens.Binding{}), []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	var c jwt.Claims
	if err := parsed.Claims(set.Key(parsed.Headers[0].KeyID)[0].Key, &c); err != nil {
		t.Errorf("the published key does not verify a token: %v", err)
	}
}
