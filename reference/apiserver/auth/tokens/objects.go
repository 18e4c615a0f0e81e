package tokens

import (
	"context"
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
)

// Objects looks up what tokens are bound to. The error for an object that is
// not there is a NotFound of the API.
type Objects interface {
	ServiceAccount(ctx context.Context, namespace, name string) (*corev1.ServiceAccount, error)
	Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error)
	Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error)
	Node(ctx context.Context, name string) (*corev1.Node, error)
	// Used records in a Secret on which day its token was used last.
	Used(ctx context.Context, secret *corev1.Secret, day string) error
}

// The labels of Secrets with tokens.
// Source: https://kubernetes.io/docs/reference/labels-annotations-taints/#kubernetes-io-legacy-token-last-used
const (
	LastUsedLabel     = "kubernetes.io/legacy-token-last-used"
	InvalidSinceLabel = "kubernetes.io/legacy-token-invalid-since"
)

// Live returns Objects that asks the API server. It reads from the watch cache
// first: an object that is not in there yet is read again from the store.
func Live(client kubernetes.Interface) Objects { return live{client} }

type live struct{ client kubernetes.Interface }

func (l live) ServiceAccount(ctx context.Context, namespace, name string) (*corev1.ServiceAccount, error) {
	return get(ctx, name, l.client.CoreV1().ServiceAccounts(namespace).Get)
}

func (l live) Pod(ctx context.Context, namespace, name string) (*corev1.Pod, error) {
	return get(ctx, name, l.client.CoreV1().Pods(namespace).Get)
}

func (l live) Secret(ctx context.Context, namespace, name string) (*corev1.Secret, error) {
	return get(ctx, name, l.client.CoreV1().Secrets(namespace).Get)
}

func (l live) Node(ctx context.Context, name string) (*corev1.Node, error) {
	return get(ctx, name, l.client.CoreV1().Nodes().Get)
}

func (l live) Used(ctx context.Context, secret *corev1.Secret, day string) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": secret.UID, "labels": map[string]string{LastUsedLabel: day}, // the UID: not for a namesake
	}})
	if err != nil {
		return err
	}
	_, err = l.client.CoreV1().Secrets(secret.Namespace).Patch(ctx, secret.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}

func get[T any](ctx context.Context, name string, read func(context.Context, string, metav1.GetOptions) (T, error)) (T, error) {
	o, err := read(ctx, name, metav1.GetOptions{ResourceVersion: "0"})
	if apierrors.IsNotFound(err) {
		return read(ctx, name, metav1.GetOptions{})
	}
	return o, err
}
