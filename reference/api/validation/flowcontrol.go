package validation

import (
	"fmt"
	"slices"
	"strings"

	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/apis/flowcontrol/bootstrap"
	"k8s.io/apiserver/pkg/util/shufflesharding"
)

// Bounds of priority and fairness.
const (
	maxPrecedence  = 10000
	maxQueues      = 10 * 1000 * 1000
	maxEntropyBits = 60
)

// FlowSchema checks a flow schema; the mandatory ones have a fixed spec.
func FlowSchema(f *flowcontrolv1.FlowSchema) field.ErrorList {
	path, spec := specPath(), &f.Spec
	errs := clusterScoped(&f.ObjectMeta, subdomainName)
	if spec.MatchingPrecedence <= 0 {
		errs = append(errs, field.Invalid(path.Child("matchingPrecedence"), spec.MatchingPrecedence, "must be a positive value"))
	}
	if spec.MatchingPrecedence > maxPrecedence {
		errs = append(errs, field.Invalid(path.Child("matchingPrecedence"), spec.MatchingPrecedence, fmt.Sprintf("must not be greater than %v", maxPrecedence)))
	}
	if spec.MatchingPrecedence == 1 && f.Name != flowcontrolv1.FlowSchemaNameExempt {
		errs = append(errs, field.Invalid(path.Child("matchingPrecedence"), spec.MatchingPrecedence, "only the schema named 'exempt' may have matchingPrecedence 1"))
	}
	if m := spec.DistinguisherMethod; m != nil {
		errs = append(errs, strictOneOf(path.Child("distinguisherMethod", "type"), m.Type, flowcontrolv1.FlowDistinguisherMethodByNamespaceType, flowcontrolv1.FlowDistinguisherMethodByUserType)...)
	}
	errs = append(errs, requiredAnd(path.Child("priorityLevelConfiguration", "name"), spec.PriorityLevelConfiguration.Name, isSubdomain)...)
	for i := range spec.Rules {
		errs = append(errs, flowRule(path.Child("rules").Index(i), &spec.Rules[i])...)
	}
	for _, fixed := range bootstrap.MandatoryFlowSchemas {
		if fixed.Name == f.Name && !same(fixed.Spec, *spec) {
			errs = append(errs, field.Invalid(path, *spec, fmt.Sprintf("spec of '%s' must equal the fixed value", f.Name)))
		}
	}
	return errs
}

func flowRule(path *field.Path, r *flowcontrolv1.PolicyRulesWithSubjects) field.ErrorList {
	var errs field.ErrorList
	if len(r.Subjects) == 0 {
		errs = append(errs, field.Required(path.Child("subjects"), "subjects must contain at least one value"))
	}
	for i := range r.Subjects {
		errs = append(errs, flowSubject(path.Child("subjects").Index(i), &r.Subjects[i])...)
	}
	if len(r.ResourceRules) == 0 && len(r.NonResourceRules) == 0 {
		errs = append(errs, field.Required(path, "at least one of resourceRules and nonResourceRules has to be non-empty"))
	}
	for i := range r.ResourceRules {
		at, rule := path.Child("resourceRules").Index(i), &r.ResourceRules[i]
		errs = all(errs, flowVerbs(at.Child("verbs"), rule.Verbs), wildcard(at.Child("apiGroups"), "api groups", rule.APIGroups),
			wildcard(at.Child("resources"), "resources", rule.Resources))
		if len(rule.Namespaces) == 0 && !rule.ClusterScope {
			errs = append(errs, field.Required(at.Child("namespaces"), "resource rules that are not cluster scoped must supply at least one namespace"))
		}
		if len(rule.Namespaces) > 0 {
			errs = append(errs, flowNamespaces(at.Child("namespaces"), rule.Namespaces)...)
		}
	}
	for i := range r.NonResourceRules {
		at, rule := path.Child("nonResourceRules").Index(i), &r.NonResourceRules[i]
		errs = all(errs, flowVerbs(at.Child("verbs"), rule.Verbs), flowURLs(at.Child("nonResourceURLs"), rule.NonResourceURLs))
	}
	return errs
}

