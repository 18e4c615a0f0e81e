package admission

import (
	"context"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// only allows what it lists: "verb namespace/group/resource/subresource/name".
type only map[string]bool

func (o only) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	what := fmt.Sprintf("%s %s/%s/%s/%s/%s", a.GetVerb(), a.GetNamespace(), a.GetAPIGroup(), a.GetResource(), a.GetSubresource(), a.GetName())
	if o[what] {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

func TestOwnersAreSetByWhoMayDelete(t *testing.T) {
	const notDelete = "cannot set an ownerRef on a resource you can't delete: , <nil>"
	const notFinalize = "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>"
	owner := func(kind, uid string, block bool) metav1.OwnerReference {
		return metav1.OwnerReference{APIVersion: "v1", Kind: kind, Name: "o", UID: types.UID(uid), BlockOwnerDeletion: &block}
	}
	owned := func(refs ...metav1.OwnerReference) *corev1.Pod {
		p := pod(corev1.PodSpec{})
		p.OwnerReferences = refs
		return p
	}
	build := func(e env) (admission.Interface, error) {
		m := apimeta.NewDefaultRESTMapper(nil)
		m.Add(corev1.SchemeGroupVersion.WithKind("Secret"), apimeta.RESTScopeNamespace)
		m.Add(corev1.SchemeGroupVersion.WithKind("Node"), apimeta.RESTScopeRoot)
		e.mapper = m
		return newOwnerReferencesPermissionEnforcement(e)
	}
	const mayDelete, finalizeSecret, finalizeNode, finalizeAll = "delete blue//pods//p", "update blue//secrets/finalizers/o", "update //nodes/finalizers/o", "update blue/*/*/finalizers/*"
	plain, blocking := owned(owner("Secret", "1", false)), owned(owner("Secret", "1", true))
	tests := map[string]struct { // the texts are upstream's
		may      []string
		path     string
		old, now *corev1.Pod
		want     string
	}{
		"create":                       {nil, "pods", nil, plain, ""},
		"create that blocks":           {nil, "pods", nil, blocking, notFinalize},
		"create that may block":        {[]string{finalizeSecret}, "pods", nil, blocking, ""},
		"owner without a namespace":    {[]string{finalizeNode}, "pods", nil, owned(owner("Node", "2", true)), ""},
		"unknown kind":                 {[]string{finalizeSecret}, "pods", nil, owned(owner("Zork", "2", true)), "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion v1 Kind Zork: no matches for kind \"Zork\" in version \"v1\""},
		"unknown kind, may everything": {[]string{finalizeAll}, "pods", nil, owned(owner("Zork", "2", true)), ""},
		"update adds":                  {nil, "pods", owned(), plain, notDelete},
		"update removes":               {nil, "pods", plain, owned(), notDelete},
		"update by who may delete":     {[]string{mayDelete}, "pods", owned(), plain, ""},
		"update begins to block":       {[]string{mayDelete}, "pods", plain, blocking, notFinalize},
		"update stops to block":        {[]string{mayDelete}, "pods", blocking, plain, ""},
		"update with another owner":    {[]string{mayDelete}, "pods", blocking, owned(owner("Secret", "1", true), owner("Secret", "2", false)), ""},
		"nothing changes":              {nil, "pods", blocking, blocking, ""},
		"status of a pod":              {nil, "pods/status", owned(), plain, ""},
		"another part":                 {[]string{mayDelete}, "pods/ephemeralcontainers", owned(), plain, notDelete},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			allowed := only{}
			for _, m := range tt.may {
				allowed[m] = true
			}
			r := request{path: tt.path, obj: tt.now, user: "joe"}
			if tt.old != nil {
				r.old = tt.old
			}
			expect(t, start(t, build, allowed).run(t, r), tt.want)
		})
	}
}
