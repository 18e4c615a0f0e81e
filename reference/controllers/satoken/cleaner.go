package satoken

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"

	"github.com/seatrial/seatrial/reference/controller"
)

const (
	cleanInterval = 24 * time.Hour
	// cleanPeriod is how long a token is not used before it is marked, and again before its Secret
	// goes; upstream's default of --legacy-service-account-token-clean-up-period.
	cleanPeriod = 365 * 24 * time.Hour

	trackingName      = "kube-apiserver-legacy-service-account-token-tracking" // a ConfigMap in kube-system
	trackingKey       = "since"                                                // a day
	lastUsedLabel     = "kubernetes.io/legacy-token-last-used"                 // a day
	invalidSinceLabel = "kubernetes.io/legacy-token-invalid-since"             // a day
)

// NewCleaner declares the controller that removes Secrets with tokens that were made for service accounts by themselves, as before v1.24,
// that no pod mounts, and that nobody has used for a year: first it marks them, which makes the token invalid, a year later it deletes them.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#legacy-serviceaccount-token-cleaner
func NewCleaner(env controller.Env) (controller.Controller, error) {
	pods, accounts := env.Informers.Core().V1().Pods(), env.Informers.Core().V1().ServiceAccounts()
	c := &cleaner{client: env.Client, pods: pods.Lister(), accounts: accounts.Lister()}
	return controller.Controller{
		Name: "legacy-service-account-token-cleaner",
		Watches: []controller.Watch{ // for the listers: no object asks for a run
			{Informer: pods.Informer(), Keys: noKeys},
			{Informer: accounts.Informer(), Keys: noKeys},
		},
		Every:     cleanInterval,
		Reconcile: c.reconcile,
	}, nil
}

func noKeys(any) []controller.Key { return nil }

type cleaner struct {
	client   kubernetes.Interface
	pods     corelisters.PodLister
	accounts corelisters.ServiceAccountLister
}

func (c *cleaner) reconcile(ctx context.Context, _ controller.Key) (time.Duration, error) {
	now := time.Now()
	tracking, err := c.client.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, trackingName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return 0, nil // an API server that does not say who uses tokens
	}
	if err != nil {
		return 0, fmt.Errorf("read since when tokens are tracked: %w", err)
	}
	if since, ok := day(tracking.Data[trackingKey]); !ok || now.Before(since.Add(cleanPeriod)) {
		return 0, nil
	}
	secrets, err := c.client.CoreV1().Secrets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("type", string(corev1.SecretTypeServiceAccountToken)).String(),
	})
	if err != nil {
		return 0, fmt.Errorf("list secrets with tokens: %w", err)
	}
	var errs []error
	for i := range secrets.Items {
		errs = append(errs, c.clean(ctx, &secrets.Items[i], now))
	}
	return 0, errors.Join(errs...)
}

func (c *cleaner) clean(ctx context.Context, secret *corev1.Secret, now time.Time) error {
	next := planCleaning(secret, now)
	if next == keep || !c.generated(secret) {
		return nil
	}
	mounted, err := c.mounted(secret)
	if err != nil || mounted {
		return err
	}
	secrets := c.client.CoreV1().Secrets(secret.Namespace)
	if next == remove {
		err = secrets.Delete(ctx, secret.Name, metav1.DeleteOptions{
			Preconditions: &metav1.Preconditions{UID: &secret.UID, ResourceVersion: &secret.ResourceVersion},
		})
	} else {
		err = mark(ctx, c.client, secret, now)
	}
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) { // the next day is early enough
		return fmt.Errorf("clean up secret %q: %w", secret.Namespace+"/"+secret.Name, err)
	}
	return nil
}

func mark(ctx context.Context, client kubernetes.Interface, secret *corev1.Secret, now time.Time) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": secret.UID, "resourceVersion": secret.ResourceVersion,
		"labels": map[string]string{invalidSinceLabel: now.UTC().Format(time.DateOnly)},
	}})
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Secrets(secret.Namespace).Patch(ctx, secret.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

// generated: a Secret that its service account lists was not made by hand.
func (c *cleaner) generated(secret *corev1.Secret) bool {
	sa, err := c.accounts.ServiceAccounts(secret.Namespace).Get(secret.Annotations[corev1.ServiceAccountNameKey])
	return err == nil && string(sa.UID) == secret.Annotations[corev1.ServiceAccountUIDKey] &&
		slices.ContainsFunc(sa.Secrets, func(r corev1.ObjectReference) bool { return r.Name == secret.Name })
}

func (c *cleaner) mounted(secret *corev1.Secret) (bool, error) {
	pods, err := c.pods.Pods(secret.Namespace).List(labels.Everything())
	return slices.ContainsFunc(pods, func(p *corev1.Pod) bool {
		return slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool { return v.Secret != nil && v.Secret.SecretName == secret.Name })
	}), err
}

type step int

const (
	keep step = iota
	invalidate
	remove
)

// planCleaning says what the dates of a Secret ask for.
func planCleaning(secret *corev1.Secret, now time.Time) step {
	old := func(t time.Time) bool { return !now.Before(t.Add(cleanPeriod)) }
	used, known := day(secret.Labels[lastUsedLabel])
	since, invalid := day(secret.Labels[invalidSinceLabel])
	switch {
	case secret.DeletionTimestamp != nil, !old(secret.CreationTimestamp.Time), known && !old(used):
		return keep
	case !invalid:
		return invalidate
	case old(since):
		return remove
	}
	return keep
}

func day(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}
