package auth

import (
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationcel "k8s.io/apiserver/pkg/authentication/cel"
	authorizationcel "k8s.io/apiserver/pkg/authorization/cel"
	"k8s.io/client-go/kubernetes/fake"
)

// FuzzBootstrapToken: whatever a Secret says, its token is a bootstrapper and of no other group.
func FuzzBootstrapToken(f *testing.F) {
	f.Add("abcdef.0123456789abcdef", "abcdef", "0123456789abcdef", "system:bootstrappers:a,system:bootstrappers:b", "2027-01-01T00:00:00Z")
	f.Add("abcdef.0123456789abcdef", "abcdef", "0123456789abcdef", "system:masters", "")
	f.Add("x", "", "", ",", "never")
	f.Fuzz(func(t *testing.T, token, id, secret, groups, end string) {
		client := fake.NewClientset(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "bootstrap-token-abcdef"}, Type: corev1.SecretTypeBootstrapToken,
			Data: map[string][]byte{
				"token-id": []byte(id), "token-secret": []byte(secret), "auth-extra-groups": []byte(groups), "expiration": []byte(end),
				"usage-bootstrap-authentication": []byte("true"),
			},
		})
		now := func() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC) }
		got, ok, err := bootstrapTokens{client, now}.AuthenticateToken(t.Context(), token)
		if !ok || err != nil {
			return
		}
		for _, g := range got.User.GetGroups() {
			if !strings.HasPrefix(g, "system:bootstrappers") {
				t.Errorf("%q is in group %q", token, g)
			}
		}
	})
}

// FuzzConfigurations reads the structured files of authentication and authorization.
func FuzzConfigurations(f *testing.F) {
	f.Add([]byte("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: [{issuer: {url: https://a, audiences: [b]}, claimMappings: {username: {expression: claims.sub}}}]\n"))
	f.Add([]byte("apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: [{type: Webhook, name: a, webhook: {matchConditions: [{expression: request.user}]}}, {type: RBAC, name: b}]\n"))
	j := &jwtAuthenticator{compiler: authenticationcel.NewDefaultCompiler()}
	m := &maker{flags: &Flags{}, compiler: authorizationcel.NewDefaultCompiler()}
	f.Fuzz(func(_ *testing.T, data []byte) {
		_, _ = j.parse(data)
		_, _ = m.parse(data)
	})
}
