package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
)

// namespaceFinder finds namespaces, in the API if the informer does not know them yet.
type namespaceFinder struct {
	handler
	namespaces corelisters.NamespaceLister
	client     kubernetes.Interface
}

func newNamespaceFinder(e env, operations ...admission.Operation) namespaceFinder {
	namespaces := e.informers.Core().V1().Namespaces()
	return namespaceFinder{newHandler(operations, namespaces.Informer()), namespaces.Lister(), e.client}
}

// find returns a namespace, or an error of the API.
func (f namespaceFinder) find(ctx context.Context, name string) (*corev1.Namespace, error) {
	ns, err := f.namespaces.Get(name)
	if apierrors.IsNotFound(err) {
		return f.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	}
	return ns, err
}

// isNamespace: a request about a namespace itself, which is in none.
func isNamespace(a admission.Attributes) bool {
	return a.GetNamespace() == "" || a.GetKind().GroupKind() == corev1.SchemeGroupVersion.WithKind("Namespace").GroupKind()
}

// namespaceExists refuses every write in a namespace that is not there.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespaceexists
type namespaceExists struct{ namespaceFinder }

func newNamespaceExists(e env) (admission.Interface, error) {
	return &namespaceExists{newNamespaceFinder(e, admission.Create, admission.Update, admission.Delete)}, nil
}

// Validate implements admission.ValidationInterface.
func (p *namespaceExists) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if isNamespace(a) {
		return nil
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	_, err := p.find(ctx, a.GetNamespace())
	if err == nil || apierrors.IsNotFound(err) {
		return err
	}
	return apierrors.NewInternalError(err)
}
