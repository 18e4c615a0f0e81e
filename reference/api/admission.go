package api

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// admissionResources are the rows of admissionregistration.k8s.io/v1.
func admissionResources() []Resource {
	admission := in(admissionregistrationv1.SchemeGroupVersion)
	extensions := names("api-extensions")
	return []Resource{
		row[admissionregistrationv1.ValidatingWebhookConfiguration, admissionregistrationv1.ValidatingWebhookConfigurationList](Resource{
			Served: admission, Plural: "validatingwebhookconfigurations", Scope: Cluster, Categories: extensions, ConditionalUpdate: true,
			Columns: columns.ValidatingWebhooks(),
		}, hooks[admissionregistrationv1.ValidatingWebhookConfiguration]{
			create: prepare.ValidatingWebhooksCreate, update: prepare.ValidatingWebhooksUpdate,
			validate: validation.ValidatingWebhooks, validateUpdate: validation.ValidatingWebhooksUpdate,
		}),

		row[admissionregistrationv1.MutatingWebhookConfiguration, admissionregistrationv1.MutatingWebhookConfigurationList](Resource{
			Served: admission, Plural: "mutatingwebhookconfigurations", Scope: Cluster, Categories: extensions, ConditionalUpdate: true,
			Columns: columns.MutatingWebhooks(),
		}, hooks[admissionregistrationv1.MutatingWebhookConfiguration]{
			create: prepare.MutatingWebhooksCreate, update: prepare.MutatingWebhooksUpdate,
			validate: validation.MutatingWebhooks, validateUpdate: validation.MutatingWebhooksUpdate,
		}),

		row[admissionregistrationv1.ValidatingAdmissionPolicy, admissionregistrationv1.ValidatingAdmissionPolicyList](Resource{
			Served: admission, Plural: "validatingadmissionpolicies", Scope: Cluster, Categories: extensions, Status: true, ConditionalUpdate: true,
			StatusResets: names("metadata"),
			Columns:      columns.ValidatingAdmissionPolicy(),
		}, hooks[admissionregistrationv1.ValidatingAdmissionPolicy]{
			status:   prepare.KeepMetadata[*admissionregistrationv1.ValidatingAdmissionPolicy],
			validate: validation.ValidatingAdmissionPolicy, validateUpdate: validation.ValidatingAdmissionPolicyUpdate, validateStatus: validation.ValidatingAdmissionPolicyStatusUpdate,
		}),

		row[admissionregistrationv1.ValidatingAdmissionPolicyBinding, admissionregistrationv1.ValidatingAdmissionPolicyBindingList](Resource{
			Served: admission, Plural: "validatingadmissionpolicybindings", Scope: Cluster, Categories: extensions, ConditionalUpdate: true,
			Columns: columns.ValidatingAdmissionPolicyBinding(),
		}, hooks[admissionregistrationv1.ValidatingAdmissionPolicyBinding]{
			validate: validation.ValidatingAdmissionPolicyBinding, validateUpdate: validation.ValidatingAdmissionPolicyBindingUpdate,
		}),

		row[admissionregistrationv1.MutatingAdmissionPolicy, admissionregistrationv1.MutatingAdmissionPolicyList](Resource{
			Served: admission, Plural: "mutatingadmissionpolicies", Scope: Cluster, Categories: extensions, ConditionalUpdate: true,
			Columns: columns.MutatingAdmissionPolicy(),
		}, hooks[admissionregistrationv1.MutatingAdmissionPolicy]{
			validate: validation.MutatingAdmissionPolicy, validateUpdate: validation.MutatingAdmissionPolicyUpdate,
		}),

		row[admissionregistrationv1.MutatingAdmissionPolicyBinding, admissionregistrationv1.MutatingAdmissionPolicyBindingList](Resource{
			Served: admission, Plural: "mutatingadmissionpolicybindings", Scope: Cluster, Categories: extensions, ConditionalUpdate: true,
			Columns: columns.MutatingAdmissionPolicyBinding(),
		}, hooks[admissionregistrationv1.MutatingAdmissionPolicyBinding]{
			validate: validation.MutatingAdmissionPolicyBinding, validateUpdate: validation.MutatingAdmissionPolicyBindingUpdate,
		}),
	}
}
