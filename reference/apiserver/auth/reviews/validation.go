package reviews

import (
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func invalid(kind string, errs field.ErrorList) error {
	return apierrors.NewInvalid(schema.GroupKind{Group: authorizationv1.GroupName, Kind: kind}, "", errs)
}

func validateSpec(s *authorizationv1.SubjectAccessReviewSpec, path *field.Path) field.ErrorList {
	errs := validateAttributes(s.ResourceAttributes, s.NonResourceAttributes, path)
	if s.User == "" && len(s.Groups) == 0 {
		errs = append(errs, field.Invalid(path.Child("user"), s.User, "at least one of user or group must be specified"))
	}
	return errs
}

func validateAttributes(res *authorizationv1.ResourceAttributes, nonRes *authorizationv1.NonResourceAttributes, path *field.Path) field.ErrorList {
	if (res == nil) == (nonRes == nil) {
		detail := "exactly one of nonResourceAttributes or resourceAttributes must be specified"
		if res == nil {
			return field.ErrorList{field.Invalid(path.Child("resourceAttributes"), nil, detail)}
		}
		return field.ErrorList{field.Invalid(path.Child("nonResourceAttributes"), nonRes, "cannot be specified in combination with resourceAttributes")}
	}
	if res == nil {
		return nil
	}
	var errs field.ErrorList
	if f := res.FieldSelector; f != nil && f.RawSelector != "" && len(f.Requirements) > 0 {
		errs = append(errs, field.Invalid(path.Child("resourceAttributes", "fieldSelector", "rawSelector"), f.RawSelector, "may not specified at the same time as requirements"))
	}
	if l := res.LabelSelector; l != nil && l.RawSelector != "" && len(l.Requirements) > 0 {
		errs = append(errs, field.Invalid(path.Child("resourceAttributes", "labelSelector", "rawSelector"), l.RawSelector, "may not specified at the same time as requirements"))
	}
	return errs
}

// fieldRequirements reads a field selector. What cannot be read does not limit
// the request, so the authorizers see the error and decide without it.
func fieldRequirements(f *authorizationv1.FieldSelectorAttributes) (fields.Requirements, error) {
	if f == nil {
		return nil, nil
	}
	if f.RawSelector != "" {
		s, err := fields.ParseSelector(f.RawSelector)
		if err != nil {
			return nil, err
		}
		return s.Requirements(), nil
	}
	var out fields.Requirements
	for _, r := range f.Requirements {
		switch {
		case r.Operator == metav1.FieldSelectorOpIn && len(r.Values) == 1:
			out = append(out, fields.Requirement{Operator: selection.Equals, Field: r.Key, Value: r.Values[0]})
		case r.Operator == metav1.FieldSelectorOpNotIn && len(r.Values) == 1:
			out = append(out, fields.Requirement{Operator: selection.NotEquals, Field: r.Key, Value: r.Values[0]})
		default:
			return out, fmt.Errorf("field selector: cannot use %s with %d values", r.Operator, len(r.Values))
		}
	}
	return out, nil
}

func labelRequirements(l *authorizationv1.LabelSelectorAttributes) (labels.Requirements, error) {
	if l == nil {
		return nil, nil
	}
	if l.RawSelector != "" {
		s, err := labels.Parse(l.RawSelector)
		if err != nil {
			return nil, err
		}
		reqs, _ := s.Requirements()
		return reqs, nil
	}
	s, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchExpressions: l.Requirements})
	if err != nil {
		return nil, err
	}
	reqs, _ := s.Requirements()
	return reqs, nil
}
