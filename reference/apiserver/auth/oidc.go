package auth

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"k8s.io/apiserver/pkg/apis/apiserver"
	"k8s.io/apiserver/plugin/pkg/authenticator/token/oidc"
)

// configuration says in the structured form what the flags --oidc-* say.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#using-flags
func (o *OIDCFlags) configuration() (*apiserver.AuthenticationConfiguration, []string, error) {
	algs := o.SigningAlgs
	if len(algs) == 0 {
		algs = []string{"RS256"}
	}
	for _, a := range algs {
		if !slices.Contains(oidc.AllValidSigningAlgorithms(), a) {
			return nil, nil, fmt.Errorf("unknown --oidc-signing-algs %q: want some of %s", a, strings.Join(oidc.AllValidSigningAlgorithms(), ", "))
		}
	}
	claim := o.UsernameClaim
	if claim == "" {
		claim = "sub"
	}
	jwt := apiserver.JWTAuthenticator{
		Issuer:        apiserver.Issuer{URL: o.IssuerURL, Audiences: []string{o.ClientID}},
		ClaimMappings: apiserver.ClaimMappings{Username: apiserver.PrefixedClaimOrExpression{Claim: claim, Prefix: new(o.usernamePrefix(claim))}},
	}
	if o.GroupsClaim != "" {
		jwt.ClaimMappings.Groups = apiserver.PrefixedClaimOrExpression{Claim: o.GroupsClaim, Prefix: new(o.GroupsPrefix)}
	}
	if o.CAFile != "" {
		ca, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, nil, fmt.Errorf("read --oidc-ca-file: %w", err)
		}
		jwt.Issuer.CertificateAuthority = string(ca)
	}
	for _, name := range slices.Sorted(maps.Keys(o.RequiredClaims)) {
		jwt.ClaimValidationRules = append(jwt.ClaimValidationRules, apiserver.ClaimValidationRule{Claim: name, RequiredValue: o.RequiredClaims[name]})
	}
	return &apiserver.AuthenticationConfiguration{JWT: []apiserver.JWTAuthenticator{jwt}}, algs, nil
}

// usernamePrefix keeps users of the issuer apart from others, unless told not to.
func (o *OIDCFlags) usernamePrefix(claim string) string {
	switch {
	case o.UsernamePrefix == "-", o.UsernamePrefix == "" && claim == "email":
		return ""
	case o.UsernamePrefix == "":
		return o.IssuerURL + "#"
	}
	return o.UsernamePrefix
}