// flowVerbs demands * or verbs of requests.
func flowVerbs(path *field.Path, verbs []string) field.ErrorList {
	if errs := wildcard(path, "verbs", verbs); len(errs) > 0 || slices.Equal(verbs, []string{"*"}) {
		return errs
	}
	known := []string{"create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"}
	if slices.ContainsFunc(verbs, func(verb string) bool { return !slices.Contains(known, verb) }) {
		return one(field.NotSupported(path, verbs, known))
	}
	return nil
}

func flowNamespaces(path *field.Path, namespaces []string) field.ErrorList {
	errs := wildcard(path, "namespaces", namespaces)
	if slices.Contains(namespaces, "*") {
		return errs
	}
	for i, name := range namespaces {
		for _, m := range isLabel(name) {
			errs = append(errs, field.Invalid(path.Index(i), name, "each member of this list must be '*' or a DNS-1123 label; "+m))
		}
	}
	return errs
}

// flowURLs demands *, paths, or paths that end with /*.
func flowURLs(path *field.Path, urls []string) field.ErrorList {
	errs := wildcard(path, "non-resource URLs", urls)
	if slices.Contains(urls, "*") {
		return errs
	}
	for i, url := range urls {
		if problem := urlProblem(url); problem != "" {
			errs = append(errs, field.Invalid(path.Index(i), url, problem))
		}
	}
	return errs
}

func urlProblem(url string) string {
	switch {
	case url == "":
		return "must not be empty"
	case strings.Contains(url, " "):
		return "must not contain white-space"
	case !strings.HasPrefix(url, "/"):
		return "must start with slash"
	case strings.Contains(url, "//"):
		return "must not contain double slash"
	case strings.Contains(strings.TrimSuffix(url, "/*"), "*"):
		return "wildcard can only do suffix matching"
	}
	return ""
}

// wildcard demands values, and * alone.
func wildcard(path *field.Path, what string, values []string) field.ErrorList {
	if len(values) == 0 {
		return one(field.Required(path, fmt.Sprintf("%s must contain at least one value", what)))
	}
	if len(values) > 1 && slices.Contains(values, "*") {
		return one(field.Invalid(path, values, fmt.Sprintf("if '*' is present, must not specify other %s", what)))
	}
	return nil
}

func flowSubject(path *field.Path, s *flowcontrolv1.Subject) field.ErrorList {
	kinds := []struct {
		kind flowcontrolv1.SubjectKind
		name string
		set  bool
	}{
		{flowcontrolv1.SubjectKindServiceAccount, "serviceAccount", s.ServiceAccount != nil},
		{flowcontrolv1.SubjectKindUser, "user", s.User != nil},
		{flowcontrolv1.SubjectKindGroup, "group", s.Group != nil},
	}
	errs := strictOneOf(path.Child("kind"), s.Kind, kinds[0].kind, kinds[1].kind, kinds[2].kind)
	if len(errs) > 0 {
		return errs
	}
	for _, k := range kinds {
		switch {
		case k.kind == s.Kind && !k.set:
			errs = append(errs, field.Required(path.Child(k.name), fmt.Sprintf("%s is required when subject kind is '%s'", k.name, k.kind)))
		case k.kind != s.Kind && k.set:
			errs = append(errs, field.Forbidden(path.Child(k.name), fmt.Sprintf("%s is forbidden when subject kind is not '%s'", k.name, k.kind)))
		}
	}
	switch {
	case s.Kind == flowcontrolv1.SubjectKindServiceAccount && s.ServiceAccount != nil:
		errs = append(errs, flowServiceAccount(path.Child("serviceAccount"), s.ServiceAccount)...)
	case s.Kind == flowcontrolv1.SubjectKindUser && s.User != nil:
		errs = append(errs, required(path.Child("user", "name"), s.User.Name)...)
	case s.Kind == flowcontrolv1.SubjectKindGroup && s.Group != nil:
		errs = append(errs, required(path.Child("group", "name"), s.Group.Name)...)
	}
	return errs
}

