// Package serviceaccount keeps a ServiceAccount named "default" in every namespace.
package serviceaccount

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"

	"github.com/seatrial/seatrial/reference/controller"
)

// name is what pods that name no service account run as.
const name = "default"

// New declares the controller. Its keys are namespaces.
func New(env controller.Env) (controller.Controller, error) {
	namespaces, accounts := env.Informers.Core().V1().Namespaces(), env.Informers.Core().V1().ServiceAccounts()
	r := &reconciler{client: env.Client, namespaces: namespaces.Lister(), accounts: accounts.Lister()}
	return controller.Controller{
		Name: "serviceaccount",
		Watches: []controller.Watch{
			{Informer: namespaces.Informer()},
			{Informer: accounts.Informer(), Keys: namespaceOf, Matters: func(any, any) bool { return false }},
		},
		Reconcile: r.reconcile,
		Workers:   4,
	}, nil
}

func namespaceOf(obj any) []controller.Key {
	account, ok := obj.(*corev1.ServiceAccount)
	if !ok || account.Name != name {
		return nil
	}
	return []controller.Key{{Name: account.Namespace}}
}

type reconciler struct {
	client     kubernetes.Interface
	namespaces corelisters.NamespaceLister
	accounts   corelisters.ServiceAccountLister
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	ns, err := r.namespaces.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	_, err = r.accounts.ServiceAccounts(ns.Name).Get(name)
	if err != nil && !apierrors.IsNotFound(err) {
		return 0, err
	}
	if !plan(ns, err == nil) {
		return 0, nil
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: ns.Name, Name: name}}
	_, err = r.client.CoreV1().ServiceAccounts(ns.Name).Create(ctx, account, metav1.CreateOptions{})
	if err == nil || apierrors.IsAlreadyExists(err) || apierrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
		return 0, nil
	}
	return 0, fmt.Errorf("create service account %q: %w", name, err)
}

// plan reports whether the account has to be created.
func plan(ns *corev1.Namespace, exists bool) bool {
	return !exists && ns.DeletionTimestamp == nil && ns.Status.Phase != corev1.NamespaceTerminating
}
