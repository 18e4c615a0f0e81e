package admission

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// approver may use signers of example.com.
type approver struct{}

func (approver) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if a.GetUser().GetName() == "ann" && a.GetResource() == "signers" && a.GetAPIGroup() == "certificates.k8s.io" && a.GetName() == "example.com/*" {
		return authorizer.DecisionAllow, "", nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

func csr(signer, cert string) *certificatesv1.CertificateSigningRequest {
	return &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "r"}, Spec: certificatesv1.CertificateSigningRequestSpec{SignerName: signer},
		Status: certificatesv1.CertificateSigningRequestStatus{Certificate: []byte(cert)},
	}
}

func TestOnlyApproversApprove(t *testing.T) {
	b := start(t, newCertificateApproval, approver{})
	path := "certificates.k8s.io/certificatesigningrequests/approval"
	expect(t, b.run(t, request{path: path, obj: csr("example.com/a", ""), old: csr("example.com/a", ""), user: "ann"}), "")
	expect(t, b.run(t, request{path: path, obj: csr("other.com/a", ""), old: csr("other.com/a", ""), user: "ann"}), `user not permitted to approve requests with signerName "other.com/a"`)
	expect(t, b.run(t, request{path: path, obj: csr("example.com/a", ""), old: csr("example.com/a", ""), user: "bob"}), "not permitted to approve")
}

func TestOnlySignersSign(t *testing.T) {
	b := start(t, newCertificateSigning, approver{})
	path := "certificates.k8s.io/certificatesigningrequests/status"
	expect(t, b.run(t, request{path: path, obj: csr("example.com/a", "PEM"), old: csr("example.com/a", ""), user: "ann"}), "")
	expect(t, b.run(t, request{path: path, obj: csr("example.com/a", "PEM"), old: csr("example.com/a", ""), user: "bob"}), `user not permitted to sign requests with signerName "example.com/a"`)
	expect(t, b.run(t, request{path: path, obj: csr("example.com/a", ""), old: csr("example.com/a", ""), user: "bob"}), "")
}

func TestNobodyAsksForSystemMasters(t *testing.T) {
	b := start(t, newCertificateSubjectRestriction, nil)
	asking := func(signer, group string) *certificatesv1.CertificateSigningRequest {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "x", Organization: []string{group}}}, key)
		if err != nil {
			t.Fatal(err)
		}
		c := csr(signer, "")
		c.Spec.Request = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
		return c
	}
	path := "certificates.k8s.io/certificatesigningrequests"
	expect(t, b.run(t, request{path: path, obj: asking("kubernetes.io/kube-apiserver-client", "devs")}), "")
	expect(t, b.run(t, request{path: path, obj: asking("example.com/a", "system:masters")}), "")
	expect(t, b.run(t, request{path: path, obj: asking("kubernetes.io/kube-apiserver-client", "system:masters")}),
		"use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed")
}