// flowServiceAccount demands a namespace, and a name of an account or * for all of them.
func flowServiceAccount(path *field.Path, s *flowcontrolv1.ServiceAccountSubject) field.ErrorList {
	errs := required(path.Child("name"), s.Name)
	if s.Name != "*" {
		errs = append(errs, optional(path.Child("name"), s.Name, isSubdomain)...)
	}
	if s.Namespace == "" {
		return append(errs, field.Required(path.Child("namespace"), "must specify namespace for service account"))
	}
	return append(errs, matches(path.Child("namespace"), s.Namespace, isLabel(s.Namespace))...)
}

// FlowSchemaUpdate checks an update of a flow schema.
func FlowSchemaUpdate(f, old *flowcontrolv1.FlowSchema) field.ErrorList {
	return all(metaUpdate(&f.ObjectMeta, &old.ObjectMeta), FlowSchema(f))
}

// FlowSchemaStatusUpdate checks a write of flowschemas/status.
func FlowSchemaStatusUpdate(f, old *flowcontrolv1.FlowSchema) field.ErrorList {
	errs := metaUpdate(&f.ObjectMeta, &old.ObjectMeta)
	types := seen[flowcontrolv1.FlowSchemaConditionType]{}
	for i, c := range f.Status.Conditions {
		at := statusPath().Child("conditions").Index(i).Child("type")
		errs = all(errs, required(at, c.Type), types.add(at, c.Type))
	}
	return errs
}

// PriorityLevel checks a priority level; the mandatory ones are nearly fixed.
func PriorityLevel(p *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	path, spec := specPath(), &p.Spec
	errs := all(clusterScoped(&p.ObjectMeta, subdomainName),
		oneOf(path.Child("type"), spec.Type, flowcontrolv1.PriorityLevelEnablementExempt, flowcontrolv1.PriorityLevelEnablementLimited))
	exempt, limitedType := spec.Type == flowcontrolv1.PriorityLevelEnablementExempt, spec.Type == flowcontrolv1.PriorityLevelEnablementLimited
	if exempt != (p.Name == flowcontrolv1.PriorityLevelConfigurationNameExempt) {
		errs = append(errs, field.Invalid(path.Child("type"), spec.Type, "must be 'Exempt' if and only if `name` is 'exempt'"))
	}
	switch {
	case exempt && spec.Limited != nil:
		errs = append(errs, field.Forbidden(path.Child("limited"), "must be nil if the type is not Limited"))
	case limitedType && spec.Exempt != nil:
		errs = append(errs, field.Forbidden(path.Child("exempt"), "must be nil if the type is Limited"))
	}
	if limitedType && spec.Limited == nil {
		errs = append(errs, field.Required(path.Child("limited"), "must not be empty when type is Limited"))
	}
	if spec.Exempt != nil && exempt {
		errs = append(errs, shares(path.Child("exempt"), spec.Exempt.NominalConcurrencyShares, spec.Exempt.LendablePercent)...)
	}
	if spec.Limited != nil && limitedType {
		errs = append(errs, limited(path.Child("limited"), spec.Limited)...)
	}
	return append(errs, mandatoryLevel(path, p)...)
}

func mandatoryLevel(path *field.Path, p *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	for _, fixed := range bootstrap.MandatoryPriorityLevelConfigurations {
		if fixed.Name != p.Name {
			continue
		}
		spec, want, text := p.Spec.DeepCopy(), fixed.Spec.DeepCopy(), "spec of '%s' must equal the fixed value"
		if p.Name == flowcontrolv1.PriorityLevelConfigurationNameExempt {
			spec.Exempt, want.Exempt, text = nil, nil, "spec of '%s' except the 'spec.exempt' field must equal the fixed value"
		}
		if !same(spec, want) {
			return one(field.Invalid(path, p.Spec, fmt.Sprintf(text, p.Name)))
		}
	}
	return nil
}

