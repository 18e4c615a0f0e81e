// Package certificates serves the subresources of CertificateSigningRequests
// that have writers of their own.
package certificates

import (
	"context"

	certificatesv1 "k8s.io/api/certificates/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// NewApproval makes certificatesigningrequests/approval: it writes the
// conditions Approved and Denied and nothing else.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
func NewApproval(store *registry.REST) rest.Storage {
	return registry.NewSubresource(store, approvalStrategy{store.UpdateStrategy}, registry.Resets(store.Row, "spec", "status.certificate"))
}

type approvalStrategy struct{ rest.RESTUpdateStrategy }

func (approvalStrategy) AllowCreateOnUpdate() bool { return false }

func (approvalStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	prepare.CertificateApproval(obj.(*certificatesv1.CertificateSigningRequest), old.(*certificatesv1.CertificateSigningRequest))
}

func (approvalStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return validation.CertificateSigningRequestApprovalUpdate(obj.(*certificatesv1.CertificateSigningRequest), old.(*certificatesv1.CertificateSigningRequest))
}

func (approvalStrategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}
