// Package tokens issues and verifies service account tokens (JSON web tokens).
//
//	issuer, err := tokens.NewIssuer(tokens.IssuerOptions{Key: bundle.ServiceAccountKey})
//	verifier := tokens.NewVerifier(issuer.Keys(), []string{issuer.Name()}, tokens.Live(client))
//	resp, ok, err := verifier.AuthenticateToken(ctx, token)   // an authenticator.Token
//	discovery, err := issuer.Discovery()       // served at tokens.DiscoveryPath
//	jwks, err := issuer.JWKS()                 // served at tokens.JWKSPath
//
// A token is bound to a service account, and to a pod, a secret or a node as
// well if it says so; it is valid as long as these exist with the same UID.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#bound-service-account-tokens
package tokens

import (
	"time"

	"github.com/go-jose/go-jose/v4/jwt"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// DefaultIssuer is the issuer of a cluster with the domain cluster.local.
const DefaultIssuer = "https://kubernetes.default.svc.cluster.local"

// legacyIssuer signs the tokens in Secrets of type kubernetes.io/service-account-token.
const legacyIssuer = "kubernetes/serviceaccount"

// graceAfterDeletion is how long a token outlives the deletion timestamp of what it is bound to.
const graceAfterDeletion = 60 * time.Second

// claims are those of a bound token.
type claims struct {
	jwt.Claims
	Audience   audience `json:"aud,omitempty"` // instead of the one of jwt.Claims
	Kubernetes *bound   `json:"kubernetes.io,omitempty"`
}

// audience is written as a list also when it has one item, as upstream does,
// and read in both forms.
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error { return (*jwt.Audience)(a).UnmarshalJSON(b) }

type bound struct {
	Namespace      string           `json:"namespace,omitempty"`
	Node           *ref             `json:"node,omitempty"`
	Pod            *ref             `json:"pod,omitempty"`
	Secret         *ref             `json:"secret,omitempty"`
	ServiceAccount ref              `json:"serviceaccount"`
	WarnAfter      *jwt.NumericDate `json:"warnafter,omitempty"`
}

type ref struct {
	Name string    `json:"name"`
	UID  types.UID `json:"uid,omitempty"`
}

// legacyClaims are those of a token in a Secret.
type legacyClaims struct {
	jwt.Claims
	ServiceAccountName string    `json:"kubernetes.io/serviceaccount/service-account.name"`
	ServiceAccountUID  types.UID `json:"kubernetes.io/serviceaccount/service-account.uid"`
	SecretName         string    `json:"kubernetes.io/serviceaccount/secret.name"`
	Namespace          string    `json:"kubernetes.io/serviceaccount/namespace"`
}

// Binding is what a token is bound to besides its service account; at most one
// of Pod, Secret and Node is set, or Pod with the Node it runs on.
type Binding struct {
	Pod    *corev1.Pod
	Secret *corev1.Secret
	Node   *corev1.Node
}
