package apiserver_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

func TestApprovalOfACertificateIsFinal(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "jane"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	client := kubernetes.NewForConfigOrDie(apiservertest.Start(t))
	requests := client.CertificatesV1().CertificateSigningRequests()
	c := must[*certificatesv1.CertificateSigningRequest](t)(requests.Create(t.Context(), &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "jane"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}),
			SignerName: "example.com/signer", Usages: []certificatesv1.KeyUsage{certificatesv1.UsageClientAuth},
		},
	}, metav1.CreateOptions{}))
	if c.Spec.Username != "kubernetes-admin" {
		t.Errorf("requester is %q", c.Spec.Username)
	}
	c.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue}}
	c = must[*certificatesv1.CertificateSigningRequest](t)(requests.UpdateApproval(t.Context(), "jane", c, metav1.UpdateOptions{}))
	if len(c.Status.Conditions) != 1 || c.Status.Conditions[0].LastTransitionTime.IsZero() {
		t.Errorf("approved request: %v", c.Status)
	}
	c.Status.Conditions = nil
	if _, err := requests.UpdateApproval(t.Context(), "jane", c, metav1.UpdateOptions{}); !apierrors.IsInvalid(err) {
		t.Errorf("approval taken back: %v", err)
	}
}
