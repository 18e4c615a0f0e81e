package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
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
	scopes := []corev1.ResourceQuotaScope{
		corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating,
		corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort,
		corev1.ResourceQuotaScopePriorityClass, corev1.ResourceQuotaScopeCrossNamespacePodAffinity, corev1.ResourceQuotaScopeVolumeAttributesClass,
	}
	var errs field.ErrorList
	has := map[corev1.ResourceQuotaScope]bool{}
	for _, scope := range spec.Scopes {
		has[scope] = true
		if len(optionalOneOf(path, scope, scopes...)) > 0 {
			errs = append(errs, field.Invalid(path.Child("scopes"), spec.Scopes, "unsupported scope"))
		}
	}
	for _, pair := range [][2]corev1.ResourceQuotaScope{
		{corev1.ResourceQuotaScopeBestEffort, corev1.ResourceQuotaScopeNotBestEffort},
		{corev1.ResourceQuotaScopeTerminating, corev1.ResourceQuotaScopeNotTerminating},
	} {
		if has[pair[0]] && has[pair[1]] {
			errs = append(errs, field.Invalid(path.Child("scopes"), spec.Scopes, "conflicting scopes"))
		}
	}
	if spec.ScopeSelector == nil {
		return errs
	}
	for _, r := range spec.ScopeSelector.MatchExpressions {
		at := path.Child("scopeSelector", "matchExpressions")
		errs = append(errs, optionalOneOf(at.Child("scopeName"), r.ScopeName, scopes...)...)
		switch r.Operator {
		case corev1.ScopeSelectorOpIn, corev1.ScopeSelectorOpNotIn:
			if len(r.Values) == 0 {
				errs = append(errs, field.Required(at.Child("values"), "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"))
			}
		case corev1.ScopeSelectorOpExists, corev1.ScopeSelectorOpDoesNotExist:
			if len(r.Values) > 0 {
				errs = append(errs, field.Invalid(at.Child("values"), r.Values, "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"))
			}
		default:
			errs = append(errs, field.Invalid(at.Child("operator"), r.Operator, "not a valid selector operator"))
		}
	}
	return errs
}

// ResourceQuotaUpdate checks an update of a quota: its scopes stay.
func ResourceQuotaUpdate(q, old *corev1.ResourceQuota) field.ErrorList {
	errs := all(metaUpdate(&q.ObjectMeta, &old.ObjectMeta), ResourceQuota(q))
	if !same(q.Spec.Scopes, old.Spec.Scopes) {
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

// LimitRange checks a limit range: min <= defaultRequest <= default <= max.
func LimitRange(l *corev1.LimitRange) field.ErrorList {
	errs := namespaced(&l.ObjectMeta, subdomainName)
	types := seen[corev1.LimitType]{}
	for i := range l.Spec.Limits {
		item, at := &l.Spec.Limits[i], specPath().Child("limits").Index(i)
		errs = append(errs, required(at.Child("type"), item.Type)...)
		errs = append(errs, types.add(at.Child("type"), item.Type)...)
		errs = append(errs, limitRangeItem(at, item)...)
	}
	return errs
}

func limitRangeItem(path *field.Path, item *corev1.LimitRangeItem) field.ErrorList {
	var errs field.ErrorList
	if item.Type == corev1.LimitTypePod {
		if len(item.Default) > 0 {
			errs = append(errs, field.Forbidden(path.Child("default"), "may not be specified when `type` is 'Pod'"))
		}
		if len(item.DefaultRequest) > 0 {
			errs = append(errs, field.Forbidden(path.Child("defaultRequest"), "may not be specified when `type` is 'Pod'"))
		}
	}
	if item.Type == corev1.LimitTypePersistentVolumeClaim && len(item.Min) == 0 && len(item.Max) == 0 {
		errs = append(errs, field.Required(path.Child("limits"), "either minimum or maximum storage value is required, but neither was provided"))
	}
	type bound struct {
		name, words string
		list        corev1.ResourceList
	}
	order := []bound{
		{"min", "min", item.Min},
		{"defaultRequest", "default request", item.DefaultRequest},
		{"default", "default", item.Default},
		{"max", "max", item.Max},
	}
	for i, low := range order {
		for _, high := range order[i+1:] {
			for name, a := range low.list {
				if b, ok := high.list[name]; ok && a.Cmp(b) > 0 {
					errs = append(errs, field.Invalid(path.Child(low.name).Key(string(name)), a.String(),
						fmt.Sprintf("%s value %s is greater than %s value %s", low.words, a.String(), high.words, b.String())))
				}
			}
		}
		errs = append(errs, resourceList(path.Child(low.name), low.list)...)
	}
	for name, ratio := range item.MaxLimitRequestRatio {
		if ratio.CmpInt64(1) < 0 {
			errs = append(errs, field.Invalid(path.Child("maxLimitRequestRatio").Key(string(name)), ratio.String(), fmt.Sprintf("ratio %s is less than 1", ratio.String())))
		}
	}
	return errs
}

// LimitRangeUpdate checks an update of a limit range.
func LimitRangeUpdate(l, old *corev1.LimitRange) field.ErrorList {
	return all(metaUpdate(&l.ObjectMeta, &old.ObjectMeta), LimitRange(l))
}
