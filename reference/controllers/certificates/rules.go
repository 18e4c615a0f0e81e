package certificates

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/pki"
)

// How long requests are kept: those that were decided, and those that nobody decides.
const (
	keepDecided = time.Hour
	keepPending = 24 * time.Hour
)

// Bounds of the lifetime of a certificate.
const (
	longest  = 365 * 24 * time.Hour
	shortest = 10 * time.Minute
)

// ours reports whether this controller is the signer.
// https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
func ours(signer string) bool {
	switch signer {
	case certificatesv1.KubeAPIServerClientSignerName, certificatesv1.KubeAPIServerClientKubeletSignerName,
		certificatesv1.KubeletServingSignerName, "kubernetes.io/legacy-unknown":
		return true
	}
	return false
}

func parse(csr *certificatesv1.CertificateSigningRequest) (*x509.CertificateRequest, error) {
	block, _ := pem.Decode(csr.Spec.Request)
	if block == nil || block.Type != "CERTIFICATE REQUEST" {
		return nil, errors.New("spec.request is not a certificate request in PEM")
	}
	request, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse certificate request: %w", err)
	}
	if err := request.CheckSignature(); err != nil {
		return nil, fmt.Errorf("check signature of certificate request: %w", err)
	}
	return request, nil
}

// check applies the rules of the signer.
func check(csr *certificatesv1.CertificateSigningRequest, request *x509.CertificateRequest) error {
	if len(request.EmailAddresses)+len(request.URIs) > 0 {
		return errors.New("email addresses and URIs are not allowed in subject alternative names")
	}
	switch csr.Spec.SignerName {
	case certificatesv1.KubeAPIServerClientSignerName:
		return usages(csr, certificatesv1.UsageClientAuth)
	case certificatesv1.KubeAPIServerClientKubeletSignerName:
		return kubeletClient(csr, request)
	case certificatesv1.KubeletServingSignerName:
		return kubeletServing(csr, request)
	}
	return nil
}

func kubeletClient(csr *certificatesv1.CertificateSigningRequest, request *x509.CertificateRequest) error {
	if len(request.DNSNames)+len(request.IPAddresses)+len(request.EmailAddresses)+len(request.URIs) > 0 {
		return errors.New("a kubelet client certificate has no subject alternative names")
	}
	return errors.Join(nodeSubject(request), usages(csr, certificatesv1.UsageClientAuth))
}

func kubeletServing(csr *certificatesv1.CertificateSigningRequest, request *x509.CertificateRequest) error {
	if len(request.DNSNames)+len(request.IPAddresses) == 0 {
		return errors.New("a kubelet serving certificate needs a DNS name or an IP address")
	}
	if csr.Spec.Username != request.Subject.CommonName {
		return fmt.Errorf("a kubelet serving certificate of %q may only be requested by itself", request.Subject.CommonName)
	}
	return errors.Join(nodeSubject(request), usages(csr, certificatesv1.UsageServerAuth))
}

func nodeSubject(request *x509.CertificateRequest) error {
	if !slices.Equal(request.Subject.Organization, []string{"system:nodes"}) || !strings.HasPrefix(request.Subject.CommonName, "system:node:") {
		return errors.New(`the subject of a kubelet is organization "system:nodes" and common name "system:node:NAME"`)
	}
	return nil
}

// usages requires the one extended usage and allows nothing but the key usages that go with it.
func usages(csr *certificatesv1.CertificateSigningRequest, required certificatesv1.KeyUsage) error {
	allowed := []certificatesv1.KeyUsage{required, certificatesv1.UsageDigitalSignature, certificatesv1.UsageKeyEncipherment}
	if !slices.Contains(csr.Spec.Usages, required) {
		return fmt.Errorf("usage %q is missing", required)
	}
	for _, u := range csr.Spec.Usages {
		if !slices.Contains(allowed, u) {
			return fmt.Errorf("usage %q is not allowed", u)
		}
	}
	return nil
}

// wish is what the certificate will say.
func wish(csr *certificatesv1.CertificateSigningRequest, request *x509.CertificateRequest) pki.Request {
	w := pki.Request{CommonName: request.Subject.CommonName, Organizations: request.Subject.Organization, Lifetime: longest}
	w.Hosts = append(w.Hosts, request.DNSNames...)
	for _, ip := range request.IPAddresses {
		w.Hosts = append(w.Hosts, ip.String())
	}
	for _, u := range csr.Spec.Usages {
		switch u {
		case certificatesv1.UsageClientAuth:
			w.Usages = append(w.Usages, x509.ExtKeyUsageClientAuth)
		case certificatesv1.UsageServerAuth:
			w.Usages = append(w.Usages, x509.ExtKeyUsageServerAuth)
		}
	}
	if s := csr.Spec.ExpirationSeconds; s != nil {
		w.Lifetime = min(max(time.Duration(*s)*time.Second, shortest), longest)
	}
	return w
}

func holds(csr *certificatesv1.CertificateSigningRequest, t certificatesv1.RequestConditionType) bool {
	return slices.ContainsFunc(csr.Status.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool {
		return c.Type == t && (c.Status == corev1.ConditionTrue || c.Status == "")
	})
}

func undecided(csr *certificatesv1.CertificateSigningRequest) bool {
	return !holds(csr, certificatesv1.CertificateApproved) && !holds(csr, certificatesv1.CertificateDenied)
}

// lifetime reports whether the request is old enough to be deleted and, if not, in how long it will be.
func lifetime(csr *certificatesv1.CertificateSigningRequest, now time.Time) (expired bool, left time.Duration) {
	end := csr.CreationTimestamp.Add(keepPending)
	for _, c := range csr.Status.Conditions {
		if decided := c.LastUpdateTime.Add(keepDecided); !c.LastUpdateTime.IsZero() && decided.Before(end) {
			end = decided
		}
	}
	left = end.Sub(now)
	return left <= 0, max(left, 0)
}
