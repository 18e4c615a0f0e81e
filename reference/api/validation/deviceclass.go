package validation

import (
	"bytes"
	"context"
	"errors"
	"strings"

	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/operation"
	"k8s.io/apimachinery/pkg/api/validate"
	"k8s.io/apimachinery/pkg/api/validate/content"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	apiservercel "k8s.io/apiserver/pkg/cel"
	"k8s.io/apiserver/pkg/cel/environment"
	devicecel "k8s.io/dynamic-resource-allocation/cel"
)

// What more than one kind of dynamic resource allocation uses. A list that is
// too long is told alone: what is wrong with its elements is not looked at.

// DeviceClass checks a device class.
func DeviceClass(c *resourcev1.DeviceClass) field.ErrorList {
	path := specPath()
	errs := all(
		named(clusterScoped(&c.ObjectMeta, subdomainName)),
		deviceSelectors(path.Child("selectors"), c.Spec.Selectors),
		atMost(path.Child("config"), c.Spec.Config, resourcev1.DeviceConfigMaxSize, func(at *field.Path, c *resourcev1.DeviceClassConfiguration) field.ErrorList {
			return deviceConfig(at, &c.DeviceConfiguration)
		}),
	)
	at := path.Child("extendedResourceName")
	if len(validate.ExtendedResourceName(context.Background(), operation.Operation{}, at, c.Spec.ExtendedResourceName, nil)) > 0 {
		errs = append(errs, field.Invalid(at, *c.Spec.ExtendedResourceName, "must be a valid extended resource name"))
	}
	return errs
}

// DeviceClassUpdate checks an update of a device class.
func DeviceClassUpdate(c, old *resourcev1.DeviceClass) field.ErrorList {
	return all(metaUpdate(&c.ObjectMeta, &old.ObjectMeta), DeviceClass(c))
}

// atMost checks the elements of a list that is not too long.
func atMost[T any](path *field.Path, list []T, most int, check func(*field.Path, *T) field.ErrorList) field.ErrorList {
	if len(list) > most {
		return one(field.TooMany(path, len(list), most))
	}
	var errs field.ErrorList
	for i := range list {
		errs = append(errs, check(path.Index(i), &list[i])...)
	}
	return errs
}

// atMostOnce is atMost for values of which each may be there once.
func atMostOnce[T comparable](path *field.Path, list []T, most int, check func(*field.Path, *T) field.ErrorList) field.ErrorList {
	had := seen[T]{}
	return atMost(path, list, most, func(at *field.Path, value *T) field.ErrorList { return all(check(at, value), had.add(at, *value)) })
}

// deviceSelectors compiles the expressions that choose devices.
func deviceSelectors(path *field.Path, list []resourcev1.DeviceSelector) field.ErrorList {
	return atMost(path, list, resourcev1.DeviceSelectorsMaxSize, func(at *field.Path, s *resourcev1.DeviceSelector) field.ErrorList {
		if s.CEL == nil {
			return one(field.Required(at.Child("cel"), ""))
		}
		return deviceExpression(at.Child("cel", "expression"), s.CEL.Expression)
	})
}

func deviceExpression(at *field.Path, text string) field.ErrorList {
	if len(text) > resourcev1.CELSelectorExpressionMaxLength {
		return one(field.TooLong(at, text, resourcev1.CELSelectorExpressionMaxLength))
	}
	compiler := devicecel.GetCompiler(devicecel.Features{EnableConsumableCapacity: true})
	result := compiler.CompileCELExpression(text, devicecel.Options{EnvType: new(environment.NewExpressions)})
	switch {
	case result.Error == nil:
		if result.MaxCost > resourcev1.CELSelectorExpressionMaxCost {
			return one(field.Forbidden(at, "too complex, exceeds cost limit"))
		}
		return nil
	case result.Error.Type == apiservercel.ErrorTypeRequired:
		return one(field.Required(at, result.Error.Detail))
	case result.Error.Type == apiservercel.ErrorTypeInvalid:
		return one(field.Invalid(at, text, result.Error.Detail))
	}
	return one(field.InternalError(at, errors.New(result.Error.Detail)))
}

