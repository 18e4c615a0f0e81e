package validation

import (
	"regexp"
	"strings"

	"github.com/google/cel-go/cel"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ValidatingAdmissionPolicy checks a policy, and compiles its expressions.
func ValidatingAdmissionPolicy(p *admissionregistrationv1.ValidatingAdmissionPolicy) field.ErrorList {
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
	)
	if len(spec.Validations) == 0 && len(spec.AuditAnnotations) == 0 {
		const missing = "validations or auditAnnotations must contain at least one item"
		errs = append(errs, field.Required(path.Child("validations"), missing), field.Required(path.Child("auditAnnotations"), missing))
	}
	for i := range spec.Validations {
		errs = append(errs, policyValidation(path.Child("validations").Index(i), &spec.Validations[i], x)...)
	}
	keys := seen[string]{}
	if len(spec.AuditAnnotations) > maxAuditAnnotations {
		errs = append(errs, field.TooMany(path.Child("auditAnnotations"), len(spec.AuditAnnotations), maxAuditAnnotations))
	}
	for i, a := range spec.AuditAnnotations {
		at := path.Child("auditAnnotations").Index(i)
		errs = append(errs, matches(at.Child("key"), a.Key, utilvalidation.IsQualifiedName(p.Name+"/"+a.Key))...)
		errs = append(errs, x.check(at.Child("valueExpression"), expression{text: a.ValueExpression, types: []*cel.Type{cel.StringType, cel.NullType}})...)
		errs = append(errs, keys.add(at.Child("key"), a.Key)...)
	}
	return errs
}

const maxAuditAnnotations = 20

// policyBasics is what validating and mutating policies have in common.
func policyBasics(path *field.Path, failure *admissionregistrationv1.FailurePolicyType, params *admissionregistrationv1.ParamKind, match *admissionregistrationv1.MatchResources) field.ErrorList {
	var errs field.ErrorList
	if failure == nil {
		errs = append(errs, field.Required(path.Child("failurePolicy"), ""))
	}
	errs = append(errs, pointerOneOf(path.Child("failurePolicy"), failure, admissionregistrationv1.Fail, admissionregistrationv1.Ignore)...)
	if params != nil {
		errs = append(errs, paramKind(path.Child("paramKind"), params)...)
	}
	at := path.Child("matchConstraints")
	if match == nil {
		return append(errs, field.Required(at, ""))
	}
	errs = append(errs, matchResources(at, match)...)
	if len(match.ResourceRules) == 0 {
		errs = append(errs, field.Required(at.Child("resourceRules"), ""))
	}
	return errs
}

func paramKind(path *field.Path, k *admissionregistrationv1.ParamKind) field.ErrorList {
	var errs field.ErrorList
	if k.APIVersion == "" {
		errs = append(errs, field.Required(path.Child("apiVersion"), ""))
	} else if gv, err := schema.ParseGroupVersion(k.APIVersion); err != nil {
		errs = append(errs, field.Invalid(path.Child("apiVersion"), k.APIVersion, err.Error()))
	} else {
		if gv.Group != "" {
			errs = append(errs, matches(path.Child("apiVersion"), gv.Group, isSubdomain(gv.Group))...)
		}
		errs = append(errs, matches(path.Child("apiVersion"), gv.Version, utilvalidation.IsDNS1035Label(gv.Version))...)
	}
	if k.Kind == "" {
		return append(errs, field.Required(path.Child("kind"), ""))
	}
	for _, m := range utilvalidation.IsDNS1035Label(strings.ToLower(k.Kind)) {
		errs = append(errs, field.Invalid(path.Child("kind"), k.Kind, "may have mixed case, but should otherwise match: "+m))
	}
	return errs
}

func matchResources(path *field.Path, m *admissionregistrationv1.MatchResources) field.ErrorList {
	errs := all(
		pointerOneOf(path.Child("matchPolicy"), m.MatchPolicy, admissionregistrationv1.Equivalent, admissionregistrationv1.Exact),
		requiredSelector(path.Child("namespaceSelector"), m.NamespaceSelector),
		requiredSelector(path.Child("objectSelector"), m.ObjectSelector),
	)
	for i := range m.ResourceRules {
		errs = append(errs, namedRule(path.Child("resourceRules").Index(i), &m.ResourceRules[i])...)
	}
	for i := range m.ExcludeResourceRules {
		errs = append(errs, namedRule(path.Child("excludeResourceRules").Index(i), &m.ExcludeResourceRules[i])...)
	}
	return errs
}

func requiredSelector(path *field.Path, s *metav1.LabelSelector) field.ErrorList {
	if s == nil {
		return one(field.Required(path, ""))
	}
	return labelSelector(path, s)
}

func namedRule(path *field.Path, r *admissionregistrationv1.NamedRuleWithOperations) field.ErrorList {
	names := seen[string]{}
	var errs field.ErrorList
	for i, name := range r.ResourceNames {
		at := path.Child("resourceNames").Index(i)
		errs = append(errs, matches(at, name, pathSegment(name))...)
		errs = append(errs, names.add(at, name)...)
	}
	return append(errs, ruleWithOperations(path, &r.RuleWithOperations)...)
}

var celIdentifier = regexp.MustCompile(`^[_a-zA-Z][_a-zA-Z0-9]*$`)

