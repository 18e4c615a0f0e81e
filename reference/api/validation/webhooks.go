package validation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/util/webhook"
)

// webhookRules is what validating and mutating webhooks have in common.
type webhookRules struct {
	name            string
	client          *admissionregistrationv1.WebhookClientConfig
	rules           []admissionregistrationv1.RuleWithOperations
	failurePolicy   *admissionregistrationv1.FailurePolicyType
	matchPolicy     *admissionregistrationv1.MatchPolicyType
	sideEffects     *admissionregistrationv1.SideEffectClass
	timeoutSeconds  *int32
	reviewVersions  []string
	matchConditions []admissionregistrationv1.MatchCondition
}

// ValidatingWebhooks checks a ValidatingWebhookConfiguration.
func ValidatingWebhooks(c *admissionregistrationv1.ValidatingWebhookConfiguration) field.ErrorList {
	errs := freeClusterScoped(&c.ObjectMeta, subdomainName)
	names := seen[string]{}
	for i := range c.Webhooks {
		w, path := &c.Webhooks[i], field.NewPath("webhooks").Index(i)
		errs = all(errs,
			webhookBasics(path, webhookRules{
				w.Name, &w.ClientConfig, w.Rules, w.FailurePolicy, w.MatchPolicy, w.SideEffects, w.TimeoutSeconds, w.AdmissionReviewVersions, w.MatchConditions,
			}),
			labelSelector(path.Child("namespaceSelector"), w.NamespaceSelector),
			labelSelector(path.Child("objectSelector"), w.ObjectSelector),
			names.add(path.Child("name"), w.Name),
		)
	}
	return errs
}

// ValidatingWebhooksUpdate checks an update of a ValidatingWebhookConfiguration.
func ValidatingWebhooksUpdate(c, old *admissionregistrationv1.ValidatingWebhookConfiguration) field.ErrorList {
	return all(freeMetaUpdate(&c.ObjectMeta, &old.ObjectMeta), ValidatingWebhooks(c))
}

// MutatingWebhooks checks a MutatingWebhookConfiguration.
func MutatingWebhooks(c *admissionregistrationv1.MutatingWebhookConfiguration) field.ErrorList {
	errs := freeClusterScoped(&c.ObjectMeta, subdomainName)
	names := seen[string]{}
	for i := range c.Webhooks {
		w, path := &c.Webhooks[i], field.NewPath("webhooks").Index(i)
		errs = all(errs,
			webhookBasics(path, webhookRules{
				w.Name, &w.ClientConfig, w.Rules, w.FailurePolicy, w.MatchPolicy, w.SideEffects, w.TimeoutSeconds, w.AdmissionReviewVersions, w.MatchConditions,
			}),
			labelSelector(path.Child("namespaceSelector"), w.NamespaceSelector),
			labelSelector(path.Child("objectSelector"), w.ObjectSelector),
			pointerOneOf(path.Child("reinvocationPolicy"), w.ReinvocationPolicy,
				admissionregistrationv1.NeverReinvocationPolicy, admissionregistrationv1.IfNeededReinvocationPolicy),
			names.add(path.Child("name"), w.Name),
		)
	}
	return errs
}

// MutatingWebhooksUpdate checks an update of a MutatingWebhookConfiguration.
func MutatingWebhooksUpdate(c, old *admissionregistrationv1.MutatingWebhookConfiguration) field.ErrorList {
	return all(freeMetaUpdate(&c.ObjectMeta, &old.ObjectMeta), MutatingWebhooks(c))
}

func webhookBasics(path *field.Path, w webhookRules) field.ErrorList {
	var errs field.ErrorList
	if w.name == "" {
		errs = append(errs, field.Required(path.Child("name"), ""))
	} else {
		errs = append(errs, utilvalidation.IsFullyQualifiedName(path.Child("name"), w.name)...)
	}
	for i := range w.rules {
		errs = append(errs, ruleWithOperations(path.Child("rules").Index(i), &w.rules[i])...)
	}
	errs = all(errs,
		reviewVersions(path.Child("admissionReviewVersions"), w.reviewVersions),
		pointerOneOf(path.Child("failurePolicy"), w.failurePolicy, admissionregistrationv1.Fail, admissionregistrationv1.Ignore),
		pointerOneOf(path.Child("matchPolicy"), w.matchPolicy, admissionregistrationv1.Equivalent, admissionregistrationv1.Exact),
	)
	if w.sideEffects == nil {
		errs = append(errs, field.Required(path.Child("sideEffects"), "must specify one of None, NoneOnDryRun"))
	} else {
		errs = append(errs, pointerOneOf(path.Child("sideEffects"), w.sideEffects, admissionregistrationv1.SideEffectClassNone, admissionregistrationv1.SideEffectClassNoneOnDryRun)...)
	}
	if seconds := w.timeoutSeconds; seconds != nil && (*seconds < 1 || *seconds > 30) {
		errs = append(errs, field.Invalid(path.Child("timeoutSeconds"), *seconds, "the timeout value must be between 1 and 30 seconds"))
	}
	return all(errs, clientConfig(path.Child("clientConfig"), w.client), matchConditions(path.Child("matchConditions"), w.matchConditions, nil))
}

