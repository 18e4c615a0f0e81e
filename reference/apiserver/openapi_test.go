package apiserver_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	openapiv3 "github.com/google/gnostic-models/openapiv3"
	"google.golang.org/protobuf/proto"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
	"github.com/seatrial/seatrial/reference/apiserver/inprocess"
)

// get reads a path and returns the status and the JSON.
func get(t *testing.T, config *rest.Config, path string) (int, map[string]any) {
	t.Helper()
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, inprocess.Host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if resp.StatusCode == http.StatusOK {
		if err := json.Unmarshal(body, &doc); err != nil {
			t.Fatalf("%s: %v: %.200s", path, err, body)
		}
	}
	return resp.StatusCode, doc
}

// A failure means that the documents in openapi/static are older than the table:
// run go generate ./reference/apiserver/openapi.
func TestOpenAPIDescribesWhatDiscoveryLists(t *testing.T) {
	config := apiservertest.Start(t)
	_, lists, err := discovery.NewDiscoveryClientForConfigOrDie(config).ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	_, index := get(t, config, "/openapi/v3")
	paths, _ := index["paths"].(map[string]any)
	for _, list := range lists {
		root := "apis/" + list.GroupVersion
		if list.GroupVersion == "v1" {
			root = "api/v1"
		}
		entry, ok := paths[root].(map[string]any)
		if !ok {
			t.Errorf("no document for %s", root)
			continue
		}
		_, doc := get(t, config, entry["serverRelativeURL"].(string))
		described, _ := doc["paths"].(map[string]any)
		for _, r := range list.APIResources {
			if !describes(described, "/"+root, r) {
				t.Errorf("%s does not describe %s", root, r.Name)
			}
		}
	}
}

func describes(paths map[string]any, root string, r metav1.APIResource) bool {
	path := root
	if r.Namespaced {
		path += "/namespaces/{namespace}"
	}
	plural, sub, isSub := strings.Cut(r.Name, "/")
	path += "/" + plural
	if isSub {
		path += "/{name}/" + sub
	}
	_, ok := paths[path].(map[string]any)
	return ok
}

func TestOpenAPIV2IsMerged(t *testing.T) {
	config := apiservertest.Start(t)
	status, doc := get(t, config, "/openapi/v2")
	if status != http.StatusOK {
		t.Fatalf("/openapi/v2 answers %d", status)
	}
	paths, _ := doc["paths"].(map[string]any)
	for _, path := range []string{"/api/v1/namespaces/{namespace}/pods", "/apis/apps/v1/deployments", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", "/apis/apiregistration.k8s.io/v1/apiservices"} {
		if paths[path] == nil {
			t.Errorf("/openapi/v2 lacks %s", path)
		}
	}
}

func TestHealthPathsAnswer(t *testing.T) {
	config := apiservertest.Start(t)
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/healthz", "/livez", "/readyz", "/metrics", "/openid/v1/jwks", "/.well-known/openid-configuration"} {
		resp, err := client.Get(inprocess.Host + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s answers %s", path, resp.Status)
		}
	}
}

func TestOpenAPIV3IsServedAsProtobuf(t *testing.T) {
	client, err := rest.HTTPClientFor(apiservertest.Start(t))
	if err != nil {
		t.Fatal(err)
	}
	const form = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
	for accept, want := range map[string]string{
		form: form,
		"application/com.github.proto-openapi.spec.v3@v1.0+protobuf": form,
		form + ", application/json":                                  form,
		"application/json;q=1, " + form + ";q=0.5":                   "application/json",
		"text/plain, */*":                                            "application/json",
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, inprocess.Host+"/openapi/v3/apis/batch/v1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Accept", accept)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); err != nil || got != want {
			t.Errorf("Accept %q: %s, type %q, error %v; want %q", accept, resp.Status, got, err, want)
		}
		if want != form {
			continue
		}
		var doc openapiv3.Document
		if err := proto.Unmarshal(body, &doc); err != nil || doc.GetInfo().GetTitle() != "Kubernetes" {
			t.Errorf("Accept %q: %v, title %q", accept, err, doc.GetInfo().GetTitle())
		}
	}
}

// Source: the answers of DELETE in the published OpenAPI documents.
func TestDeleteAnswersWithTheObjectWhereDescribed(t *testing.T) {
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "gone"}, Provisioner: "example.com/none"}
	if _, err := client.StorageV1().StorageClasses().Create(t.Context(), class, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	var answer metav1.PartialObjectMetadata
	body, err := client.StorageV1().RESTClient().Delete().Resource("storageclasses").Name("gone").SetHeader("Accept", "application/json").DoRaw(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Kind != "StorageClass" || answer.Name != "gone" {
		t.Errorf("answered with %.200s, %v", body, err)
	}
}
