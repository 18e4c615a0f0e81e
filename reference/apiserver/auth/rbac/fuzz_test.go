package rbac

import (
	"slices"
	"strings"
	"testing"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// FuzzRuleMatching: a rule that covers another, which is what guards against escalation, allows every request that the other allows.
func FuzzRuleMatching(f *testing.F) {
	f.Add("get,list|apps|deployments/scale|web|", "get|apps|*/scale||", "get apps deployments scale web")
	f.Add("*|*|*||", "get||pods/log|a,b|", "get  pods log a")
	f.Add("get||||/healthz/*", "get||||/healthz/etcd", "get /healthz/etcd")
	f.Add("get||||*", "*||||/a*", "get /a/b")
	f.Fuzz(func(t *testing.T, wide, narrow, request string) {
		a, ok := attributes(request)
		if !ok {
			t.Skip("not a request")
		}
		owner, wanted := rule(wide), rule(narrow)
		allowed := RuleAllows(&wanted, a)
		covers, _ := validation.Covers([]rbacv1.PolicyRule{owner}, []rbacv1.PolicyRule{wanted})
		if covers && allowed && !RuleAllows(&owner, a) {
			t.Errorf("%+v covers %+v, which allows %q, but it does not", owner, wanted, request)
		}
	})
}

// rule reads "verbs|groups|resources|names|paths".
func rule(s string) rbacv1.PolicyRule {
	parts := append(strings.Split(s, "|"), make([]string, 5)...)
	list := func(i int) []string {
		return slices.DeleteFunc(strings.Split(parts[i], ","), func(s string) bool { return s == "" && i != 1 })
	}
	return rbacv1.PolicyRule{Verbs: list(0), APIGroups: list(1), Resources: list(2), ResourceNames: list(3), NonResourceURLs: list(4)}
}

// attributes reads "verb path" or "verb group resource subresource name".
func attributes(s string) (authorizer.AttributesRecord, bool) {
	p := strings.Split(s, " ")
	switch len(p) {
	case 2:
		return authorizer.AttributesRecord{User: &user.DefaultInfo{}, Verb: p[0], Path: p[1]}, p[0] != "*"
	case 5:
		return authorizer.AttributesRecord{
			User: &user.DefaultInfo{}, Verb: p[0], APIGroup: p[1], Resource: p[2], Subresource: p[3], Name: p[4], ResourceRequest: true,
		}, true
	}
	return authorizer.AttributesRecord{}, false
}
