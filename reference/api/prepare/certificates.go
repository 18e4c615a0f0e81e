package prepare

import (
	"context"
	"slices"

	certificatesv1 "k8s.io/api/certificates/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// CertificateCreate writes into the request who made it; what the client says of that is dropped.
func CertificateCreate(ctx context.Context, csr *certificatesv1.CertificateSigningRequest) {
	csr.Spec.Username, csr.Spec.UID, csr.Spec.Groups, csr.Spec.Extra = "", "", nil, nil
	user, ok := request.UserFrom(ctx)
	if !ok {
		return
	}
	csr.Spec.Username = user.GetName()
	csr.Spec.UID = user.GetUID()
	csr.Spec.Groups = slices.Clone(user.GetGroups())
	for key, value := range user.GetExtra() {
		if csr.Spec.Extra == nil {
			csr.Spec.Extra = map[string]certificatesv1.ExtraValue{}
		}
		csr.Spec.Extra[key] = value
	}
}

// CertificateUpdate keeps the whole spec: a request never changes.
func CertificateUpdate(csr, old *certificatesv1.CertificateSigningRequest) {
	old.Spec.DeepCopyInto(&csr.Spec)
}

// CertificateStatusUpdate lets the signer write everything but the verdict,
// which belongs to certificatesigningrequests/approval: it stays as it is, and
// one that is added or left out is for validation to refuse.
func CertificateStatusUpdate(csr, old *certificatesv1.CertificateSigningRequest) {
	for i, c := range csr.Status.Conditions {
		known := slices.IndexFunc(old.Status.Conditions, func(b certificatesv1.CertificateSigningRequestCondition) bool { return b.Type == c.Type })
		if isVerdict(c.Type) && known >= 0 {
			csr.Status.Conditions[i] = old.Status.Conditions[known]
		}
	}
	stampConditions(csr, old)
}

// CertificateApproval lets an approver write conditions and nothing else.
func CertificateApproval(csr, old *certificatesv1.CertificateSigningRequest) {
	conditions := csr.Status.Conditions
	old.Spec.DeepCopyInto(&csr.Spec)
	old.Status.DeepCopyInto(&csr.Status)
	csr.Status.Conditions = conditions
	stampConditions(csr, old)
}

func isVerdict(t certificatesv1.RequestConditionType) bool {
	return t == certificatesv1.CertificateApproved || t == certificatesv1.CertificateDenied
}

// stampConditions fills the times that a writer leaves out.
func stampConditions(csr, old *certificatesv1.CertificateSigningRequest) {
	now := metav1.Now()
	for i := range csr.Status.Conditions {
		c := &csr.Status.Conditions[i]
		if c.LastUpdateTime.IsZero() {
			c.LastUpdateTime = now
		}
		if !c.LastTransitionTime.IsZero() {
			continue
		}
		c.LastTransitionTime = now
		known := slices.IndexFunc(old.Status.Conditions, func(b certificatesv1.CertificateSigningRequestCondition) bool {
			return b.Type == c.Type && b.Status == c.Status
		})
		if known >= 0 && !old.Status.Conditions[known].LastTransitionTime.IsZero() {
			c.LastTransitionTime = old.Status.Conditions[known].LastTransitionTime
		}
	}
}
