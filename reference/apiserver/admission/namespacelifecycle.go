package admission

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilcache "k8s.io/apimachinery/pkg/util/cache"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
)

// After the deletion of a namespace the informer is not trusted about it for
// this long.
const (
	distrust     = 30 * time.Second
	maxDistrusts = 100
)

// namespaceLifecycle refuses objects in a namespace that is not there or is
// being deleted, and keeps three namespaces from deletion.
//
// The plugin of the library sleeps 50 ms before it asks the API for a
// namespace that its informer does not know; this one asks at once.
type namespaceLifecycle struct {
	handler
	namespaces corelisters.NamespaceLister
	client     kubernetes.Interface
	deleted    *utilcache.LRUExpireCache // names
}

func newNamespaceLifecycle(e env) (admission.Interface, error) {
	namespaces := e.informers.Core().V1().Namespaces()
	h := newHandler([]admission.Operation{admission.Create, admission.Update, admission.Delete}, namespaces.Informer())
	return &namespaceLifecycle{
		handler: h, namespaces: namespaces.Lister(), client: e.client, deleted: utilcache.NewLRUExpireCache(maxDistrusts),
	}, nil
}

// Admit implements admission.MutationInterface: the first plugins to mutate
// must not do so in vain.
func (p *namespaceLifecycle) Admit(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if a.GetKind().GroupKind() == corev1.SchemeGroupVersion.WithKind("Namespace").GroupKind() {
		return p.namespace(a)
	}
	// A review of access must not tell who has no access that a namespace is not there.
	if a.GetNamespace() == "" || a.GetOperation() == admission.Delete || is(a, "authorization.k8s.io", "localsubjectaccessreviews") {
		return nil
	}
	if !p.WaitForReady() {
		return notReady(a)
	}
	ns, err := p.find(ctx, a.GetNamespace())
	switch {
	case apierrors.IsNotFound(err):
		return err
	case err != nil:
		return apierrors.NewInternalError(err)
	case a.GetOperation() == admission.Create && ns.Status.Phase == corev1.NamespaceTerminating:
		return terminating(a)
	}
	return nil
}

// namespace is about the namespaces themselves.
func (p *namespaceLifecycle) namespace(a admission.Attributes) error {
	if a.GetOperation() != admission.Delete {
		return nil
	}
	switch a.GetName() {
	case metav1.NamespaceDefault, metav1.NamespaceSystem, metav1.NamespacePublic:
		return forbid(a, "this namespace may not be deleted")
	}
	p.deleted.Add(a.GetName(), true, distrust)
	return nil
}

func (p *namespaceLifecycle) find(ctx context.Context, name string) (*corev1.Namespace, error) {
	ns, err := p.namespaces.Get(name)
	if err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	if _, distrusted := p.deleted.Get(name); err == nil && (!distrusted || ns.Status.Phase != corev1.NamespaceActive) {
		return ns, nil
	}
	return p.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
}

func terminating(a admission.Attributes) error {
	err := forbid(a, "unable to create new content in namespace %s because it is being terminated", a.GetNamespace())
	if s, ok := err.(*apierrors.StatusError); ok { //nolint:errorlint // just made
		s.ErrStatus.Details.Causes = append(s.ErrStatus.Details.Causes, metav1.StatusCause{
			Type: corev1.NamespaceTerminatingCause, Field: "metadata.namespace",
			Message: fmt.Sprintf("namespace %s is being terminated", a.GetNamespace()),
		})
	}
	return err
}
