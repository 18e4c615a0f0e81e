package tokens

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	"github.com/google/uuid"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
)

// IssuerOptions configure an Issuer; a zero field means the default.
type IssuerOptions struct {
	Issuer  string             // --service-account-issuer; DefaultIssuer
	JWKSURI string             // --service-account-jwks-uri; JWKSPath below the issuer
	Key     crypto.Signer      // --service-account-signing-key-file, RSA or ECDSA; required
	More    []crypto.PublicKey // --service-account-key-file: keys that verify, too
	Now     func() time.Time
}

// Issuer signs tokens.
type Issuer struct {
	name    string
	jwksURI string
	public  []jose.JSONWebKey // the own one first
	signer  jose.Signer
	now     func() time.Time
}

// Keys are the issuers whose tokens are accepted, and the keys that they sign with.
type Keys struct {
	Issuers []string // the first is the name of the own issuer
	Public  []jose.JSONWebKey
	Now     func() time.Time
}

// NewIssuer returns an issuer for a key.
func NewIssuer(opts IssuerOptions) (*Issuer, error) {
	if opts.Key == nil {
		return nil, errors.New("make token issuer: no signing key")
	}
	i := &Issuer{name: opts.Issuer, jwksURI: opts.JWKSURI, now: opts.Now}
	if i.name == "" {
		i.name = DefaultIssuer
	}
	if i.jwksURI == "" {
		i.jwksURI = i.name + JWKSPath
	}
	if i.now == nil {
		i.now = time.Now
	}
	for _, key := range append([]crypto.PublicKey{opts.Key.Public()}, opts.More...) {
		k, err := publicKey(key)
		if err != nil {
			return nil, fmt.Errorf("make token issuer: %w", err)
		}
		if !slices.ContainsFunc(i.public, func(o jose.JSONWebKey) bool { return o.KeyID == k.KeyID }) {
			i.public = append(i.public, k)
		}
	}
	own := i.public[0]
	own.Key = opts.Key
	var err error
	if i.signer, err = jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(own.Algorithm), Key: own}, nil); err != nil {
		return nil, fmt.Errorf("make token issuer: %w", err)
	}
	return i, nil
}

// Name is the value of the claim iss, and the default audience of the API server.
func (i *Issuer) Name() string { return i.name }

// Keys returns what a verifier needs to accept the tokens of i.
func (i *Issuer) Keys() Keys {
	return Keys{Issuers: []string{i.name}, Public: i.public, Now: i.now}
}

// publicKey names a key by the hash of its encoding, as upstream does.
func publicKey(key crypto.PublicKey) (jose.JSONWebKey, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	algorithm, err := algorithmOf(key)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	sum := sha256.Sum256(der)
	return jose.JSONWebKey{Algorithm: string(algorithm), Key: key, KeyID: base64.RawURLEncoding.EncodeToString(sum[:]), Use: "sig"}, nil
}

func algorithmOf(key crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		switch k.Curve.Params().BitSize {
		case 256:
			return jose.ES256, nil
		case 384:
			return jose.ES384, nil
		case 521:
			return jose.ES512, nil
		}
		return "", fmt.Errorf("a curve of %d bits is not supported, want 256, 384 or 521", k.Curve.Params().BitSize)
	}
	return "", fmt.Errorf("a %T is not supported, want an RSA or ECDSA key", key)
}

// Request says what token to issue.
type Request struct {
	ServiceAccount *corev1.ServiceAccount
	Binding        Binding
	Audiences      []string
	Lifetime       time.Duration
	WarnAfter      time.Duration // use after this time is recorded as stale; zero means never
}

// Issue signs a bound token. It returns the token's ID beside the token.
func (i *Issuer) Issue(r Request) (token, id string, err error) {
	now := i.now()
	id = uuid.NewString()
	sa := r.ServiceAccount
	c := claims{
		Audience: r.Audiences,
		Claims: jwt.Claims{
			ID: id, Issuer: i.name,
			Subject:  serviceaccount.MakeUsername(sa.Namespace, sa.Name),
			IssuedAt: jwt.NewNumericDate(now), NotBefore: jwt.NewNumericDate(now), Expiry: jwt.NewNumericDate(now.Add(r.Lifetime)),
		},
		Kubernetes: &bound{Namespace: sa.Namespace, ServiceAccount: ref{sa.Name, sa.UID}},
	}
	if p := r.Binding.Pod; p != nil {
		c.Kubernetes.Pod = refOf(p)
	}
	if s := r.Binding.Secret; s != nil {
		c.Kubernetes.Secret = refOf(s)
	}
	if n := r.Binding.Node; n != nil {
		c.Kubernetes.Node = refOf(n)
	}
	if r.WarnAfter > 0 {
		c.Kubernetes.WarnAfter = jwt.NewNumericDate(now.Add(r.WarnAfter))
	}
	token, err = i.sign(c)
	return token, id, err
}

// IssueForSecret signs the token of a Secret of type
// kubernetes.io/service-account-token: it never expires.
func (i *Issuer) IssueForSecret(sa *corev1.ServiceAccount, secret *corev1.Secret) (string, error) {
	return i.sign(legacyClaims{
		Claims:             jwt.Claims{Issuer: legacyIssuer, Subject: serviceaccount.MakeUsername(sa.Namespace, sa.Name)},
		ServiceAccountName: sa.Name, ServiceAccountUID: sa.UID, SecretName: secret.Name, Namespace: secret.Namespace,
	})
}

func (i *Issuer) sign(c any) (string, error) {
	t, err := jwt.Signed(i.signer).Claims(c).Serialize()
	if err != nil {
		return "", fmt.Errorf("sign service account token: %w", err)
	}
	return t, nil
}

func refOf(o metav1.Object) *ref { return &ref{o.GetName(), o.GetUID()} }
