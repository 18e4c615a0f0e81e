package admission

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"

	certificatesv1 "k8s.io/api/certificates/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

const requests = "certificatesigningrequests"

// certificateApproval lets only those approve a request who may do so for its signer.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#authorization
type certificateApproval struct {
	*admission.Handler
	authorizer authorizer.Authorizer
}

func newCertificateApproval(e env) (admission.Interface, error) {
	return &certificateApproval{admission.NewHandler(admission.Update), e.authorizer}, nil
}

// Validate implements admission.ValidationInterface.
func (p *certificateApproval) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, certificatesv1.GroupName, requests+"/approval") {
		return nil
	}
	old, err := oldObject[*certificatesv1.CertificateSigningRequest](a)
	if err != nil {
		return err
	}
	if !mayUseSigner(ctx, p.authorizer, a.GetUserInfo(), "approve", old.Spec.SignerName) {
		return forbid(a, "user not permitted to approve requests with signerName %q", old.Spec.SignerName)
	}
	return nil
}

// certificateSigning lets only those set a certificate who may sign for the signer.
type certificateSigning struct {
	*admission.Handler
	authorizer authorizer.Authorizer
}

func newCertificateSigning(e env) (admission.Interface, error) {
	return &certificateSigning{admission.NewHandler(admission.Update), e.authorizer}, nil
}

// Validate implements admission.ValidationInterface.
func (p *certificateSigning) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, certificatesv1.GroupName, requests+"/status") {
		return nil
	}
	csr, err := object[*certificatesv1.CertificateSigningRequest](a)
	if err != nil {
		return err
	}
	old, err := oldObject[*certificatesv1.CertificateSigningRequest](a)
	if err != nil {
		return err
	}
	if slices.Equal(csr.Status.Certificate, old.Status.Certificate) && failed(csr) == failed(old) {
		return nil
	}
	if !mayUseSigner(ctx, p.authorizer, a.GetUserInfo(), "sign", old.Spec.SignerName) {
		return forbid(a, "user not permitted to sign requests with signerName %q", old.Spec.SignerName)
	}
	return nil
}

func failed(csr *certificatesv1.CertificateSigningRequest) bool {
	return slices.ContainsFunc(csr.Status.Conditions, func(c certificatesv1.CertificateSigningRequestCondition) bool {
		return c.Type == certificatesv1.CertificateFailed
	})
}

// mayUseSigner asks for the signer by name, then for all signers of its domain.
func mayUseSigner(ctx context.Context, z authorizer.Authorizer, u user.Info, verb, signer string) bool {
	domain, _, _ := strings.Cut(signer, "/")
	for _, name := range []string{signer, domain + "/*"} {
		d, _, err := z.Authorize(ctx, authorizer.AttributesRecord{
			User: u, Verb: verb, Name: name, APIGroup: certificatesv1.GroupName, APIVersion: "*", Resource: "signers", ResourceRequest: true,
		})
		if err == nil && d == authorizer.DecisionAllow {
			return true
		}
	}
	return false
}

// certificateSubjectRestriction keeps anyone from asking for a client
// certificate in the group system:masters.
type certificateSubjectRestriction struct{ *admission.Handler }

func newCertificateSubjectRestriction(env) (admission.Interface, error) {
	return certificateSubjectRestriction{admission.NewHandler(admission.Create)}, nil
}

// Validate implements admission.ValidationInterface.
func (certificateSubjectRestriction) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, certificatesv1.GroupName, requests) {
		return nil
	}
	csr, err := object[*certificatesv1.CertificateSigningRequest](a)
	if err != nil || csr.Spec.SignerName != certificatesv1.KubeAPIServerClientSignerName {
		return err
	}
	block, _ := pem.Decode(csr.Spec.Request)
	if block == nil {
		return apierrors.NewBadRequest("parse CSR: no PEM block of type CERTIFICATE REQUEST")
	}
	req, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return apierrors.NewBadRequest("parse CSR: " + err.Error())
	}
	if slices.Contains(req.Subject.Organization, user.SystemPrivilegedGroup) {
		return forbid(a, "use of %s signer with %s group is not allowed", csr.Spec.SignerName, user.SystemPrivilegedGroup)
	}
	return nil
}
