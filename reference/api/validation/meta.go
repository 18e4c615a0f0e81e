package validation

import (
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
	return apivalidation.ValidateObjectMeta(m, true, name, metadataPath())
}

// clusterScoped checks the metadata of an object in no namespace.
func clusterScoped(m *metav1.ObjectMeta, name apivalidation.ValidateNameFunc) field.ErrorList {
	return apivalidation.ValidateObjectMeta(m, false, name, metadataPath())
}

// metaUpdate checks what of the metadata may change.
func metaUpdate(m, old *metav1.ObjectMeta) field.ErrorList {
	return apivalidation.ValidateObjectMetaUpdate(m, old, metadataPath())
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
