package apiserver

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/mux"
	"k8s.io/apiserver/pkg/server/routes"
	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"github.com/seatrial/seatrial/reference/api/scheme"
	"github.com/seatrial/seatrial/reference/apiserver/inprocess"
)

// documented is the version that the documents name: that of the API, not of the build.
const documented = "1.36"

// Documents builds the OpenAPI documents of the built-in resources from their
// routes, as upstream does at every start: "v2", and "v3/..." for each
// group-version. It is for the generator of package openapi and for the test
// that compares what the generator wrote.
func Documents(ctx context.Context, o Options, definitions common.GetOpenAPIDefinitions) (map[string][]byte, error) {
	s, err := New(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	namer := openapi.NewDefinitionNamer(scheme.Public)
	v2 := genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	v3 := genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	v2.Info.Title, v3.Info.Title = "Kubernetes", "Kubernetes"
	v2.Info.Version, v3.Info.Version = documented, documented
	secure(v2, v3)

	served := mux.NewPathRecorderMux("documents")
	container := s.builtIn.Handler.GoRestfulContainer
	routes.OpenAPI{Config: v2}.InstallV2(container, served)
	routes.OpenAPI{V3Config: v3}.InstallV3(container, served)
	transport := inprocess.NewTransport()
	transport.Serve(served)
	return readDocuments(&http.Client{Transport: transport})
}

// secure says that every route may ask for a bearer token, and what the answer is without one.
func secure(v2 *common.Config, v3 *common.OpenAPIV3Config) {
	const name, header, description, refused = "BearerToken", "authorization", "Bearer Token authentication", "Unauthorized"
	required := []map[string][]string{{name: {}}}

	v2.SecurityDefinitions = &spec.SecurityDefinitions{name: {SecuritySchemeProps: spec.SecuritySchemeProps{
		Type: "apiKey", Name: header, In: "header", Description: description,
	}}}
	v2.DefaultSecurity = required
	v2.CommonResponses = map[int]spec.Response{http.StatusUnauthorized: {ResponseProps: spec.ResponseProps{Description: refused}}}

	v3.SecuritySchemes = spec3.SecuritySchemes{name: {SecuritySchemeProps: spec3.SecuritySchemeProps{
		Type: "apiKey", Name: header, In: "header", Description: description,
	}}}
	v3.DefaultSecurity = required
	v3.CommonResponses = map[int]*spec3.Response{http.StatusUnauthorized: {ResponseProps: spec3.ResponseProps{Description: refused}}}
}

func readDocuments(c *http.Client) (map[string][]byte, error) {
	docs := map[string][]byte{}
	var err error
	if docs["v2"], err = readDocument(c, "/openapi/v2"); err != nil {
		return nil, err
	}
	index, err := readDocument(c, "/openapi/v3")
	if err != nil {
		return nil, err
	}
	var paths struct {
		Paths map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(index, &paths); err != nil {
		return nil, fmt.Errorf("read OpenAPI index: %w", err)
	}
	for path := range paths.Paths {
		if docs["v3/"+path], err = readDocument(c, "/openapi/v3/"+path); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

func readDocument(c *http.Client, path string) ([]byte, error) {
	r, err := http.NewRequest(http.MethodGet, inprocess.Host+path, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	resp, err := c.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("answer is %s", resp.Status)
	}
	if err != nil {
		return nil, fmt.Errorf("read OpenAPI document %q: %w", path, err)
	}
	return body, nil
}
