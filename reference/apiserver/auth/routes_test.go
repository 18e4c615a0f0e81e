package auth_test

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/client-go/kubernetes"
)

// route is something that the API serves.
type route struct{ method, path string }

// servedRoutes are all routes: of the OpenAPI documents, which name every
// resource and subresource, of the index of paths, and those that neither names.
func servedRoutes(t *testing.T, c kubernetes.Interface) []route {
	t.Helper()
	get := func(path string, into any) {
		t.Helper()
		body, err := c.Discovery().RESTClient().Get().AbsPath(path).SetHeader("Accept", "application/json").DoRaw(t.Context())
		if err == nil {
			err = json.Unmarshal(body, into)
		}
		if err != nil {
			t.Fatalf("get %s: %v", path, err)
		}
	}
	all := sets.New[route]()
	var index struct{ Paths map[string]any }
	get("/openapi/v3", &index)
	fill := strings.NewReplacer("{namespace}", "default", "{path}", "etc/passwd", "{name}", "seen", "{logpath}", "syslog")
	for group := range index.Paths {
		var doc struct{ Paths map[string]map[string]any }
		get("/openapi/v3/"+group, &doc)
		for path, methods := range doc.Paths {
			for method := range methods {
				if method != "parameters" {
					all.Insert(route{strings.ToUpper(method), fill.Replace(path)})
				}
			}
		}
	}
	var root struct{ Paths []string }
	get("/", &root)
	more := []string{
		"/", "/logs", "/logs/syslog", "/metrics", "/metrics/slis", "/metrics/resources", "/debug/pprof/", "/debug/pprof/heap", "/debug/flags/v",
		"/debug/api_priority_and_fairness/dump_requests", "/debug/controllers", "/configz", "/statusz", "/flagz", "/openapi/v2", "/openapi/v3",
		"/openid/v1/jwks", "/.well-known/openid-configuration", "/version", "/version/", "/swagger.json", "/no/such/path",
		"/api/v1/namespaces/default/secrets?watch=true", "/api/v1/secrets?watch=true&timeoutSeconds=1", "/api/v1/pods?limit=1",
		"/api/v1/namespaces/default/pods/seen/exec?command=id&stdout=true", "/api/v1/namespaces/default/pods/seen/log?follow=true",
		"/apis/example.com/v1/things", "/apis/example.com/v1/namespaces/default/things/seen",
	}
	for _, path := range append(root.Paths, more...) {
		all.Insert(route{http.MethodGet, path}, route{http.MethodPost, path})
	}
	discovered(t, c, all, fill)
	return slices.SortedFunc(maps.Keys(all), func(a, b route) int {
		return strings.Compare(a.path+" "+a.method, b.path+" "+b.method)
	})
}

// discovered checks that no resource of discovery is missing in the routes.
func discovered(t *testing.T, c kubernetes.Interface, all sets.Set[route], fill *strings.Replacer) {
	t.Helper()
	_, lists, err := c.Discovery().ServerGroupsAndResources()
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, l := range lists {
		prefix := "/apis/" + l.GroupVersion
		if l.GroupVersion == "v1" {
			prefix = "/api/v1"
		}
		for _, r := range l.APIResources {
			count++
			plural, sub, has := strings.Cut(r.Name, "/")
			path := prefix + "/" + plural
			if r.Namespaced {
				path = prefix + "/namespaces/{namespace}/" + plural
			}
			if has {
				path += "/{name}/" + sub
			}
			if !slices.ContainsFunc([]string{"GET", "POST", "PUT"}, func(m string) bool { return all.Has(route{m, fill.Replace(path)}) }) {
				t.Errorf("%s %s is discovered and no route", l.GroupVersion, r.Name)
			}
		}
	}
	if count < 100 {
		t.Errorf("discovery names %d resources, want at least 100", count)
	}
}

// What anonymous requests and users without a role may do.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
func anonymousMay(r route) bool {
	return r.method == http.MethodGet && slices.Contains([]string{"/healthz", "/livez", "/readyz", "/version", "/version/"}, r.path)
}

func everyoneMay(r route) bool {
	if anonymousMay(r) {
		return true
	}
	if r.method == http.MethodPost {
		return strings.HasPrefix(r.path, "/apis/authorization.k8s.io/v1/selfsubject") || r.path == "/apis/authentication.k8s.io/v1/selfsubjectreviews"
	}
	if r.method != http.MethodGet {
		return false
	}
	if slices.Contains([]string{"/api", "/api/", "/apis", "/apis/"}, r.path) || strings.HasPrefix(r.path, "/openapi") {
		return true
	}
	// Documents of groups and versions; what is below is resources.
	parts := strings.Split(strings.Trim(r.path, "/"), "/")
	return parts[0] == "api" && len(parts) == 2 || parts[0] == "apis" && len(parts) <= 3
}

// stored is every object in the store, by key, with the revision of its last
// write; what the server itself keeps writing is left out.
func stored(ctx context.Context, t *testing.T, c *clientv3.Client) map[string]int64 {
	t.Helper()
	got, err := c.Get(ctx, "/", clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int64{}
	for _, kv := range got.Kvs {
		if key := string(kv.Key); !strings.Contains(key, "/leases/") && !strings.Contains(key, "/flowschemas/") && !strings.Contains(key, "/prioritylevelconfigurations/") {
			out[key] = kv.ModRevision
		}
	}
	if len(out) < 50 {
		t.Fatalf("the store holds %d objects; the test looks at the wrong keys", len(out))
	}
	return out
}
