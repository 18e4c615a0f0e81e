package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// LimitRange checks a limit range: min <= defaultRequest <= default <= max.
func LimitRange(l *corev1.LimitRange) field.ErrorList {
	errs := namespaced(&l.ObjectMeta, subdomainName)
	types := seen[corev1.LimitType]{}
	for i := range l.Spec.Limits {
		item, at := &l.Spec.Limits[i], specPath().Child("limits").Index(i)
		errs = all(errs,
			limitType(at.Child("type"), item.Type),
			types.add(at.Child("type"), item.Type),
			limitNames(at, item),
			limitOrder(at, item),
			limitRatios(at.Child("maxLimitRequestRatio"), item),
		)
	}
	return errs
}

func limitType(path *field.Path, name corev1.LimitType) field.ErrorList {
	if messages := utilvalidation.IsQualifiedName(string(name)); len(messages) > 0 {
		return matches(path, name, messages)
	}
	switch name {
	case corev1.LimitTypePod, corev1.LimitTypeContainer, corev1.LimitTypePersistentVolumeClaim:
		return nil
	}
	if strings.Contains(string(name), "/") {
		return nil
	}
	return one(field.Invalid(path, name, "must be a standard limit type or fully qualified"))
}

// limitNames checks which resources may be limited, and by what.
func limitNames(path *field.Path, item *corev1.LimitRangeItem) field.ErrorList {
	var errs field.ErrorList
	for _, b := range limitBounds(item) {
		at := path.Child(b.name)
		ofPods := b.name == "default" || b.name == "defaultRequest"
		if item.Type == corev1.LimitTypePod && ofPods {
			if len(b.list) > 0 {
				errs = append(errs, field.Forbidden(at, "may not be specified when `type` is 'Pod'"))
			}
			continue
		}
		for name := range b.list {
			errs = append(errs, limitedName(at.Key(string(name)), item.Type, name)...)
		}
	}
	for name := range item.MaxLimitRequestRatio {
		errs = append(errs, limitedName(path.Child("maxLimitRequestRatio").Key(string(name)), item.Type, name)...)
	}
	if item.Type == corev1.LimitTypePersistentVolumeClaim {
		_, least := item.Min[corev1.ResourceStorage]
		_, most := item.Max[corev1.ResourceStorage]
		if !least && !most {
			errs = append(errs, field.Required(path.Child("limits"), "either minimum or maximum storage value is required, but neither was provided"))
		}
	}
	return errs
}

func limitedName(path *field.Path, kind corev1.LimitType, name corev1.ResourceName) field.ErrorList {
	switch kind {
	case corev1.LimitTypePod, corev1.LimitTypeContainer:
		return containerResourceName(path, name)
	}
	if messages := utilvalidation.IsQualifiedName(string(name)); len(messages) > 0 {
		return matches(path, name, messages)
	}
	if !strings.Contains(string(name), "/") && !isQuotaResource(name) && name != corev1.ResourceStorage {
		return one(field.Invalid(path, name, "must be a standard resource type or fully qualified"))
	}
	return nil
}

type limitBound struct {
	name, words string
	list        corev1.ResourceList
}

// limitBounds lists what limits a resource, in the order that the values must have.
func limitBounds(item *corev1.LimitRangeItem) []limitBound {
	return []limitBound{
		{"min", "min", item.Min},
		{"defaultRequest", "default request", item.DefaultRequest},
		{"default", "default", item.Default},
		{"max", "max", item.Max},
	}
}

func limitOrder(path *field.Path, item *corev1.LimitRangeItem) field.ErrorList {
	var errs field.ErrorList
	bounds := limitBounds(item)
	for i, low := range bounds {
		for _, high := range bounds[i+1:] {
			for name, a := range low.list {
				if b, ok := high.list[name]; ok && a.Cmp(b) > 0 {
					errs = append(errs, field.Invalid(path.Child(blamed(low.name, high.name)).Key(string(name)), a.String(),
						fmt.Sprintf("%s value %s is greater than %s value %s", low.words, a.String(), high.words, b.String())))
				}
			}
		}
	}
	for name, request := range item.DefaultRequest {
		if limit, ok := item.Default[name]; ok && (isHugePages(name) || !isNative(name)) && limit.Cmp(request) != 0 {
			errs = append(errs, field.Invalid(path.Child("defaultRequest").Key(string(name)), request.String(),
				fmt.Sprintf("default value %s must equal to defaultRequest value %s in %s", limit.String(), request.String(), name)))
		}
	}
	return errs
}

// blamed is the bound that the API names when two contradict each other.
func blamed(low, high string) string {
	switch {
	case low == "min" && high != "max":
		return high
	default:
		return low
	}
}

func limitRatios(path *field.Path, item *corev1.LimitRangeItem) field.ErrorList {
	var errs field.ErrorList
	for name, ratio := range item.MaxLimitRequestRatio {
		at := path.Key(string(name))
		if ratio.CmpInt64(1) < 0 {
			errs = append(errs, field.Invalid(at, ratio.String(), fmt.Sprintf("ratio %s is less than 1", ratio.String())))
		}
		low, least := item.Min[name]
		high, most := item.Max[name]
		if least && most && low.Sign() > 0 && exceeds(ratio, high, low) {
			errs = append(errs, field.Invalid(at, ratio.String(), fmt.Sprintf("ratio %s is greater than max/min = %f", ratio.String(), high.AsApproximateFloat64()/low.AsApproximateFloat64())))
		}
	}
	return errs
}

// exceeds says whether a ratio can never be reached between two bounds.
func exceeds(ratio, high, low resource.Quantity) bool {
	return ratio.AsApproximateFloat64() > high.AsApproximateFloat64()/low.AsApproximateFloat64()
}

// LimitRangeUpdate checks an update of a limit range.
func LimitRangeUpdate(l, old *corev1.LimitRange) field.ErrorList {
	return all(metaUpdate(&l.ObjectMeta, &old.ObjectMeta), LimitRange(l))
}
