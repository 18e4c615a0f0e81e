package rbac_test

import (
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"

	"github.com/seatrial/seatrial/reference/apiserver/auth/bootstrap"
)

// BenchmarkAuthorize decides for a service account without any rights under
// the default policy: every binding of its groups is looked at.
func BenchmarkAuthorize(b *testing.B) {
	p, err := bootstrap.Default()
	if err != nil {
		b.Fatal(err)
	}
	var objs []runtime.Object
	for _, r := range p.ClusterRoles {
		objs = append(objs, r)
	}
	for _, r := range p.ClusterRoleBindings {
		objs = append(objs, r)
	}
	z := start(b, objs...)
	a := authorizer.AttributesRecord{
		User: &user.DefaultInfo{Name: "system:serviceaccount:blue:bot", Groups: []string{"system:serviceaccounts", "system:serviceaccounts:blue", "system:authenticated"}},
		Verb: "list", Namespace: "blue", Resource: "pods", ResourceRequest: true,
	}
	b.ReportAllocs()
	for b.Loop() {
		if d, _, err := z.Authorize(b.Context(), a); err != nil || d == authorizer.DecisionAllow {
			b.Fatal(d, err)
		}
	}
}
