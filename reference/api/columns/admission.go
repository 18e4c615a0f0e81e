package columns

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
)

// ValidatingWebhooks are the columns of ValidatingWebhookConfiguration.
func ValidatingWebhooks() []Column {
	return named[admissionregistrationv1.ValidatingWebhookConfiguration](
		number("Webhooks", "Number of webhooks.", func(c *admissionregistrationv1.ValidatingWebhookConfiguration) int32 { return int32(len(c.Webhooks)) }),
		age[admissionregistrationv1.ValidatingWebhookConfiguration](),
	)
}

// MutatingWebhooks are the columns of MutatingWebhookConfiguration.
func MutatingWebhooks() []Column {
	return named[admissionregistrationv1.MutatingWebhookConfiguration](
		number("Webhooks", "Number of webhooks.", func(c *admissionregistrationv1.MutatingWebhookConfiguration) int32 { return int32(len(c.Webhooks)) }),
		age[admissionregistrationv1.MutatingWebhookConfiguration](),
	)
}

// ValidatingAdmissionPolicy are the columns of ValidatingAdmissionPolicy.
func ValidatingAdmissionPolicy() []Column {
	return named[admissionregistrationv1.ValidatingAdmissionPolicy](
		number("Validations", "Number of rules.", func(p *admissionregistrationv1.ValidatingAdmissionPolicy) int32 {
			return int32(len(p.Spec.Validations))
		}),
		text("ParamKind", "Kind of its parameters.", func(p *admissionregistrationv1.ValidatingAdmissionPolicy) string { return paramKind(p.Spec.ParamKind) }),
		age[admissionregistrationv1.ValidatingAdmissionPolicy](),
	)
}

// ValidatingAdmissionPolicyBinding are the columns of ValidatingAdmissionPolicyBinding.
func ValidatingAdmissionPolicyBinding() []Column {
	return named[admissionregistrationv1.ValidatingAdmissionPolicyBinding](
		text("PolicyName", "Policy that is put in force.", func(b *admissionregistrationv1.ValidatingAdmissionPolicyBinding) string { return b.Spec.PolicyName }),
		text("ParamRef", "Parameters of the policy.", func(b *admissionregistrationv1.ValidatingAdmissionPolicyBinding) string {
			return paramRef(b.Spec.ParamRef)
		}),
		age[admissionregistrationv1.ValidatingAdmissionPolicyBinding](),
	)
}

// MutatingAdmissionPolicy are the columns of MutatingAdmissionPolicy.
func MutatingAdmissionPolicy() []Column {
	return named[admissionregistrationv1.MutatingAdmissionPolicy](
		number("Mutations", "Number of mutations.", func(p *admissionregistrationv1.MutatingAdmissionPolicy) int32 { return int32(len(p.Spec.Mutations)) }),
		text("ParamKind", "Kind of its parameters.", func(p *admissionregistrationv1.MutatingAdmissionPolicy) string { return paramKind(p.Spec.ParamKind) }),
		age[admissionregistrationv1.MutatingAdmissionPolicy](),
	)
}

// MutatingAdmissionPolicyBinding are the columns of MutatingAdmissionPolicyBinding.
func MutatingAdmissionPolicyBinding() []Column {
	return named[admissionregistrationv1.MutatingAdmissionPolicyBinding](
		text("PolicyName", "Policy that is put in force.", func(b *admissionregistrationv1.MutatingAdmissionPolicyBinding) string { return b.Spec.PolicyName }),
		text("ParamRef", "Parameters of the policy.", func(b *admissionregistrationv1.MutatingAdmissionPolicyBinding) string {
			return paramRef(b.Spec.ParamRef)
		}),
		age[admissionregistrationv1.MutatingAdmissionPolicyBinding](),
	)
}

func paramKind(kind *admissionregistrationv1.ParamKind) string {
	if kind == nil {
		return unset
	}
	return kind.APIVersion + "/" + kind.Kind
}

func paramRef(ref *admissionregistrationv1.ParamRef) string {
	switch {
	case ref == nil:
		return unset
	case ref.Name != "":
		return or(ref.Namespace, "*") + "/" + ref.Name
	default:
		return or(ref.Namespace, "*") + "/" + selector(ref.Selector)
	}
}
