package abac

import (
	"testing"

	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

func FuzzPolicyLine(f *testing.F) {
	f.Add([]byte(`{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"*","nonResourcePath":"/x*","readonly":true}}`))
	f.Add([]byte(`{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"group":"a","namespace":"*","resource":"pods","apiGroup":"*"}}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		p, err := parse(line)
		if err != nil {
			return
		}
		nobody := authorizer.AttributesRecord{User: &user.DefaultInfo{}, Verb: "get", Resource: "secrets", ResourceRequest: true}
		if p.User == "" && p.Group == "" && p.allows(nobody) {
			t.Errorf("a policy for nobody allows a request: %s", line)
		}
	})
}
