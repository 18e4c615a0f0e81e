package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validate/content"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// The rules for names of objects.
var (
	subdomainName apivalidation.ValidateNameFunc = apivalidation.NameIsDNSSubdomain
	labelName     apivalidation.ValidateNameFunc = apivalidation.NameIsDNSLabel
	serviceName   apivalidation.ValidateNameFunc = apivalidation.NameIsDNSLabel // may start with a digit since v1.36 (KEP-5311)
	pathName      apivalidation.ValidateNameFunc = validatePathSegment
)

func validatePathSegment(name string, prefix bool) []string {
	if prefix {
		return content.IsPathSegmentPrefix(name)
	}
	return content.IsPathSegmentName(name)
}

func metadataPath() *field.Path { return field.NewPath("metadata") }
func specPath() *field.Path     { return field.NewPath("spec") }
func statusPath() *field.Path   { return field.NewPath("status") }

// namespaced checks the metadata of an object in a namespace.
func namespaced(m *metav1.ObjectMeta, name apivalidation.ValidateNameFunc) field.ErrorList {
	return all(freeNamespaced(m, name), finalizers(m))
}

// clusterScoped checks the metadata of an object in no namespace.
func clusterScoped(m *metav1.ObjectMeta, name apivalidation.ValidateNameFunc) field.ErrorList {
	return all(freeClusterScoped(m, name), finalizers(m))
}

// metaUpdate checks what of the metadata may change.
func metaUpdate(m, old *metav1.ObjectMeta) field.ErrorList {
	return all(freeMetaUpdate(m, old), finalizers(m))
}

// The kinds that use these take finalizers without a domain: upstream checks
// them with its general library alone.

func freeNamespaced(m *metav1.ObjectMeta, name apivalidation.ValidateNameFunc) field.ErrorList {
	return apivalidation.ValidateObjectMeta(m, true, name, metadataPath())
}

func freeClusterScoped(m *metav1.ObjectMeta, name apivalidation.ValidateNameFunc) field.ErrorList {
	return apivalidation.ValidateObjectMeta(m, false, name, metadataPath())
}

func freeMetaUpdate(m, old *metav1.ObjectMeta) field.ErrorList {
	return apivalidation.ValidateObjectMetaUpdate(m, old, metadataPath())
}

// generated checks the prefix that the name was made from, as upstream does on an update of some kinds.
func generated(m *metav1.ObjectMeta, name apivalidation.ValidateNameFunc) field.ErrorList {
	if m.GenerateName == "" {
		return nil
	}
	var errs field.ErrorList
	for _, message := range name(m.GenerateName, true) {
		errs = append(errs, field.Invalid(metadataPath().Child("generateName"), m.GenerateName, message))
	}
	return errs
}

// named leaves out what is wrong with that prefix: with these kinds, or their updates, upstream looks at the name alone.
func named(errs field.ErrorList) field.ErrorList {
	prefix := metadataPath().Child("generateName").String()
	return slices.DeleteFunc(errs, func(e *field.Error) bool { return e.Field == prefix })
}

// finalizers checks the names of finalizers beyond their syntax.
func finalizers(m *metav1.ObjectMeta) field.ErrorList {
	var errs field.ErrorList
	for i, name := range m.Finalizers {
		errs = append(errs, knownFinalizer(metadataPath().Child("finalizers").Index(i), name)...)
	}
	return errs
}

// knownFinalizer demands a domain, except of the finalizers that are Kubernetes' own.
func knownFinalizer(path *field.Path, name string) field.ErrorList {
	switch name {
	case string(corev1.FinalizerKubernetes), metav1.FinalizerOrphanDependents, metav1.FinalizerDeleteDependents:
		return nil
	}
	if strings.Contains(name, "/") {
		return nil
	}
	return one(field.Invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified"))
}

func isSubdomain(name string) []string { return utilvalidation.IsDNS1123Subdomain(name) }
func isLabel(name string) []string     { return utilvalidation.IsDNS1123Label(name) }

// labelSelector checks a selector, if there is one.
func labelSelector(path *field.Path, s *metav1.LabelSelector) field.ErrorList {
	if s == nil {
		return nil
	}
	return metav1validation.ValidateLabelSelector(s, metav1validation.LabelSelectorValidationOptions{}, path)
}

// conditions checks the conditions in a status.
func conditions(path *field.Path, list []metav1.Condition) field.ErrorList {
	return metav1validation.ValidateConditions(list, path)
}
