// Package validation says what is wrong with an object, in the words of the
// Kubernetes API: field paths, reasons and messages are those that upstream
// documents and that users know.
//
// A function for an update also gets the stored object, and never changes it.
package validation

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Messages that more than one kind uses.
const (
	immutable   = "field is immutable"
	notNegative = "must be greater than or equal to 0"
	positive    = "must be greater than 0"
)

// all joins what several rules found.
func all(found ...field.ErrorList) field.ErrorList { return slices.Concat(found...) }

// one is a list of one error.
func one(err *field.Error) field.ErrorList { return field.ErrorList{err} }

// matches turns messages about a value into errors.
func matches(path *field.Path, value any, messages []string) field.ErrorList {
	var errs field.ErrorList
	for _, m := range messages {
		errs = append(errs, field.Invalid(path, value, m))
	}
	return errs
}

// required demands a text.
func required[T ~string](path *field.Path, value T) field.ErrorList {
	if value == "" {
		return one(field.Required(path, ""))
	}
	return nil
}

// requiredAnd demands a text that fits a rule.
func requiredAnd(path *field.Path, value string, rule func(string) []string) field.ErrorList {
	if value == "" {
		return one(field.Required(path, ""))
	}
	return matches(path, value, rule(value))
}

// optional demands that a text fits a rule, if there is one.
func optional(path *field.Path, value string, rule func(string) []string) field.ErrorList {
	if value == "" {
		return nil
	}
	return matches(path, value, rule(value))
}

// oneOf demands one of the values.
func oneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return one(field.Required(path, ""))
	}
	return optionalOneOf(path, value, allowed...)
}

// optionalOneOf demands one of the values, if there is any.
func optionalOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if value == "" {
		return nil
	}
	return strictOneOf(path, value, allowed...)
}

// strictOneOf demands one of the values; none is as wrong as another.
func strictOneOf[T ~string](path *field.Path, value T, allowed ...T) field.ErrorList {
	if slices.Contains(allowed, value) {
		return nil
	}
	return one(field.NotSupported(path, value, sets.List(sets.New(allowed...))))
}

// pointerOneOf is oneOf for a field that a pointer sets.
func pointerOneOf[T ~string](path *field.Path, value *T, allowed ...T) field.ErrorList {
	if value == nil {
		return nil
	}
	return strictOneOf(path, *value, allowed...)
}

// atLeastZero demands a number that is not negative, if there is one.
func atLeastZero[T ~int32 | ~int64](path *field.Path, value *T) field.ErrorList {
	if value == nil {
		return nil
	}
	return apivalidation.ValidateNonnegativeField(int64(*value), path)
}

// unchanged demands that a field keeps its value.
func unchanged(path *field.Path, value, old any) field.ErrorList {
	return apivalidation.ValidateImmutableField(value, old, path)
}

// same says whether two values mean the same.
func same(a, b any) bool { return equality.Semantic.DeepEqual(a, b) }

// seen finds duplicates.
type seen[T comparable] map[T]bool

// add reports a value that was there before.
func (s seen[T]) add(path *field.Path, value T) field.ErrorList {
	if s[value] {
		return one(field.Duplicate(path, value))
	}
	s[value] = true
	return nil
}
