package reviews

import (
	"errors"
	"fmt"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// fieldRequirements reads a field selector. What cannot be read does not limit
// the request: the authorizers get the rest, and the error.
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
	var errs []error
	for _, r := range f.Requirements {
		switch {
		case r.Operator == metav1.FieldSelectorOpIn && len(r.Values) == 1:
			out = append(out, fields.Requirement{Operator: selection.Equals, Field: r.Key, Value: r.Values[0]})
		case r.Operator == metav1.FieldSelectorOpNotIn && len(r.Values) == 1:
			out = append(out, fields.Requirement{Operator: selection.NotEquals, Field: r.Key, Value: r.Values[0]})
		default:
			errs = append(errs, fmt.Errorf("field selector: cannot use %s with %d values", r.Operator, len(r.Values)))
		}
	}
	return out, errors.Join(errs...)
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
	var out labels.Requirements
	var errs []error
	for _, r := range l.Requirements {
		s, err := metav1.LabelSelectorAsSelector(&metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{r}})
		if err != nil {
			errs = append(errs, err)
			continue
		}
		reqs, _ := s.Requirements()
		out = append(out, reqs...)
	}
	return out, errors.Join(errs...)
}

// evaluationError says what the authorizers say, and which selectors they did not see.
func evaluationError(err error, a authorizer.AttributesRecord) string {
	var out []string
	if err != nil {
		out = append(out, err.Error())
	}
	if a.FieldSelectorParsingErr != nil {
		out = append(out, ignored("fieldSelector", len(a.FieldSelectorRequirements)))
	}
	if a.LabelSelectorParsingErr != nil {
		out = append(out, ignored("labelSelector", len(a.LabelSelectorRequirements)))
	}
	return strings.Join(out, "; ")
}

func ignored(selector string, understood int) string {
	partially := ""
	if understood > 0 {
		partially = "partially "
	}
	return fmt.Sprintf("spec.resourceAttributes.%s %signored due to parse error", selector, partially)
}
