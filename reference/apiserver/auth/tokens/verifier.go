package tokens

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/audit"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
)

// Verifier authenticates the tokens of known issuers.
type Verifier struct {
	keys      Keys
	audiences authenticator.Audiences
	objects   Objects
}

var _ authenticator.Token = (*Verifier)(nil)

// NewVerifier returns a verifier that looks up what tokens are bound to in
// objects. audiences are those of the API server, for requests that name none.
func NewVerifier(keys Keys, audiences []string, objects Objects) *Verifier {
	measured() // from the start on
	return &Verifier{keys: keys, audiences: audiences, objects: objects}
}

// AuthenticateToken implements authenticator.Token. It has no opinion on what
// is not a token of its issuers, and an error for one that is not valid.
func (v *Verifier) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	if strings.Count(token, ".") != 2 {
		return nil, false, nil
	}
	t, err := jwt.ParseSigned(token, []jose.SignatureAlgorithm{jose.ES256, jose.ES384, jose.ES512, jose.RS256, jose.RS384, jose.RS512})
	if err != nil {
		return nil, false, nil //nolint:nilerr // not one of ours
	}
	var public jwt.Claims
	if err := t.UnsafeClaimsWithoutVerification(&public); err != nil {
		return nil, false, nil //nolint:nilerr // not one of ours
	}
	legacy := public.Issuer == legacyIssuer
	if !legacy && !slices.Contains(v.keys.Issuers, public.Issuer) {
		return nil, false, nil
	}
	wanted, ok := authenticator.AudiencesFrom(ctx)
	if !ok {
		wanted = v.audiences
	}
	if legacy {
		return v.legacy(ctx, t, token, wanted)
	}
	return v.bound(ctx, t, wanted)
}

// signed decodes the claims into dest if one of the keys signed them.
func (v *Verifier) signed(t *jwt.JSONWebToken, dest any) error {
	var errs []error
	for i := range v.keys.Public {
		k := &v.keys.Public[i]
		if id := t.Headers[0].KeyID; id != "" && id != k.KeyID {
			continue
		}
		err := t.Claims(k.Key, dest)
		if err == nil {
			return nil
		}
		errs = append(errs, err)
	}
	if len(errs) == 0 {
		return errors.New("verify token: no key with the ID of the token")
	}
	return fmt.Errorf("verify token: %w", errors.Join(errs...))
}

func (v *Verifier) bound(ctx context.Context, t *jwt.JSONWebToken, wanted authenticator.Audiences) (*authenticator.Response, bool, error) {
	var c claims
	if err := v.signed(t, &c); err != nil {
		return nil, false, err
	}
	audiences := wanted.Intersect(authenticator.Audiences(c.Audience))
	if len(audiences) == 0 && len(v.audiences) > 0 {
		return nil, false, fmt.Errorf("token audiences %q is invalid for the target audiences %q", []string(c.Audience), []string(wanted))
	}
	now := v.keys.Now()
	if err := c.ValidateWithLeeway(jwt.Expected{Time: now}, 0); err != nil {
		return nil, false, timing(err)
	}
	k := c.Kubernetes
	if k == nil || c.Subject != serviceaccount.MakeUsername(k.Namespace, k.ServiceAccount.Name) {
		return nil, false, fmt.Errorf("verify token of %q: the claims name no service account", c.Subject)
	}
	if err := v.exist(ctx, k); err != nil {
		return nil, false, fmt.Errorf("service account token has been invalidated: %w", err)
	}
	switch {
	case k.WarnAfter == nil: // not one that is to be read again
	case !now.After(k.WarnAfter.Time()):
		measured().valid.Inc()
	default:
		measured().stale.Inc()
		audit.AddAuditAnnotation(ctx, "authentication.k8s.io/stale-token", fmt.Sprintf(
			"subject: %s, seconds after warning threshold: %.0f", c.Subject, now.Sub(k.WarnAfter.Time()).Seconds()))
	}
	info := serviceaccount.ServiceAccountInfo{Namespace: k.Namespace, Name: k.ServiceAccount.Name, UID: string(k.ServiceAccount.UID)}
	if c.ID != "" {
		info.CredentialID = "JTI=" + c.ID
	}
	if k.Pod != nil {
		info.PodName, info.PodUID = k.Pod.Name, string(k.Pod.UID)
	}
	if k.Node != nil {
		info.NodeName, info.NodeUID = k.Node.Name, string(k.Node.UID)
	}
	return &authenticator.Response{User: info.UserInfo(), Audiences: audiences}, true, nil
}

// timing says in upstream's words, which TokenReview shows, when a token is valid.
func timing(err error) error {
	switch {
	case errors.Is(err, jwt.ErrExpired):
		return errors.New("service account token has expired")
	case errors.Is(err, jwt.ErrNotValidYet):
		return errors.New("service account token is not valid yet")
	}
	return fmt.Errorf("service account token claims could not be validated: %w", err)
}

// exist checks that everything a token is bound to is still there.
func (v *Verifier) exist(ctx context.Context, k *bound) error {
	sa, err := v.objects.ServiceAccount(ctx, k.Namespace, k.ServiceAccount.Name)
	if err := v.alive("service account", sa, k.ServiceAccount, err); err != nil {
		return err
	}
	if k.Secret != nil {
		s, err := v.objects.Secret(ctx, k.Namespace, k.Secret.Name)
		if err := v.alive("secret", s, *k.Secret, err); err != nil {
			return err
		}
	}
	if k.Pod != nil { // its node may come and go
		p, err := v.objects.Pod(ctx, k.Namespace, k.Pod.Name)
		return v.alive("pod", p, *k.Pod, err)
	}
	if k.Node != nil {
		n, err := v.objects.Node(ctx, k.Node.Name)
		return v.alive("node", n, *k.Node, err)
	}
	return nil
}

func (v *Verifier) alive(what string, o metav1.Object, want ref, err error) error {
	if err != nil {
		return fmt.Errorf("look up %s %q: %w", what, want.Name, err)
	}
	if o.GetUID() != want.UID {
		return fmt.Errorf("%s %q has UID %q, the token says %q", what, want.Name, o.GetUID(), want.UID)
	}
	if d := o.GetDeletionTimestamp(); d != nil && v.keys.Now().After(d.Add(graceAfterDeletion)) {
		return fmt.Errorf("%s %q has been deleted", what, want.Name)
	}
	return nil
}
