package admission

import (
	"errors"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"
)

func inPhase(name string, phase corev1.NamespacePhase) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}, Status: corev1.NamespaceStatus{Phase: phase}}
}

func configMap(namespace string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: meta(namespace, "c")}
}

func TestContentNeedsALivingNamespace(t *testing.T) {
	b := start(t, newNamespaceLifecycle, nil, inPhase("live", corev1.NamespaceActive), inPhase("dying", corev1.NamespaceTerminating))
	expect(t, b.run(t, request{path: "configmaps", obj: configMap("live")}), "")
	expect(t, b.run(t, request{path: "configmaps", obj: configMap("gone")}), `namespaces "gone" not found`)
	expect(t, b.run(t, request{path: "configmaps", obj: configMap("dying"), old: configMap("dying")}), "")
	err := b.run(t, request{path: "configmaps", obj: configMap("dying")})
	expect(t, err, `configmaps "c" is forbidden: unable to create new content in namespace dying because it is being terminated`)
	if !apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		t.Errorf("%v lacks the cause NamespaceTerminating", err)
	}
	review := &authorizationv1.LocalSubjectAccessReview{ObjectMeta: meta("gone", "")}
	expect(t, b.run(t, request{path: "authorization.k8s.io/localsubjectaccessreviews", obj: review}), "")
}

func TestANewNamespaceIsFoundAtOnce(t *testing.T) {
	b := start(t, newNamespaceLifecycle, nil)
	// Past the informer: the fake client's tracker tells it later than this.
	if _, err := b.client.CoreV1().Namespaces().Create(t.Context(), inPhase("new", corev1.NamespaceActive), metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	expect(t, b.run(t, request{path: "configmaps", obj: configMap("new")}), "")
}

func TestSomeNamespacesAreImmortal(t *testing.T) {
	b := start(t, newNamespaceLifecycle, nil)
	for name, want := range map[string]string{"default": "this namespace may not be deleted", "kube-system": "may not", "kube-public": "may not", "mine": ""} {
		expect(t, b.remove(t, name), want)
	}
}

func TestADeletedNamespaceIsLookedUpAgain(t *testing.T) {
	b := start(t, newNamespaceLifecycle, nil, inPhase("doomed", corev1.NamespaceActive))
	expect(t, b.remove(t, "doomed"), "")
	asked := errors.New("the API was asked")
	b.client.PrependReactor("get", "namespaces", fails(asked))
	expect(t, b.run(t, request{path: "configmaps", obj: configMap("doomed")}), "the API was asked")
}

// remove asks whether a namespace may be deleted.
func (b *bench) remove(t *testing.T, name string) error {
	t.Helper()
	gv := corev1.SchemeGroupVersion
	a := admission.NewAttributesRecord(nil, nil, gv.WithKind("Namespace"), name, name, gv.WithResource("namespaces"), "", admission.Delete, nil, false, &user.DefaultInfo{})
	return b.plugin.(admission.MutationInterface).Admit(t.Context(), a, nil)
}
