// Package satoken fills Secrets of type kubernetes.io/service-account-token with a token, and removes them with their service account.
package satoken

import (
	"bytes"
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"

	"github.com/seatrial/seatrial/reference/controller"
)

// Issuer signs the token of a Secret. It does not expire; it is good as long as the Secret holds it.
type Issuer interface {
	IssueForSecret(sa *corev1.ServiceAccount, secret *corev1.Secret) (string, error)
}

// New declares the controller. ca is the bundle, in PEM, that goes with the tokens.
func New(env controller.Env, issuer Issuer, ca []byte) (controller.Controller, error) {
	accounts := env.Informers.Core().V1().ServiceAccounts()
	secrets := coreinformers.NewFilteredSecretInformer(env.Client, metav1.NamespaceAll, 0,
		cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}, func(opts *metav1.ListOptions) {
			opts.FieldSelector = fields.OneTermEqualSelector("type", string(corev1.SecretTypeServiceAccountToken)).String()
		})
	if err := secrets.SetTransform(controller.StripManagedFields); err != nil {
		return controller.Controller{}, fmt.Errorf("watch secrets: %w", err)
	}
	r := &reconciler{
		client: env.Client, issuer: issuer, ca: ca, writes: controller.NewWrites(),
		accounts: accounts.Lister(), secrets: corelisters.NewSecretLister(secrets.GetIndexer()), informer: secrets,
	}
	return controller.Controller{
		Name: "serviceaccount-token",
		Watches: []controller.Watch{
			{Informer: secrets},
			{Informer: accounts.Informer(), Keys: r.secretsOf},
		},
		Reconcile: r.reconcile,
		Writes:    r.writes,
		Beside:    secrets.RunWithContext,
	}, nil
}

type reconciler struct {
	client   kubernetes.Interface
	issuer   Issuer
	ca       []byte
	writes   *controller.Writes
	accounts corelisters.ServiceAccountLister
	secrets  corelisters.SecretLister
	informer cache.SharedIndexInformer
}

func (r *reconciler) secretsOf(obj any) (keys []controller.Key) {
	account, ok := obj.(*corev1.ServiceAccount)
	if !ok {
		return nil
	}
	items, err := r.informer.GetIndexer().ByIndex(cache.NamespaceIndex, account.Namespace)
	if err != nil {
		return nil
	}
	for _, item := range items {
		if s, ok := item.(*corev1.Secret); ok && s.Annotations[corev1.ServiceAccountNameKey] == account.Name {
			keys = append(keys, cache.MetaObjectToName(s))
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	secret, err := r.secrets.Secrets(key.Namespace).Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && (secret.DeletionTimestamp != nil || secret.Type != corev1.SecretTypeServiceAccountToken) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	account, err := r.account(ctx, secret)
	if err != nil {
		return 0, err
	}
	if account == nil {
		return 0, r.remove(ctx, key, secret)
	}
	next := plan(secret, account, r.ca)
	if next == nil {
		return 0, nil
	}
	if len(next.Data[corev1.ServiceAccountTokenKey]) == 0 {
		token, err := r.issuer.IssueForSecret(account, next)
		if err != nil {
			return 0, fmt.Errorf("issue token: %w", err)
		}
		next.Data[corev1.ServiceAccountTokenKey] = []byte(token)
	}
	saved, err := r.client.CoreV1().Secrets(key.Namespace).Update(ctx, next, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("update secret: %w", err)
	}
	r.writes.Saved(key, r.informer, saved)
	return 0, nil
}

// account is that of the Secret; nil when it does not exist, which the API server confirms.
func (r *reconciler) account(ctx context.Context, secret *corev1.Secret) (*corev1.ServiceAccount, error) {
	name, uid := secret.Annotations[corev1.ServiceAccountNameKey], secret.Annotations[corev1.ServiceAccountUIDKey]
	account, err := r.accounts.ServiceAccounts(secret.Namespace).Get(name)
	if apierrors.IsNotFound(err) || err == nil && uid != "" && uid != string(account.UID) {
		account, err = r.client.CoreV1().ServiceAccounts(secret.Namespace).Get(ctx, name, metav1.GetOptions{})
	}
	if apierrors.IsNotFound(err) || err == nil && uid != "" && uid != string(account.UID) {
		return nil, nil
	}
	return account, err
}

func (r *reconciler) remove(ctx context.Context, key controller.Key, secret *corev1.Secret) error {
	err := r.client.CoreV1().Secrets(key.Namespace).Delete(ctx, key.Name, metav1.DeleteOptions{
		Preconditions: &metav1.Preconditions{UID: &secret.UID, ResourceVersion: &secret.ResourceVersion},
	})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("delete secret: %w", err)
	}
	return nil
}

// plan returns the Secret to write, where a missing token is still to be issued; nil when it is right.
func plan(secret *corev1.Secret, account *corev1.ServiceAccount, ca []byte) *corev1.Secret {
	data := secret.Data
	if secret.Annotations[corev1.ServiceAccountUIDKey] == string(account.UID) && len(data[corev1.ServiceAccountTokenKey]) > 0 &&
		bytes.Equal(data[corev1.ServiceAccountRootCAKey], ca) && string(data[corev1.ServiceAccountNamespaceKey]) == secret.Namespace {
		return nil
	}
	next := secret.DeepCopy()
	if next.Data == nil {
		next.Data = map[string][]byte{}
	}
	next.Annotations[corev1.ServiceAccountUIDKey] = string(account.UID)
	next.Data[corev1.ServiceAccountRootCAKey] = ca
	next.Data[corev1.ServiceAccountNamespaceKey] = []byte(secret.Namespace)
	return next
}
