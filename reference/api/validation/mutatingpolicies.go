package validation

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating/patch"
)

// MutatingAdmissionPolicy checks a policy, and compiles its expressions.
func MutatingAdmissionPolicy(p *admissionregistrationv1.MutatingAdmissionPolicy) field.ErrorList {
	path, spec := specPath(), &p.Spec
	errs := freeClusterScoped(&p.ObjectMeta, subdomainName)
	x, err := newExpressions(spec.ParamKind != nil)
	if err != nil {
		return append(errs, field.InternalError(path, err))
	}
	errs = all(errs,
		policyBasics(path, spec.FailurePolicy, spec.ParamKind, spec.MatchConstraints),
		variables(path.Child("variables"), spec.Variables, x),
		matchConditions(path.Child("matchConditions"), spec.MatchConditions, x),
		oneOf(path.Child("reinvocationPolicy"), spec.ReinvocationPolicy,
			admissionregistrationv1.NeverReinvocationPolicy, admissionregistrationv1.IfNeededReinvocationPolicy),
		mutatedOperations(path.Child("matchConstraints"), spec.MatchConstraints),
	)
	if len(spec.Mutations) == 0 {
		errs = append(errs, field.Required(path.Child("mutations"), "mutations must contain at least one item"))
	}
	for i := range spec.Mutations {
		errs = append(errs, mutation(path.Child("mutations").Index(i), &spec.Mutations[i], x)...)
	}
	return errs
}

func mutation(path *field.Path, m *admissionregistrationv1.Mutation, x *expressions) field.ErrorList {
	errs := oneOf(path.Child("patchType"), m.PatchType, admissionregistrationv1.PatchTypeApplyConfiguration, admissionregistrationv1.PatchTypeJSONPatch)
	apply, json := path.Child("applyConfiguration"), path.Child("jsonPatch")
	switch m.PatchType {
	case admissionregistrationv1.PatchTypeApplyConfiguration:
		if m.JSONPatch != nil {
			errs = append(errs, field.Invalid(json, "{jsonPatch}", "must not be specified when patchType is ApplyConfiguration"))
		}
		if m.ApplyConfiguration == nil {
			return append(errs, field.Required(apply, "must be specified when patchType is ApplyConfiguration"))
		}
		errs = append(errs, x.checkPatch(apply.Child("expression"), &patch.ApplyConfigurationCondition{Expression: m.ApplyConfiguration.Expression})...)
	case admissionregistrationv1.PatchTypeJSONPatch:
		if m.ApplyConfiguration != nil {
			errs = append(errs, field.Invalid(apply, "{applyConfiguration}", "must not be specified when patchType is JSONPatch"))
		}
		if m.JSONPatch == nil {
			return append(errs, field.Required(json, "must be specified when patchType is JSONPatch"))
		}
		errs = append(errs, x.checkPatch(json.Child("expression"), &patch.JSONPatchCondition{Expression: m.JSONPatch.Expression})...)
	}
	return errs
}

// MutatingAdmissionPolicyUpdate checks an update of a policy.
func MutatingAdmissionPolicyUpdate(p, old *admissionregistrationv1.MutatingAdmissionPolicy) field.ErrorList {
	return all(freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta), MutatingAdmissionPolicy(p))
}

// MutatingAdmissionPolicyBinding checks a binding of a policy.
func MutatingAdmissionPolicyBinding(b *admissionregistrationv1.MutatingAdmissionPolicyBinding) field.ErrorList {
	return all(
		freeClusterScoped(&b.ObjectMeta, subdomainName),
		policyBinding(specPath(), b.Spec.PolicyName, b.Spec.ParamRef, b.Spec.MatchResources),
		mutatedOperations(specPath().Child("matchResources"), b.Spec.MatchResources),
	)
}

// MutatingAdmissionPolicyBindingUpdate checks an update of a binding.
func MutatingAdmissionPolicyBindingUpdate(b, old *admissionregistrationv1.MutatingAdmissionPolicyBinding) field.ErrorList {
	return all(freeMetaUpdate(&b.ObjectMeta, &old.ObjectMeta), MutatingAdmissionPolicyBinding(b))
}

// mutatedOperations refuses operations that have no object to change. They are blamed without an index.
func mutatedOperations(path *field.Path, m *admissionregistrationv1.MatchResources) field.ErrorList {
	if m == nil {
		return nil
	}
	var errs field.ErrorList
	at := path.Child("resourceRules", "operations")
	for _, rule := range m.ResourceRules {
		for _, operation := range rule.Operations {
			errs = append(errs, pointerOneOf(at, &operation, admissionregistrationv1.OperationAll, admissionregistrationv1.Create,
				admissionregistrationv1.Update, admissionregistrationv1.Connect)...)
		}
	}
	return errs
}
