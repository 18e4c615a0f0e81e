package bootstrap

import (
	"context"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// writeAuthentication publishes in kube-system how an extension API server can
// tell that a request comes from the aggregator.
// Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
func writeAuthentication(ctx context.Context, client kubernetes.Interface, o Options) error {
	want := map[string]string{}
	if len(o.ClientCA) > 0 {
		want["client-ca-file"] = string(o.ClientCA)
	}
	if len(o.RequestHeaderCA) > 0 {
		want["requestheader-client-ca-file"] = string(o.RequestHeaderCA)
		want["requestheader-allowed-names"] = `["front-proxy-client"]`
		want["requestheader-username-headers"] = `["X-Remote-User"]`
		want["requestheader-uid-headers"] = `["X-Remote-Uid"]`
		want["requestheader-group-headers"] = `["X-Remote-Group"]`
		want["requestheader-extra-headers-prefix"] = `["X-Remote-Extra-"]`
	}
	configMaps := client.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	have, err := configMaps.Get(ctx, "extension-apiserver-authentication", metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		_, err = configMaps.Create(ctx, &corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Name: "extension-apiserver-authentication"}, Data: want,
		}, metav1.CreateOptions{})
		return unlessThere(err)
	case err != nil || maps.Equal(have.Data, want):
		return err
	}
	have = have.DeepCopy()
	have.Data = want
	_, err = configMaps.Update(ctx, have, metav1.UpdateOptions{})
	return err
}