func clientConfig(path *field.Path, c *admissionregistrationv1.WebhookClientConfig) field.ErrorList {
	switch s := c.Service; {
	case (c.URL == nil) == (s == nil):
		return one(field.Required(path, "exactly one of url or service is required"))
	case c.URL != nil:
		return webhook.ValidateWebhookURL(path.Child("url"), *c.URL, true)
	default:
		var port int32
		if s.Port != nil {
			port = *s.Port
		}
		// Upstream blames a missing name at namespace and the other way round; clients see it (decision 0036).
		return webhook.ValidateWebhookService(path.Child("service"), s.Name, s.Namespace, s.Path, port)
	}
}

// reviewVersions demands one version that the server speaks.
func reviewVersions(path *field.Path, versions []string) field.ErrorList {
	if len(versions) == 0 {
		return one(field.Required(path, "must specify one of v1, v1beta1"))
	}
	var errs field.ErrorList
	had, known, duplicate := map[string]bool{}, false, false
	for i, v := range versions {
		if had[v] {
			duplicate = true
			errs = append(errs, field.Invalid(path.Index(i), v, "duplicate version"))
			continue
		}
		had[v] = true
		errs = append(errs, matches(path.Index(i), v, utilvalidation.IsDNS1035Label(v))...)
		known = known || v == "v1" || v == "v1beta1"
	}
	if !duplicate && !known {
		errs = append(errs, field.Invalid(path, versions, "must include at least one of v1, v1beta1"))
	}
	return errs
}

// maxMatchConditions is how many conditions one webhook or policy may have.
const maxMatchConditions = 64

// matchConditions checks conditions; x knows the variables of a policy, nil is for a webhook.
func matchConditions(path *field.Path, list []admissionregistrationv1.MatchCondition, x *expressions) field.ErrorList {
	if len(list) == 0 {
		return nil
	}
	var errs field.ErrorList
	if len(list) > maxMatchConditions {
		errs = append(errs, field.TooMany(path, len(list), maxMatchConditions))
	}
	if x == nil {
		var err error
		if x, err = newExpressions(false); err != nil {
			return one(field.InternalError(path, err))
		}
	}
	names := seen[string]{}
	for i, c := range list {
		at := path.Index(i)
		errs = append(errs, x.check(at.Child("expression"), expression{text: c.Expression, types: []*cel.Type{cel.BoolType}})...)
		if c.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
			continue
		}
		errs = append(errs, matches(at.Child("name"), c.Name, utilvalidation.IsQualifiedName(c.Name))...)
		errs = append(errs, names.add(at.Child("name"), c.Name)...)
	}
	return errs
}

func ruleWithOperations(path *field.Path, r *admissionregistrationv1.RuleWithOperations) field.ErrorList {
	operations := path.Child("operations")
	var errs field.ErrorList
	if len(r.Operations) == 0 {
		errs = append(errs, field.Required(operations, ""))
	}
	if len(r.Operations) > 1 && slices.Contains(r.Operations, admissionregistrationv1.OperationAll) {
		errs = append(errs, field.Invalid(operations, r.Operations, "if '*' is present, must not specify other operations"))
	}
	for i, operation := range r.Operations {
		errs = append(errs, pointerOneOf(operations.Index(i), &operation, admissionregistrationv1.OperationAll, admissionregistrationv1.Create,
			admissionregistrationv1.Update, admissionregistrationv1.Delete, admissionregistrationv1.Connect)...)
	}
	return append(errs, matchRule(path, &r.Rule)...)
}

func matchRule(path *field.Path, r *admissionregistrationv1.Rule) field.ErrorList {
	var errs field.ErrorList
	lists := []struct {
		name, plural string
		values       []string
		emptyAllowed bool // the core group is empty
	}{{"apiGroups", "groups", r.APIGroups, true}, {"apiVersions", "versions", r.APIVersions, false}}
	for _, l := range lists {
		at := path.Child(l.name)
		if len(l.values) == 0 {
			errs = append(errs, field.Required(at, ""))
		}
		if len(l.values) > 1 && slices.Contains(l.values, "*") {
			errs = append(errs, field.Invalid(at, l.values, "if '*' is present, must not specify other API "+l.plural))
		}
		for i, value := range l.values {
			if value == "" && !l.emptyAllowed {
				errs = append(errs, field.Required(at.Index(i), ""))
			}
		}
	}
	errs = append(errs, pointerOneOf(path.Child("scope"), r.Scope,
		admissionregistrationv1.AllScopes, admissionregistrationv1.ClusterScope, admissionregistrationv1.NamespacedScope)...)
	return append(errs, matchedResources(path.Child("resources"), r.Resources)...)
}

// matchedResources refuses a resource that a wildcard names already.
func matchedResources(path *field.Path, resources []string) field.ErrorList {
	if len(resources) == 0 {
		return one(field.Required(path, ""))
	}
	var errs field.ErrorList
	before := map[string]bool{}
	plain := false
	for i, r := range resources {
		resource, sub, nested := strings.Cut(r, "/")
		switch {
		case r == "":
			errs = append(errs, field.Required(path.Index(i), ""))
		case nested && resource != "*" && sub != "*":
			for _, wildcard := range []string{resource + "/*", "*/" + sub} {
				if before[wildcard] {
					errs = append(errs, field.Invalid(path.Index(i), r, fmt.Sprintf("if '%s' is present, must not specify %s", wildcard, r)))
					break
				}
			}
		case !nested && r != "*":
			plain = true
		}
		before[r] = true
	}
	if len(resources) > 1 && before["*/*"] {
		errs = append(errs, field.Invalid(path, resources, "if '*/*' is present, must not specify other resources"))
	}
	if before["*"] && plain {
		errs = append(errs, field.Invalid(path, resources, "if '*' is present, must not specify other resources without subresources"))
	}
	return errs
}