func shares(path *field.Path, nominal, lendable *int32) field.ErrorList {
	var errs field.ErrorList
	if nominal != nil && *nominal < 0 {
		errs = append(errs, field.Invalid(path.Child("nominalConcurrencyShares"), *nominal, "must be a non-negative integer"))
	}
	if lendable != nil && (*lendable < 0 || *lendable > 100) {
		errs = append(errs, field.Invalid(path.Child("lendablePercent"), *lendable, "must be between 0 and 100, inclusive"))
	}
	return errs
}

func limited(path *field.Path, l *flowcontrolv1.LimitedPriorityLevelConfiguration) field.ErrorList {
	errs := shares(path, l.NominalConcurrencyShares, l.LendablePercent)
	if l.BorrowingLimitPercent != nil && *l.BorrowingLimitPercent < 0 {
		errs = append(errs, field.Invalid(path.Child("borrowingLimitPercent"), *l.BorrowingLimitPercent, "if specified, must be a non-negative integer"))
	}
	response, queuing := path.Child("limitResponse"), l.LimitResponse.Queuing
	errs = append(errs, oneOf(response.Child("type"), l.LimitResponse.Type, flowcontrolv1.LimitResponseTypeQueue, flowcontrolv1.LimitResponseTypeReject)...)
	at := response.Child("queuing")
	switch l.LimitResponse.Type {
	case flowcontrolv1.LimitResponseTypeReject:
		if queuing != nil {
			errs = append(errs, field.Forbidden(at, "must be nil if limited.limitResponse.type is not Limited"))
		}
		return errs
	case flowcontrolv1.LimitResponseTypeQueue:
		if queuing == nil {
			return append(errs, field.Required(at, "must not be empty if limited.limitResponse.type is Limited"))
		}
	default:
		return errs
	}
	for _, n := range []struct {
		name  string
		value int32
	}{{"queueLengthLimit", queuing.QueueLengthLimit}, {"queues", queuing.Queues}, {"handSize", queuing.HandSize}} {
		if n.value <= 0 {
			errs = append(errs, field.Invalid(at.Child(n.name), n.value, "must be positive"))
		}
	}
	if queuing.Queues > maxQueues {
		errs = append(errs, field.Invalid(at.Child("queues"), queuing.Queues, fmt.Sprintf("must not be greater than %d", maxQueues)))
	}
	if queuing.HandSize > queuing.Queues {
		errs = append(errs, field.Invalid(at.Child("handSize"), queuing.HandSize, fmt.Sprintf("should not be greater than queues (%d)", queuing.Queues)))
	} else if bits := shufflesharding.RequiredEntropyBits(int(queuing.Queues), int(queuing.HandSize)); bits > maxEntropyBits {
		errs = append(errs, field.Invalid(at.Child("handSize"), queuing.HandSize,
			fmt.Sprintf("required entropy bits of deckSize %d and handSize %d should not be greater than %d", queuing.Queues, queuing.HandSize, maxEntropyBits)))
	}
	return errs
}

// PriorityLevelUpdate checks an update of a priority level.
func PriorityLevelUpdate(p, old *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	return all(metaUpdate(&p.ObjectMeta, &old.ObjectMeta), PriorityLevel(p))
}

// PriorityLevelStatusUpdate checks a write of prioritylevelconfigurations/status.
func PriorityLevelStatusUpdate(p, old *flowcontrolv1.PriorityLevelConfiguration) field.ErrorList {
	errs := metaUpdate(&p.ObjectMeta, &old.ObjectMeta)
	types := seen[flowcontrolv1.PriorityLevelConfigurationConditionType]{}
	for i, c := range p.Status.Conditions {
		at := statusPath().Child("conditions").Index(i).Child("type")
		errs = all(errs, required(at, c.Type), types.add(at, c.Type))
	}
	return errs
}
