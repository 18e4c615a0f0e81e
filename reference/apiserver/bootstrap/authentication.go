package bootstrap

import (
	"context"
	"encoding/json"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/client-go/kubernetes"
)

// WriteAuthentication publishes in kube-system how an extension API server can
// tell that a request comes from the aggregator.
// Source: https://kubernetes.io/docs/tasks/extend-kubernetes/configure-aggregation-layer/
func WriteAuthentication(ctx context.Context, client kubernetes.Interface, o Options) error {
	want := map[string]string{}
	if ca := o.ClientCA(); len(ca) > 0 {
		want["client-ca-file"] = string(ca)
	}
	if h := o.RequestHeader; h != nil {
		want["requestheader-client-ca-file"] = string(h.CAContentProvider.CurrentCABundleContent())
		for key, values := range map[string]headerrequest.StringSliceProvider{
			"requestheader-allowed-names":        h.AllowedClientNames,
			"requestheader-username-headers":     h.UsernameHeaders,
			"requestheader-uid-headers":          h.UIDHeaders,
			"requestheader-group-headers":        h.GroupHeaders,
			"requestheader-extra-headers-prefix": h.ExtraHeaderPrefixes,
		} {
			list, err := json.Marshal(append([]string{}, values.Value()...))
			if err != nil {
				return err
			}
			want[key] = string(list)
		}
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