func deviceConfig(path *field.Path, c *resourcev1.DeviceConfiguration) field.ErrorList {
	if c.Opaque == nil {
		return one(field.Required(path.Child("opaque"), ""))
	}
	at := path.Child("opaque")
	errs, parameters := csiDriverName(at.Child("driver"), c.Opaque.Driver), at.Child("parameters")
	if isNull(&c.Opaque.Parameters) {
		return append(errs, field.Required(parameters, ""))
	}
	return append(errs, jsonObject(parameters, &c.Opaque.Parameters, resourcev1.OpaqueParametersMaxLength)...)
}

func isNull(e *runtime.RawExtension) bool {
	return len(e.Raw) == 0 || string(bytes.TrimSpace(e.Raw)) == "null"
}

// jsonObject demands an object of limited size. Its content may be secret and is not told.
func jsonObject(path *field.Path, e *runtime.RawExtension, most int) field.ErrorList {
	var errs field.ErrorList
	if len(e.Raw) > most {
		errs = append(errs, field.TooLong(path, "", most))
	}
	if !bytes.HasPrefix(bytes.TrimSpace(e.Raw), []byte("{")) { // the decoder has seen that it is JSON
		errs = append(errs, field.Invalid(path, "<value omitted>", "must be a valid JSON object"))
	}
	return errs
}

// qualifiedName checks the name of an attribute or a capacity: an identifier, after a domain if it is not the driver's. More than one slash is let pass.
func qualifiedName(path *field.Path, name string) field.ErrorList {
	domain, id, qualified := strings.Cut(name, "/")
	switch {
	case !qualified:
		return deviceIdentifier(path, name)
	case strings.Contains(id, "/"):
		return nil
	}
	var errs field.ErrorList
	if domain == "" {
		errs = append(errs, field.Invalid(path, "", "the domain must not be empty"))
	} else {
		if len(domain) > resourcev1.DeviceMaxDomainLength {
			errs = append(errs, field.TooLong(path, domain, resourcev1.DeviceMaxDomainLength))
		}
		errs = append(errs, matches(path, domain, isSubdomain(strings.ToLower(domain)))...)
	}
	if id == "" {
		return append(errs, field.Invalid(path, "", "the name must not be empty"))
	}
	return append(errs, deviceIdentifier(path, id)...)
}

func deviceIdentifier(path *field.Path, id string) field.ErrorList {
	var errs field.ErrorList
	if len(id) > resourcev1.DeviceMaxIDLength {
		errs = append(errs, field.TooLong(path, id, resourcev1.DeviceMaxIDLength))
	}
	return append(errs, matches(path, id, content.IsCIdentifier(id))...)
}

// fullyQualifiedName is qualifiedName with a domain.
func fullyQualifiedName(path *field.Path, name string) field.ErrorList {
	errs := qualifiedName(path, name)
	if !strings.Contains(name, "/") {
		errs = append(errs, field.Invalid(path, name, "a fully qualified name must be a domain and a name separated by a slash"))
	}
	return errs
}

// poolName checks the name of a pool: subdomains with slashes between them.
func poolName(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return one(field.Required(path, ""))
	}
	var errs field.ErrorList
	if len(name) > resourcev1.PoolNameMaxLength {
		errs = append(errs, field.TooLong(path, name, resourcev1.PoolNameMaxLength))
	}
	for part := range strings.SplitSeq(name, "/") {
		errs = append(errs, matches(path, part, isSubdomain(part))...)
	}
	return errs
}

// bindingConditions checks the conditions that a device waits for, which come with those that give it up.
func bindingConditions(path *field.Path, conditions, failures []string) field.ErrorList {
	success, failure := path.Child("bindingConditions"), path.Child("bindingFailureConditions")
	name := func(at *field.Path, c *string) field.ErrorList { return matches(at, *c, content.IsLabelKey(*c)) }
	errs := all(
		atMostOnce(success, conditions, resourcev1.BindingConditionsMaxSize, name),
		atMostOnce(failure, failures, resourcev1.BindingFailureConditionsMaxSize, name),
	)
	switch {
	case len(conditions) == 0 && len(failures) > 0:
		errs = append(errs, field.Invalid(success, conditions, "bindingConditions are required to use bindingFailureConditions"))
	case len(conditions) > 0 && len(failures) == 0:
		errs = append(errs, field.Invalid(failure, failures, "bindingFailureConditions are required to use bindingConditions"))
	}
	both := map[string]bool{}
	for _, c := range conditions {
		both[c] = true
	}
	for i, c := range failures {
		if both[c] {
			errs = append(errs, field.Invalid(failure.Index(i), c, "bindingFailureConditions must not overlap with bindingConditions"))
		}
	}
	return errs
}
