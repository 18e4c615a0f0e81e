package certificates

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"testing"
	"testing/synctest"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clienttesting "k8s.io/client-go/testing"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
	"github.com/seatrial/seatrial/reference/pki"
)

// authority records what it was asked to sign.
type authority struct{ asked *[]pki.Request }

func (a authority) Sign(req pki.Request, _ crypto.PublicKey) (*x509.Certificate, error) {
	*a.asked = append(*a.asked, req)
	return &x509.Certificate{Raw: []byte("signed")}, nil
}

func request(t *testing.T, subject pkix.Name, hosts ...string) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: subject, DNSNames: hosts}, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func node(name string) pkix.Name {
	return pkix.Name{CommonName: "system:node:" + name, Organization: []string{"system:nodes"}}
}

func csr(t *testing.T, signer string, subject pkix.Name, usages ...certificatesv1.KeyUsage) *certificatesv1.CertificateSigningRequest {
	t.Helper()
	return &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "r"},
		Spec:       certificatesv1.CertificateSigningRequestSpec{SignerName: signer, Request: request(t, subject), Usages: usages, Username: "bootstrapper"},
	}
}

func approved(c *certificatesv1.CertificateSigningRequest) *certificatesv1.CertificateSigningRequest {
	c.Status.Conditions = []certificatesv1.CertificateSigningRequestCondition{{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, LastUpdateTime: metav1.Now(),
	}}
	return c
}

func TestCheck(t *testing.T) {
	const client, server = certificatesv1.UsageClientAuth, certificatesv1.UsageServerAuth
	for _, tt := range []struct {
		name string
		csr  *certificatesv1.CertificateSigningRequest
		ok   bool
	}{
		{"user", csr(t, certificatesv1.KubeAPIServerClientSignerName, pkix.Name{CommonName: "jane"}, client), true},
		{"user who wants to serve", csr(t, certificatesv1.KubeAPIServerClientSignerName, pkix.Name{CommonName: "jane"}, client, server), false},
		{"kubelet", csr(t, certificatesv1.KubeAPIServerClientKubeletSignerName, node("n"), client, certificatesv1.UsageDigitalSignature), true},
		{"user as kubelet", csr(t, certificatesv1.KubeAPIServerClientKubeletSignerName, pkix.Name{CommonName: "jane"}, client), false},
		{"kubelet without the usage", csr(t, certificatesv1.KubeAPIServerClientKubeletSignerName, node("n"), certificatesv1.UsageDigitalSignature), false},
		{"serving without a name", csr(t, certificatesv1.KubeletServingSignerName, node("n"), server), false},
	} {
		r, err := parse(tt.csr)
		if err != nil {
			t.Fatal(err)
		}
		if err := check(tt.csr, r); (err == nil) != tt.ok {
			t.Errorf("%s: %v, want ok %t", tt.name, err, tt.ok)
		}
	}
}

// start runs the controller; access reviews say allow.
func start(t *testing.T, c *certificatesv1.CertificateSigningRequest, allow bool) (*controllertest.Bench, *[]pki.Request) {
	t.Helper()
	client := controllertest.NewClient(c)
	client.PrependReactor("create", "subjectaccessreviews", func(a clienttesting.Action) (bool, runtime.Object, error) {
		review := a.(clienttesting.CreateAction).GetObject().(*authorizationv1.SubjectAccessReview).DeepCopy()
		review.Status.Allowed = allow && review.Spec.ResourceAttributes.Subresource == "nodeclient"
		return true, review, nil
	})
	client.PrependReactor("update", "certificatesigningrequests", func(a clienttesting.Action) (bool, runtime.Object, error) {
		if a.GetSubresource() != "approval" {
			return false, nil, nil
		}
		obj := a.(clienttesting.UpdateAction).GetObject().(*certificatesv1.CertificateSigningRequest).DeepCopy()
		obj.Status.Conditions[0].LastUpdateTime = metav1.Now()
		return true, obj, client.Tracker().Update(a.GetResource(), obj, "")
	})
	asked := &[]pki.Request{}
	return controllertest.Start(t, client, func(env controller.Env) (controller.Controller, error) { return New(env, authority{asked}) }), asked
}

func get(b *controllertest.Bench) *certificatesv1.CertificateSigningRequest {
	b.Helper()
	c, err := b.Client.CertificatesV1().CertificateSigningRequests().Get(b.Ctx, "r", metav1.GetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return c
}

func TestKubeletRequestIsApprovedAndSigned(t *testing.T) {
	c := csr(t, certificatesv1.KubeAPIServerClientKubeletSignerName, node("n"), certificatesv1.UsageClientAuth)
	c.Spec.ExpirationSeconds = new(int32(3600))
	synctest.Test(t, func(t *testing.T) {
		b, asked := start(t, c, true)
		if got := get(b); len(got.Status.Certificate) == 0 || len(*asked) != 1 || (*asked)[0].CommonName != "system:node:n" || (*asked)[0].Lifetime != time.Hour {
			t.Errorf("status %+v, asked %+v", got.Status, *asked)
		}
		b.Settle(keepDecided + time.Minute)
		if _, err := b.Client.CertificatesV1().CertificateSigningRequests().Get(b.Ctx, "r", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("an hour later: %v; want not found", err)
		}
	})
}

func TestRequestOfSomeoneElseIsLeftToTheUser(t *testing.T) {
	c := csr(t, certificatesv1.KubeAPIServerClientKubeletSignerName, node("n"), certificatesv1.UsageClientAuth)
	synctest.Test(t, func(t *testing.T) {
		b, asked := start(t, c, false)
		if got := get(b); len(got.Status.Conditions) != 0 || len(*asked) != 0 {
			t.Errorf("status %+v", got.Status)
		}
		b.Settle(keepPending)
		if _, err := b.Client.CertificatesV1().CertificateSigningRequests().Get(b.Ctx, "r", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("a day later: %v; want not found", err)
		}
	})
}

func TestApprovedRequestAgainstTheRulesFails(t *testing.T) {
	c := approved(csr(t, certificatesv1.KubeAPIServerClientSignerName, pkix.Name{CommonName: "jane"}, certificatesv1.UsageServerAuth))
	foreign := approved(csr(t, "example.com/signer", pkix.Name{CommonName: "jane"}, certificatesv1.UsageServerAuth))
	synctest.Test(t, func(t *testing.T) {
		c.CreationTimestamp = metav1.Now()
		c.Status.Conditions[0].LastUpdateTime = metav1.Now()
		b, asked := start(t, c, true)
		if got := get(b); !holds(got, certificatesv1.CertificateFailed) || len(*asked) != 0 {
			t.Errorf("status %+v", got.Status)
		}
		b.Steady()
	})
	synctest.Test(t, func(t *testing.T) {
		foreign.Status.Conditions[0].LastUpdateTime = metav1.Now()
		b, asked := start(t, foreign, true)
		if got := get(b); len(got.Status.Conditions) != 1 || len(*asked) != 0 {
			t.Errorf("request for another signer: status %+v", got.Status)
		}
	})
}
