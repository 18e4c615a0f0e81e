// Package certificates serves the subresources of CertificateSigningRequests
// that have writers of their own.
package certificates

import (
	"context"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// NewApproval makes certificatesigningrequests/approval: it writes the
// conditions Approved and Denied and nothing else.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/
func NewApproval(store *registry.REST) rest.Storage {
	return registry.NewSubresource(store, approvalStrategy{store.UpdateStrategy}, nil)
}

type approvalStrategy struct{ rest.RESTUpdateStrategy }

func (approvalStrategy) AllowCreateOnUpdate() bool { return false }

// PrepareForUpdate keeps all of the stored object but its conditions.
func (approvalStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	csr, before := obj.(*certificatesv1.CertificateSigningRequest), old.(*certificatesv1.CertificateSigningRequest)
	csr.Spec = before.Spec
	conditions := csr.Status.Conditions
	csr.Status = before.Status
	csr.Status.Conditions = conditions
	stamp(csr.Status.Conditions, before.Status.Conditions)
}

// stamp fills in the times that the writer leaves out.
func stamp(conditions, old []certificatesv1.CertificateSigningRequestCondition) {
	now := metav1.Now()
	for i := range conditions {
		c := &conditions[i]
		had := find(old, c.Type)
		if c.LastUpdateTime.IsZero() {
			c.LastUpdateTime = now
		}
		if had != nil && had.Status == c.Status && c.LastTransitionTime.IsZero() {
			c.LastTransitionTime = had.LastTransitionTime
		}
		if c.LastTransitionTime.IsZero() {
			c.LastTransitionTime = now
		}
	}
}

func find(conditions []certificatesv1.CertificateSigningRequestCondition, t certificatesv1.RequestConditionType) *certificatesv1.CertificateSigningRequestCondition {
	for i := range conditions {
		if conditions[i].Type == t {
			return &conditions[i]
		}
	}
	return nil
}

// ValidateUpdate: a decision is final, and there is only one.
func (approvalStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	conditions := obj.(*certificatesv1.CertificateSigningRequest).Status.Conditions
	before := old.(*certificatesv1.CertificateSigningRequest).Status.Conditions
	path := field.NewPath("status", "conditions")
	var errs field.ErrorList
	approved, denied := find(conditions, certificatesv1.CertificateApproved), find(conditions, certificatesv1.CertificateDenied)
	if approved != nil && denied != nil {
		errs = append(errs, field.Invalid(path, certificatesv1.CertificateDenied, "Approved and Denied conditions are mutually exclusive"))
	}
	for i, c := range conditions {
		if c.Status != corev1.ConditionTrue && (c.Type == certificatesv1.CertificateApproved || c.Type == certificatesv1.CertificateDenied) {
			errs = append(errs, field.NotSupported(path.Index(i).Child("status"), c.Status, []corev1.ConditionStatus{corev1.ConditionTrue}))
		}
	}
	for _, t := range []certificatesv1.RequestConditionType{certificatesv1.CertificateApproved, certificatesv1.CertificateDenied, certificatesv1.CertificateFailed} {
		had, has := find(before, t), find(conditions, t)
		switch {
		case had != nil && has == nil:
			errs = append(errs, field.Forbidden(path, "updates may not remove a condition of type \""+string(t)+"\""))
		case t == certificatesv1.CertificateFailed && !equality.Semantic.DeepEqual(had, has):
			errs = append(errs, field.Forbidden(path, "updates may not set a condition of type \""+string(t)+"\""))
		}
	}
	return errs
}

func (approvalStrategy) WarningsOnUpdate(context.Context, runtime.Object, runtime.Object) []string {
	return nil
}
