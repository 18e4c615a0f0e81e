package bootstrap

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// trackingName is the ConfigMap in kube-system that says since when the use of
// legacy service account tokens is noted on their Secrets.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#legacy-serviceaccount-token-tracking-controller
const (
	trackingName = "kube-apiserver-legacy-service-account-token-tracking"
	trackingKey  = "since"
)

// WriteTokenTracking writes the day if it is not written, or not a day.
func WriteTokenTracking(ctx context.Context, client kubernetes.Interface) error {
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	today := time.Now().UTC().Format(time.DateOnly)
	have, err := maps.Get(ctx, trackingName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err := maps.Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: trackingName},
			Data:       map[string]string{trackingKey: today},
		}, metav1.CreateOptions{})
		return unlessThere(err)
	}
	if err != nil {
		return err
	}
	if _, err := time.Parse(time.DateOnly, have.Data[trackingKey]); err == nil {
		return nil
	}
	have = have.DeepCopy()
	have.Data = map[string]string{trackingKey: today}
	_, err = maps.Update(ctx, have, metav1.UpdateOptions{})
	return err
}
