package api

import (
	certificatesv1 "k8s.io/api/certificates/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// certificatesResources are the rows of certificates.k8s.io/v1.
func certificatesResources() []Resource {
	return []Resource{
		row[certificatesv1.CertificateSigningRequest, certificatesv1.CertificateSigningRequestList](Resource{
			Served: in(certificatesv1.SchemeGroupVersion), Plural: "certificatesigningrequests", Scope: Cluster,
			Short: names("csr"), Status: true, NoGeneration: true, FieldNames: names("spec.signerName"),
			ResetFields: names("spec"), StatusResets: names("status.conditions"),
			Columns: columns.CertificateSigningRequest(),
		}, hooks[certificatesv1.CertificateSigningRequest]{
			fields: certificateFields,
			create: prepare.CertificateCreate, update: prepare.CertificateUpdate, status: prepare.CertificateStatusUpdate,
			validate: validation.CertificateSigningRequest, validateUpdate: validation.CertificateSigningRequestUpdate, validateStatus: validation.CertificateSigningRequestStatusUpdate,
		}),
	}
}

func certificateFields(csr *certificatesv1.CertificateSigningRequest) fields.Set {
	return fields.Set{"spec.signerName": csr.Spec.SignerName}
}
