package server

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/kubernetes"
)

// Access decides who may do what: by client certificate or token, and by asking the API server.
//
// https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
type Access struct {
	Authenticator authenticator.Request
	Authorizer    authorizer.Authorizer
}

// NewAccess asks the API server, through TokenReview and SubjectAccessReview. clientCA is PEM; without it
// there are no client certificates.
func NewAccess(client kubernetes.Interface, clientCA []byte) (Access, error) {
	backoff := &wait.Backoff{Duration: 100 * time.Millisecond, Factor: 1.5, Jitter: 0.2, Steps: 5}
	authn := authenticatorfactory.DelegatingAuthenticatorConfig{
		TokenAccessReviewClient: client.AuthenticationV1(), TokenAccessReviewTimeout: 10 * time.Second,
		WebhookRetryBackoff: backoff, CacheTTL: 2 * time.Minute,
	}
	if len(clientCA) > 0 {
		content, err := dynamiccertificates.NewStaticCAContent("client-ca", clientCA)
		if err != nil {
			return Access{}, fmt.Errorf("read client CA: %w", err)
		}
		authn.ClientCertificateCAContentProvider = content
	}
	authenticate, _, err := authn.New()
	if err != nil {
		return Access{}, fmt.Errorf("make authenticator: %w", err)
	}
	authorize, err := authorizerfactory.DelegatingAuthorizerConfig{
		SubjectAccessReviewClient: client.AuthorizationV1(), AllowCacheTTL: 5 * time.Minute, DenyCacheTTL: 30 * time.Second,
		WebhookRetryBackoff: backoff,
	}.New()
	if err != nil {
		return Access{}, fmt.Errorf("make authorizer: %w", err)
	}
	return Access{Authenticator: authenticate, Authorizer: authorize}, nil
}

func (a Access) protect(node string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok, err := a.Authenticator.AuthenticateRequest(r)
		if err != nil || !ok {
			http.Error(w, "Unauthorized", http.StatusUnauthorized)
			return
		}
		var last error
		for _, subresource := range Subresources(r.URL.Path) {
			attributes := attributesOf(answer.User, node, r.Method, subresource)
			decision, _, err := a.Authorizer.Authorize(r.Context(), attributes)
			if decision == authorizer.DecisionAllow {
				next.ServeHTTP(w, r)
				return
			}
			last = err
		}
		if last != nil {
			http.Error(w, "authorize: "+last.Error(), http.StatusInternalServerError)
			return
		}
		attributes := attributesOf(answer.User, node, r.Method, Subresources(r.URL.Path)[0])
		http.Error(w, fmt.Sprintf("Forbidden (user=%s, verb=%s, resource=nodes, subresource=[%s])",
			answer.User.GetName(), attributes.GetVerb(), strings.Join(Subresources(r.URL.Path), " ")), http.StatusForbidden)
	})
}

func attributesOf(who user.Info, node, method, subresource string) authorizer.Attributes {
	return authorizer.AttributesRecord{
		User: who, Verb: verb(method), APIVersion: "v1", Resource: "nodes", Subresource: subresource, Name: node,
		ResourceRequest: true,
	}
}

func verb(method string) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case http.MethodDelete:
		return "delete"
	}
	return "get"
}

// Subresources are the parts of a node of which a caller needs one for a path: the narrow one, or "proxy" for everything.
func Subresources(path string) []string {
	under := func(prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }
	switch {
	case under("/stats"):
		return []string{"stats"}
	case under("/metrics"):
		return []string{"metrics"}
	case under("/logs"):
		return []string{"log"}
	case under("/healthz"):
		return []string{"healthz", "proxy"}
	case under("/pods"), under("/runningpods"):
		return []string{"pods", "proxy"}
	case under("/configz"):
		return []string{"configz", "proxy"}
	}
	return []string{"proxy"}
}
