package api

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// eventTTL is how long an event is kept.
const eventTTL = time.Hour

// eventResources is the row of events: one storage, served by two groups.
func eventResources() []Resource {
	events := row[corev1.Event, corev1.EventList](Resource{
		Served: in(corev1.SchemeGroupVersion, eventsv1.SchemeGroupVersion), Plural: "events", Short: names("ev"),
		TTL: eventTTL, NoCache: true, CreateOnUpdate: true,
		FieldNames: names("involvedObject.kind", "involvedObject.namespace", "involvedObject.name", "involvedObject.uid",
			"involvedObject.apiVersion", "involvedObject.resourceVersion", "involvedObject.fieldPath",
			"reason", "reportingComponent", "source", "type"),
		Columns: columns.Event(),
	}, hooks[corev1.Event]{fields: eventFields})
	events.Validate = func(ctx context.Context, obj runtime.Object) field.ErrorList {
		return validation.Event(obj.(*corev1.Event), requested(ctx))
	}
	events.ValidateUpdate = func(ctx context.Context, obj, old runtime.Object) field.ErrorList {
		return validation.EventUpdate(obj.(*corev1.Event), old.(*corev1.Event), requested(ctx))
	}
	return []Resource{events}
}

// requested is the group-version that a request is about; without a request it is v1.
func requested(ctx context.Context) schema.GroupVersion {
	info, ok := genericapirequest.RequestInfoFrom(ctx)
	if !ok {
		return corev1.SchemeGroupVersion
	}
	return schema.GroupVersion{Group: info.APIGroup, Version: info.APIVersion}
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
