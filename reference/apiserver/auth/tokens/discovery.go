package tokens

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/go-jose/go-jose/v4"
)

// Where the discovery documents are served.
// Source: https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#service-account-issuer-discovery
const (
	DiscoveryPath = "/.well-known/openid-configuration"
	JWKSPath      = "/openid/v1/jwks"
)

type discoveryDocument struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
}

// Discovery serves the OpenID provider configuration.
func (i *Issuer) Discovery() (http.Handler, error) {
	algorithms := make([]string, 0, len(i.public))
	for _, k := range i.public {
		algorithms = append(algorithms, k.Algorithm)
	}
	slices.Sort(algorithms)
	return document("application/json", discoveryDocument{
		Issuer: i.name, JWKSURI: i.jwksURI,
		ResponseTypes: []string{"id_token"}, SubjectTypes: []string{"public"}, Algorithms: slices.Compact(algorithms),
	})
}

// JWKS serves the public keys.
func (i *Issuer) JWKS() (http.Handler, error) {
	return document("application/jwk-set+json", jose.JSONWebKeySet{Keys: i.public})
}

func document(contentType string, doc any) (http.Handler, error) {
	body, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		_, _ = w.Write(body) // the client has gone
	}), nil
}
