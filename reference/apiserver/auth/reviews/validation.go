package reviews

import (
	"fmt"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// invalid names no kind, as upstream.
func invalid(errs field.ErrorList) error {
	return apierrors.NewInvalid(schema.GroupKind{Group: authorizationv1.GroupName}, "", errs)
}

// validateMetadata allows nothing but a namespace where one is asked for:
// reviews are never stored. The server itself adds managed fields.
func validateMetadata(meta *metav1.ObjectMeta, namespace string) field.ErrorList {
	bare := meta.DeepCopy()
	bare.ManagedFields = nil
	if namespace != "" {
		bare.Namespace = ""
	}
	if equality.Semantic.DeepEqual(bare, &metav1.ObjectMeta{}) {
		return nil
	}
	detail := "must be empty"
	if namespace != "" {
		detail = "must be empty except for namespace"
	}
	return field.ErrorList{field.Invalid(field.NewPath("metadata"), meta, detail)}
}

func validateSpec(s *authorizationv1.SubjectAccessReviewSpec, path *field.Path) field.ErrorList {
	errs := validateOne(s.ResourceAttributes, s.NonResourceAttributes, path)
	if s.User == "" && len(s.Groups) == 0 {
		errs = append(errs, field.Invalid(path.Child("user"), s.User, "at least one of user or group must be specified"))
	}
	return append(errs, validateSelectors(s.ResourceAttributes, path.Child("resourceAttributes"))...)
}

func validateSelfSpec(s *authorizationv1.SelfSubjectAccessReviewSpec, path *field.Path) field.ErrorList {
	errs := validateOne(s.ResourceAttributes, s.NonResourceAttributes, path)
	return append(errs, validateSelectors(s.ResourceAttributes, path.Child("resourceAttributes"))...)
}

func validateOne(res *authorizationv1.ResourceAttributes, path *authorizationv1.NonResourceAttributes, at *field.Path) field.ErrorList {
	switch {
	case res == nil && path == nil:
		return field.ErrorList{field.Invalid(at.Child("resourceAttributes"), nil, "exactly one of nonResourceAttributes or resourceAttributes must be specified")}
	case res != nil && path != nil:
		return field.ErrorList{field.Invalid(at.Child("nonResourceAttributes"), shown(path), "cannot be specified in combination with resourceAttributes")}
	}
	return nil
}

// shown is a path as messages of upstream show it.
func shown(p *authorizationv1.NonResourceAttributes) any {
	return struct{ Path, Verb string }{p.Path, p.Verb}
}

// validateSelectors lets operators pass that it does not know: newer clients
// may, and the authorizers decide without them.
func validateSelectors(res *authorizationv1.ResourceAttributes, path *field.Path) field.ErrorList {
	if res == nil {
		return nil
	}
	var errs field.ErrorList
	if f := res.FieldSelector; f != nil {
		at := path.Child("fieldSelector")
		errs = append(errs, validateForm(f.RawSelector, len(f.Requirements), at)...)
		for i, r := range f.Requirements {
			options := metav1validation.FieldSelectorValidationOptions{AllowUnknownOperatorInRequirement: true}
			errs = append(errs, metav1validation.ValidateFieldSelectorRequirement(r, options, at.Child("requirements").Index(i))...)
		}
	}
	if l := res.LabelSelector; l != nil {
		at := path.Child("labelSelector")
		errs = append(errs, validateForm(l.RawSelector, len(l.Requirements), at)...)
		for i, r := range l.Requirements {
			options := metav1validation.LabelSelectorValidationOptions{AllowUnknownOperatorInRequirement: true}
			errs = append(errs, metav1validation.ValidateLabelSelectorRequirement(r, options, at.Child("requirements").Index(i))...)
		}
	}
	return errs
}

func validateForm(raw string, requirements int, path *field.Path) field.ErrorList {
	switch {
	case raw != "" && requirements > 0:
		return field.ErrorList{field.Invalid(path.Child("rawSelector"), raw, "may not specified at the same time as requirements")}
	case raw == "" && requirements == 0:
		return field.ErrorList{field.Required(path.Child("requirements"), fmt.Sprintf("when %s is specified, requirements or rawSelector is required", path))}
	}
	return nil
}
