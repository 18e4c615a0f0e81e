package abac_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/seatrial/seatrial/reference/apiserver/auth/abac"
)

func load(t *testing.T, specs ...string) abac.Authorizer {
	t.Helper()
	var lines []string
	for _, s := range specs {
		lines = append(lines, `{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":`+s+`}`)
	}
	path := filepath.Join(t.TempDir(), "policy.jsonl")
	if err := os.WriteFile(path, []byte("# comment\n\n"+strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	z, err := abac.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestPolicyAllowsWhatItNames(t *testing.T) {
	u := func(name string, groups ...string) user.Info { return &user.DefaultInfo{Name: name, Groups: groups} }
	res := func(who user.Info, verb, ns, group, resource string) authorizer.AttributesRecord {
		return authorizer.AttributesRecord{User: who, Verb: verb, Namespace: ns, APIGroup: group, Resource: resource, ResourceRequest: true}
	}
	path := func(who user.Info, verb, p string) authorizer.AttributesRecord {
		return authorizer.AttributesRecord{User: who, Verb: verb, Path: p}
	}
	tests := map[string]struct {
		spec  string
		attrs authorizer.AttributesRecord
		allow bool
	}{
		"user reads":              {`{"user":"bob","namespace":"blue","resource":"pods","readonly":true}`, res(u("bob"), "list", "blue", "", "pods"), true},
		"readonly stops writes":   {`{"user":"bob","namespace":"blue","resource":"pods","readonly":true}`, res(u("bob"), "delete", "blue", "", "pods"), false},
		"another user":            {`{"user":"bob","namespace":"blue","resource":"pods"}`, res(u("eve"), "list", "blue", "", "pods"), false},
		"another namespace":       {`{"user":"bob","namespace":"blue","resource":"pods"}`, res(u("bob"), "list", "red", "", "pods"), false},
		"no namespace is not all": {`{"user":"bob","resource":"pods"}`, res(u("bob"), "list", "blue", "", "pods"), false},
		"all namespaces":          {`{"user":"bob","namespace":"*","resource":"*","apiGroup":"*"}`, res(u("bob"), "delete", "blue", "apps", "deployments"), true},
		"another API group":       {`{"user":"bob","namespace":"*","resource":"*"}`, res(u("bob"), "delete", "blue", "apps", "deployments"), false},
		"group":                   {`{"group":"devs","namespace":"*","resource":"pods"}`, res(u("x", "devs"), "get", "blue", "", "pods"), true},
		"user and group":          {`{"user":"bob","group":"devs","namespace":"*","resource":"pods"}`, res(u("bob", "ops"), "get", "blue", "", "pods"), false},
		"everybody known":         {`{"user":"*","namespace":"*","resource":"pods"}`, res(u("x", "system:authenticated"), "get", "blue", "", "pods"), true},
		"everybody is not nobody": {`{"user":"*","namespace":"*","resource":"pods"}`, res(u("system:anonymous", "system:unauthenticated"), "get", "blue", "", "pods"), false},
		"no subject":              {`{"namespace":"*","resource":"pods"}`, res(u("bob"), "get", "blue", "", "pods"), false},
		"path":                    {`{"user":"bob","nonResourcePath":"/healthz","readonly":true}`, path(u("bob"), "get", "/healthz"), true},
		"paths":                   {`{"user":"bob","nonResourcePath":"/apis/*"}`, path(u("bob"), "get", "/apis/apps"), true},
		"another path":            {`{"user":"bob","nonResourcePath":"/healthz"}`, path(u("bob"), "get", "/metrics"), false},
		"a resource is no path":   {`{"user":"bob","namespace":"*","resource":"*","apiGroup":"*"}`, path(u("bob"), "get", "/metrics"), false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			d, _, err := load(t, tt.spec).Authorize(t.Context(), tt.attrs)
			if err != nil || (d == authorizer.DecisionAllow) != tt.allow {
				t.Errorf("got %v %v", d, err)
			}
		})
	}
}

func TestRulesForListsPolicies(t *testing.T) {
	z := load(t, `{"user":"bob","namespace":"blue","resource":"pods","readonly":true}`, `{"user":"bob","nonResourcePath":"/healthz"}`, `{"user":"eve","namespace":"*","resource":"*"}`)
	resources, paths, _, err := z.RulesFor(t.Context(), &user.DefaultInfo{Name: "bob"}, "blue")
	if err != nil || len(resources) != 1 || len(paths) != 1 || strings.Join(resources[0].GetVerbs(), ",") != "get,list,watch" {
		t.Errorf("got %v %v %v", resources, paths, err)
	}
}
