package api

import (
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// eventTTL is how long an event is kept.
const eventTTL = time.Hour

// eventResources is the row of events: one storage, served by two groups.
func eventResources() []Resource {
	return []Resource{
		row[corev1.Event, corev1.EventList](Resource{
			Served: in(corev1.SchemeGroupVersion, eventsv1.SchemeGroupVersion), Plural: "events", Short: names("ev"),
			TTL: eventTTL, NoCache: true, CreateOnUpdate: true,
			FieldNames: names("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
				"involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
				"reason", "reportingComponent", "source", "type"),
			Columns: columns.Event(),
		}, hooks[corev1.Event]{
			fields:   eventFields,
			validate: validation.Event, validateUpdate: validation.EventUpdate,
		}),
	}
}

func eventFields(event *corev1.Event) fields.Set {
	object := event.InvolvedObject
	source := event.Source.Component
	if source == "" {
		source = event.ReportingController
	}
	return fields.Set{
		"involvedObject.kind":            object.Kind,
		"involvedObject.namespace":       object.Namespace,
		"involvedObject.name":            object.Name,
		"involvedObject.uid":             string(object.UID),
		"involvedObject.apiVersion":      object.APIVersion,
		"involvedObject.resourceVersion": object.ResourceVersion,
		"involvedObject.fieldPath":       object.FieldPath,
		"reason":                         event.Reason,
		"reportingComponent":             event.ReportingController,
		"source":                         source,
		"type":                           event.Type,
	}
}
