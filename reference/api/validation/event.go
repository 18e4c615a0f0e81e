package validation

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Event checks an event. An event about an object of no namespace is in default or in none of the object's.
func Event(e *corev1.Event) field.ErrorList {
	errs := namespaced(&e.ObjectMeta, subdomainName)
	about := field.NewPath("involvedObject", "namespace")
	switch namespace := e.InvolvedObject.Namespace; {
	case namespace == "" && e.Namespace != metav1.NamespaceDefault && e.Namespace != metav1.NamespaceSystem:
		errs = append(errs, field.Invalid(about, namespace, "does not match event.namespace"))
	case namespace != "" && namespace != e.Namespace:
		errs = append(errs, field.Invalid(about, namespace, "does not match event.namespace"))
	}
	return errs
}

// EventUpdate checks an update of an event.
func EventUpdate(e, old *corev1.Event) field.ErrorList {
	return all(metaUpdate(&e.ObjectMeta, &old.ObjectMeta), Event(e))
}
