package validation

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// How long the texts of an event may be, in bytes.
const (
	maxEventWord = 128
	maxEventNote = 1024
)

// Event checks an event that was sent in the given version. events.k8s.io/v1
// takes only what it can describe; v1 also takes what clients sent before it.
func Event(e *corev1.Event, version schema.GroupVersion) field.ErrorList {
	if version != eventsv1.SchemeGroupVersion {
		return anyEvent(e, version)
	}
	errs := all(namespaced(&e.ObjectMeta, subdomainName), anyEvent(e, version), eventSeries(e.Series))
	if e.EventTime.IsZero() {
		errs = append(errs, field.Required(field.NewPath("eventTime"), ""))
	}
	if e.Type != corev1.EventTypeNormal && e.Type != corev1.EventTypeWarning {
		errs = append(errs, field.Invalid(field.NewPath("type"), "", fmt.Sprintf("has invalid value: %v", e.Type)))
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"firstTimestamp", !e.FirstTimestamp.IsZero()},
		{"lastTimestamp", !e.LastTimestamp.IsZero()},
		{"count", e.Count != 0},
		{"source", e.Source != corev1.EventSource{}},
	} {
		if f.set {
			errs = append(errs, field.Invalid(field.NewPath(f.name), "", "needs to be unset"))
		}
	}
	return errs
}

// anyEvent holds for both versions. An event with a time is one of the new form (KEP-383).
func anyEvent(e *corev1.Event, version schema.GroupVersion) field.ErrorList {
	errs := matches(field.NewPath("namespace"), e.Namespace, isSubdomain(e.Namespace))
	about := field.NewPath("involvedObject", "namespace")
	namespace := e.InvolvedObject.Namespace
	const differs = "does not match event.namespace"
	if !e.EventTime.IsZero() {
		if namespace == "" && e.Namespace != metav1.NamespaceDefault && e.Namespace != metav1.NamespaceSystem {
			errs = append(errs, field.Invalid(about, namespace, differs))
		}
		return append(errs, newEvent(e, version)...)
	}
	switch {
	case namespace == e.Namespace, namespace == "" && e.Namespace == metav1.NamespaceDefault:
	default:
		errs = append(errs, field.Invalid(about, namespace, differs))
	}
	return errs
}

func newEvent(e *corev1.Event, version schema.GroupVersion) field.ErrorList {
	controller := field.NewPath("reportingController")
	if version == corev1.SchemeGroupVersion {
		controller = field.NewPath("reportingComponent")
	}
	errs := all(
		required(controller, e.ReportingController),
		matches(controller, e.ReportingController, utilvalidation.IsQualifiedName(e.ReportingController)),
	)
	for _, f := range []struct{ name, value string }{
		{"reportingInstance", e.ReportingInstance}, {"action", e.Action}, {"reason", e.Reason},
	} {
		path := field.NewPath(f.name)
		errs = all(errs, required(path, f.value), shortText(path, f.value, maxEventWord))
	}
	return append(errs, shortText(field.NewPath("message"), e.Message, maxEventNote)...)
}

func shortText(path *field.Path, text string, most int) field.ErrorList {
	if len(text) > most {
		return one(field.Invalid(path, "", fmt.Sprintf("can have at most %v characters", most)))
	}
	return nil
}

func eventSeries(s *corev1.EventSeries) field.ErrorList {
	if s == nil {
		return nil
	}
	var errs field.ErrorList
	path := field.NewPath("series")
	if s.Count < 2 {
		errs = append(errs, field.Invalid(path.Child("count"), "", "should be at least 2"))
	}
	if s.LastObservedTime.IsZero() {
		errs = append(errs, field.Required(path.Child("lastObservedTime"), ""))
	}
	return errs
}

// EventUpdate checks an update that was sent in the given version: in events.k8s.io/v1 only the series goes on.
func EventUpdate(e, old *corev1.Event, version schema.GroupVersion) field.ErrorList {
	if version != eventsv1.SchemeGroupVersion {
		return anyEvent(e, version)
	}
	errs := all(metaUpdate(&e.ObjectMeta, &old.ObjectMeta), anyEvent(e, version), eventSeries(e.Series))
	for _, f := range []struct {
		name     string
		now, was any
	}{
		{"involvedObject", e.InvolvedObject, old.InvolvedObject},
		{"reason", e.Reason, old.Reason},
		{"message", e.Message, old.Message},
		{"source", e.Source, old.Source},
		{"firstTimestamp", e.FirstTimestamp, old.FirstTimestamp},
		{"lastTimestamp", e.LastTimestamp, old.LastTimestamp},
		{"count", e.Count, old.Count},
		{"type", e.Type, old.Type},
		{"action", e.Action, old.Action},
		{"related", e.Related, old.Related},
		{"reportingController", e.ReportingController, old.ReportingController},
		{"reportingInstance", e.ReportingInstance, old.ReportingInstance},
	} {
		errs = append(errs, unchanged(field.NewPath(f.name), f.now, f.was)...)
	}
	if now, was := e.EventTime, old.EventTime; !now.Truncate(time.Microsecond).Equal(was.Truncate(time.Microsecond)) {
		errs = append(errs, unchanged(field.NewPath("eventTime"), now, was)...)
	}
	return errs
}
