package lint_test

import (
	"testing"

	"github.com/seatrial/seatrial/harness/lint"
	"github.com/seatrial/seatrial/harness/spec"
)

func TestWhatNobodyRemovesIsFound(t *testing.T) {
	const binding = "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\n"
	for _, c := range []struct{ line, text, want string }{
		{`I call "kubectl create clusterrolebinding a --clusterrole=view --user=jane"`, "", "clusterrolebinding"},
		{`I try to call "kubectl --as=jane create ns ${ns}-b"`, "", "ns"},
		{`I call "kubectl create clusterrole a --verb=get --resource=pods --dry-run=client"`, "", ""},
		{`I call "kubectl create rolebinding a --clusterrole=view --user=jane"`, "", ""},
		{`I call "kubectl create secret generic namespace"`, "", ""},
		{`I call "kubectl apply --server-side -f -":`, binding, "ClusterRoleBinding"},
		{`I call "kubectl create -f -":`, `{"kind": "PriorityClass"}`, "PriorityClass"},
		{`I call "kubectl create -f -":`, "kind: ConfigMap\ndata: {kind: Node}", ""},
		{`I call "kubectl create --dry-run=server -f -":`, binding, ""},
		{`I call "kubectl delete -f -":`, binding, ""},
		{`I send POST "/api/v1/nodes":`, "kind: Node", "/api/v1/nodes"},
		{`I send POST "/api/v1/nodes?dryRun=All":`, "kind: Node", ""},
		{`I send POST "/api/v1/namespaces?fieldValidation=Strict":`, "", "/api/v1/namespaces"},
		{`I send POST "/api/v1/namespaces/${ns}/configmaps":`, "", ""},
		{`I send POST "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":`, "", ""},
		{`I create Namespace "${ns}-b"`, "", ""},
	} {
		step := spec.Step{Text: c.line}
		if c.text != "" {
			step.Doc = &c.text
		}
		if got := lint.Leaves(step); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.line, c.text, got, c.want)
		}
	}
}
