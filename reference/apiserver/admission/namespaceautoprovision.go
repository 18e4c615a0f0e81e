package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/admission"
)

// namespaceAutoProvision creates the namespace of a new object if it is not there.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#namespaceautoprovision
type namespaceAutoProvision struct{ namespaceFinder }

func newNamespaceAutoProvision(e env) (admission.Interface, error) {
	return &namespaceAutoProvision{newNamespaceFinder(e, admission.Create)}, nil
}

// Admit implements admission.MutationInterface. A dry run leaves nothing
// behind, so that its object is refused.
func (p *namespaceAutoProvision) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if isNamespace(a) || a.IsDryRun() {
		return nil
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	if _, err := p.namespaces.Get(a.GetNamespace()); err == nil {
		return nil
	}
	ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.GetNamespace()}}
	_, err := p.client.CoreV1().Namespaces().Create(ctx, ns, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}
