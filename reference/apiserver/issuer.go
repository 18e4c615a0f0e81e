package apiserver

import (
	"net/http"

	"github.com/emicklei/go-restful/v3"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

// installIssuer publishes the keys of service account tokens, as routes that
// the OpenAPI documents describe.
func (c *chain) installIssuer(server *genericapiserver.GenericAPIServer) error {
	discovery, err := c.auth.Issuer.Discovery()
	if err != nil {
		return err
	}
	keys, err := c.auth.Issuer.JWKS()
	if err != nil {
		return err
	}
	server.Handler.GoRestfulContainer.Add(describedRoute{
		path: tokens.DiscoveryPath, mime: restful.MIME_JSON, operation: "getServiceAccountIssuerOpenIDConfiguration",
		doc: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
	}.service(discovery))
	server.Handler.GoRestfulContainer.Add(describedRoute{
		path: tokens.JWKSPath, mime: "application/jwk-set+json", operation: "getServiceAccountIssuerOpenIDKeyset",
		doc: "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
	}.service(keys))
	return nil
}

// describedRoute is a GET route that answers text.
type describedRoute struct{ path, mime, operation, doc string }

func (d describedRoute) service(h http.Handler) *restful.WebService {
	answer := func(req *restful.Request, resp *restful.Response) { h.ServeHTTP(resp, req.Request) }
	ws := new(restful.WebService).Path(d.path).Doc(d.doc).Produces(d.mime)
	return ws.Route(ws.GET("").To(answer).Doc(d.doc).Operation(d.operation).Produces(d.mime).Returns(http.StatusOK, "OK", ""))
}