func variables(path *field.Path, list []admissionregistrationv1.Variable, x *expressions) field.ErrorList {
	var errs field.ErrorList
	for i, v := range list {
		at := path.Index(i)
		if v.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), "name is not specified"))
		} else if !celIdentifier.MatchString(v.Name) {
			errs = append(errs, field.Invalid(at.Child("name"), v.Name, "must be a valid CEL identifier"))
		}
		if v.Expression == "" {
			errs = append(errs, field.Required(at.Child("expression"), "expression is not specified"))
			continue
		}
		errs = append(errs, x.define(at.Child("expression"), v.Name, v.Expression)...)
	}
	return errs
}

func policyValidation(path *field.Path, v *admissionregistrationv1.Validation, x *expressions) field.ErrorList {
	var errs field.ErrorList
	if v.Expression == "" {
		errs = append(errs, field.Required(path.Child("expression"), "expression is not specified"))
	} else {
		errs = append(errs, x.check(path.Child("expression"), expression{text: v.Expression, types: []*cel.Type{cel.BoolType}})...)
	}
	if v.MessageExpression != "" {
		errs = append(errs, x.check(path.Child("messageExpression"), expression{text: v.MessageExpression, types: []*cel.Type{cel.StringType}})...)
	}
	return append(errs, pointerOneOf(path.Child("reason"), v.Reason,
		metav1.StatusReasonForbidden, metav1.StatusReasonInvalid, metav1.StatusReasonRequestEntityTooLarge)...)
}

// ValidatingAdmissionPolicyUpdate checks an update of a policy.
func ValidatingAdmissionPolicyUpdate(p, old *admissionregistrationv1.ValidatingAdmissionPolicy) field.ErrorList {
	return all(freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta), ValidatingAdmissionPolicy(p))
}

// ValidatingAdmissionPolicyStatusUpdate checks a write of validatingadmissionpolicies/status.
func ValidatingAdmissionPolicyStatusUpdate(p, old *admissionregistrationv1.ValidatingAdmissionPolicy) field.ErrorList {
	errs := all(freeMetaUpdate(&p.ObjectMeta, &old.ObjectMeta), conditions(statusPath().Child("conditions"), p.Status.Conditions))
	if p.Status.TypeChecking == nil {
		return errs
	}
	for i, w := range p.Status.TypeChecking.ExpressionWarnings {
		at := statusPath().Child("typeChecking", "expressionWarnings").Index(i)
		errs = all(errs, required(at.Child("warning"), w.Warning), required(at.Child("fieldRef"), w.FieldRef))
	}
	return errs
}

// ValidatingAdmissionPolicyBinding checks a binding of a policy.
func ValidatingAdmissionPolicyBinding(b *admissionregistrationv1.ValidatingAdmissionPolicyBinding) field.ErrorList {
	path, spec := specPath(), &b.Spec
	errs := all(freeClusterScoped(&b.ObjectMeta, subdomainName), policyBinding(path, spec.PolicyName, spec.ParamRef, spec.MatchResources))
	if len(spec.ValidationActions) == 0 {
		return append(errs, field.Required(path.Child("validationActions"), ""))
	}
	actions := seen[admissionregistrationv1.ValidationAction]{}
	for i, action := range spec.ValidationActions {
		at := path.Child("validationActions").Index(i)
		errs = append(errs, pointerOneOf(at, &action, admissionregistrationv1.Audit, admissionregistrationv1.Deny, admissionregistrationv1.Warn)...)
		errs = append(errs, actions.add(at, action)...)
	}
	if actions[admissionregistrationv1.Deny] && actions[admissionregistrationv1.Warn] {
		errs = append(errs, field.Invalid(path.Child("validationActions"), spec.ValidationActions, "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)"))
	}
	return errs
}

func policyBinding(path *field.Path, policy string, params *admissionregistrationv1.ParamRef, match *admissionregistrationv1.MatchResources) field.ErrorList {
	errs := requiredAnd(path.Child("policyName"), policy, isSubdomain)
	if params != nil {
		errs = append(errs, paramRef(path.Child("paramRef"), params)...)
	}
	if match != nil {
		errs = append(errs, matchResources(path.Child("matchResources"), match)...)
	}
	return errs
}

func paramRef(path *field.Path, r *admissionregistrationv1.ParamRef) field.ErrorList {
	var errs field.ErrorList
	switch {
	case r.Name != "" && r.Selector != nil:
		errs = append(errs,
			field.Forbidden(path.Child("name"), "name and selector are mutually exclusive"),
			field.Forbidden(path.Child("selector"), "name and selector are mutually exclusive"))
	case r.Name != "":
		errs = append(errs, matches(path.Child("name"), r.Name, pathSegment(r.Name))...)
	case r.Selector != nil:
		errs = append(errs, labelSelector(path.Child("selector"), r.Selector)...)
	default:
		errs = append(errs, field.Required(path, "one of name or selector must be specified"))
	}
	if r.ParameterNotFoundAction == nil || *r.ParameterNotFoundAction == "" {
		return append(errs, field.Required(path.Child("parameterNotFoundAction"), ""))
	}
	if a := *r.ParameterNotFoundAction; a != admissionregistrationv1.DenyAction && a != admissionregistrationv1.AllowAction {
		errs = append(errs, field.NotSupported(path.Child("parameterNotFoundAction"), a,
			[]admissionregistrationv1.ParameterNotFoundActionType{admissionregistrationv1.DenyAction, admissionregistrationv1.AllowAction}))
	}
	return errs
}

// ValidatingAdmissionPolicyBindingUpdate checks an update of a binding.
func ValidatingAdmissionPolicyBindingUpdate(b, old *admissionregistrationv1.ValidatingAdmissionPolicyBinding) field.ErrorList {
	return all(freeMetaUpdate(&b.ObjectMeta, &old.ObjectMeta), ValidatingAdmissionPolicyBinding(b))
}
