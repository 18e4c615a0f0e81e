package satoken

import (
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

type issuer struct{}

func (issuer) IssueForSecret(sa *corev1.ServiceAccount, secret *corev1.Secret) (string, error) {
	return "token of " + sa.Name + " in " + secret.Name, nil
}

func TestSecretIsFilledRepairedAndRemovedWithItsAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(
			&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "robot"}},
			&corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "s", Annotations: map[string]string{corev1.ServiceAccountNameKey: "robot"}},
				Type:       corev1.SecretTypeServiceAccountToken,
			})
		b := controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) { return New(env, issuer{}, []byte("CA")) })
		secrets := client.CoreV1().Secrets("ns")
		s, err := secrets.Get(t.Context(), "s", metav1.GetOptions{})
		if err != nil || string(s.Data["token"]) != "token of robot in s" || string(s.Data["ca.crt"]) != "CA" || string(s.Data["namespace"]) != "ns" ||
			s.Annotations[corev1.ServiceAccountUIDKey] == "" {
			t.Fatalf("secret %+v, err %v", s, err)
		}
		b.Steady()
		delete(s.Data, "token")
		if _, err := secrets.Update(t.Context(), s, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if s, _ = secrets.Get(t.Context(), "s", metav1.GetOptions{}); len(s.Data["token"]) == 0 {
			t.Error("a removed token was not issued again")
		}
		if err := client.CoreV1().ServiceAccounts("ns").Delete(t.Context(), "robot", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if _, err := secrets.Get(t.Context(), "s", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("after the account was deleted: %v; want not found", err)
		}
	})
}
