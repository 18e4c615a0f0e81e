package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// ResourceQuota checks a quota.
func ResourceQuota(q *corev1.ResourceQuota) field.ErrorList {
	path := specPath()
	return all(
		namespaced(&q.ObjectMeta, subdomainName),
		quotaList(path.Child("hard"), q.Spec.Hard),
		quotaScopes(path, &q.Spec),
		quotaList(statusPath().Child("hard"), q.Status.Hard),
		quotaList(statusPath().Child("used"), q.Status.Used),
	)
}

func quotaList(path *field.Path, list corev1.ResourceList) field.ErrorList {
	var errs field.ErrorList
	for name, q := range list {
		at := path.Key(string(name))
		errs = append(errs, matches(at, name, utilvalidation.IsQualifiedName(string(name)))...)
		if !strings.Contains(string(name), "/") && !isQuotaResource(name) {
			errs = append(errs, field.Invalid(at, name, "must be a standard resource for quota"))
		}
		errs = append(errs, quantity(at, name, q)...)
	}
	return errs
}

func isQuotaResource(name corev1.ResourceName) bool {
	switch name {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage,
		corev1.ResourceRequestsCPU, corev1.ResourceRequestsMemory, corev1.ResourceRequestsStorage, corev1.ResourceRequestsEphemeralStorage,
		corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory, corev1.ResourceLimitsEphemeralStorage,
		corev1.ResourcePods, corev1.ResourceQuotas, corev1.ResourceServices, corev1.ResourceReplicationControllers,
		corev1.ResourceSecrets, corev1.ResourcePersistentVolumeClaims, corev1.ResourceConfigMaps,
		corev1.ResourceServicesNodePorts, corev1.ResourceServicesLoadBalancers:
		return true
	}
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix) || strings.HasPrefix(string(name), corev1.ResourceRequestsHugePagesPrefix)
}

func quotaScopes(path *field.Path, spec *corev1.ResourceQuotaSpec) field.ErrorList {
	var errs field.ErrorList
	at, unsupported := path.Child("scopes"), false
	for _, scope := range spec.Scopes {
		unsupported = unsupported || !isQuotaScope(scope)
		for name := range spec.Hard {
			if isQuotaResource(name) && !limitedBy(scope, name) {
				errs = append(errs, field.Invalid(at, spec.Scopes, "unsupported scope applied to resource"))
			}
		}
	}
	if unsupported {
		errs = append(errs, field.Invalid(at, spec.Scopes, "unsupported scope"))
	}
	if inConflict(spec.Scopes) {
		errs = append(errs, field.Invalid(at, spec.Scopes, "conflicting scopes"))
	}
	return append(errs, scopeSelector(path.Child("scopeSelector"), spec)...)
}

// inConflict says whether no pod can have all the scopes.
func inConflict(scopes []corev1.ResourceQuotaScope) bool {
	has := func(scope corev1.ResourceQuotaScope) bool { return slices.Contains(scopes, scope) }
	return has(corev1.ResourceQuotaScopeBestEffort) && has(corev1.ResourceQuotaScopeNotBestEffort) ||
		has(corev1.ResourceQuotaScopeTerminating) && has(corev1.ResourceQuotaScopeNotTerminating)
}

func isQuotaScope(scope corev1.ResourceQuotaScope) bool {
	switch scope {
	case corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating,
		corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort,
		corev1.ResourceQuotaScopePriorityClass, corev1.ResourceQuotaScopeCrossNamespacePodAffinity, corev1.ResourceQuotaScopeVolumeAttributesClass:
		return true
	}
	return false
}

// limitedBy says whether a scope can narrow what a resource counts: scopes select pods, one of them claims.
func limitedBy(scope corev1.ResourceQuotaScope, name corev1.ResourceName) bool {
	switch scope {
	case corev1.ResourceQuotaScopeBestEffort:
		return name == corev1.ResourcePods
	case corev1.ResourceQuotaScopeVolumeAttributesClass:
		return name == corev1.ResourcePersistentVolumeClaims || name == corev1.ResourceRequestsStorage
	case corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating, corev1.ResourceQuotaScopeNotBestEffort,
		corev1.ResourceQuotaScopePriorityClass, corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		switch name {
		case corev1.ResourcePods, corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceRequestsCPU,
			corev1.ResourceRequestsMemory, corev1.ResourceLimitsCPU, corev1.ResourceLimitsMemory:
			return true
		}
		return false
	}
	return true
}

func scopeSelector(path *field.Path, spec *corev1.ResourceQuotaSpec) field.ErrorList {
	if spec.ScopeSelector == nil {
		return nil
	}
	var errs field.ErrorList
	at := path.Child("matchExpressions")
	var scopes []corev1.ResourceQuotaScope
	for _, r := range spec.ScopeSelector.MatchExpressions {
		scopes = append(scopes, r.ScopeName)
		if !isQuotaScope(r.ScopeName) {
			errs = append(errs, field.Invalid(at.Child("scopeName"), r.ScopeName, "unsupported scope"))
		}
		for name := range spec.Hard {
			if isQuotaResource(name) && !limitedBy(r.ScopeName, name) {
				errs = append(errs, field.Invalid(at, spec.ScopeSelector, "unsupported scope applied to resource"))
			}
		}
		errs = append(errs, scopeOperator(at, &r)...)
	}
	if inConflict(scopes) {
		errs = append(errs, field.Invalid(at, scopes, "conflicting scopes"))
	}
	return errs
}

func scopeOperator(path *field.Path, r *corev1.ScopedResourceSelectorRequirement) field.ErrorList {
	switch r.ScopeName {
	case corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort, corev1.ResourceQuotaScopeTerminating,
		corev1.ResourceQuotaScopeNotTerminating, corev1.ResourceQuotaScopeCrossNamespacePodAffinity:
		if r.Operator != corev1.ScopeSelectorOpExists { // these have no values
			return one(field.Invalid(path.Child("operator"), r.Operator, fmt.Sprintf("must be 'Exists' when scope is %s", r.ScopeName)))
		}
	}
	switch r.Operator {
	case corev1.ScopeSelectorOpIn, corev1.ScopeSelectorOpNotIn:
		if len(r.Values) == 0 {
			return one(field.Required(path.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
		}
	case corev1.ScopeSelectorOpExists, corev1.ScopeSelectorOpDoesNotExist:
		if len(r.Values) > 0 {
			return one(field.Invalid(path.Child("values"), r.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
		}
	default:
		return one(field.Invalid(path.Child("operator"), r.Operator, "not a valid selector operator"))
	}
	return nil
}

// ResourceQuotaUpdate checks an update of a quota: its scopes stay.
func ResourceQuotaUpdate(q, old *corev1.ResourceQuota) field.ErrorList {
	errs := all(metaUpdate(&q.ObjectMeta, &old.ObjectMeta), named(ResourceQuota(q)))
	if !sets.New(q.Spec.Scopes...).Equal(sets.New(old.Spec.Scopes...)) {
		errs = append(errs, field.Invalid(specPath().Child("scopes"), q.Spec.Scopes, immutable))
	}
	return errs
}

// ResourceQuotaStatusUpdate checks a write of resourcequotas/status.
func ResourceQuotaStatusUpdate(q, old *corev1.ResourceQuota) field.ErrorList {
	return all(
		metaUpdate(&q.ObjectMeta, &old.ObjectMeta),
		quotaList(statusPath().Child("hard"), q.Status.Hard),
		quotaList(statusPath().Child("used"), q.Status.Used),
	)
}
