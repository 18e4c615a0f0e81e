package scheme

import (
	"fmt"

	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"

	"github.com/seatrial/seatrial/reference/api"
)

// addFieldLabels lets field selectors use the fields that the rows name, and no others.
func addFieldLabels(s *runtime.Scheme) {
	for _, r := range api.Resources() {
		if len(r.FieldNames) == 0 {
			continue // the scheme accepts metadata.name and metadata.namespace of every kind
		}
		allowed := map[string]string{"metadata.name": "metadata.name"}
		if r.Scope == api.Namespaced {
			allowed["metadata.namespace"] = "metadata.namespace"
		}
		for _, name := range r.FieldNames {
			allowed[name] = name
		}
		for _, version := range r.Served {
			labels := allowed
			if version.Group == eventsv1.GroupName {
				labels = regardingLabels(allowed)
			}
			utilruntime.Must(s.AddFieldLabelConversionFunc(version.WithKind(r.Kind), selectable(labels)))
		}
	}
}

func selectable(labels map[string]string) runtime.FieldLabelConversionFunc {
	return func(label, value string) (string, string, error) {
		if internal, ok := labels[label]; ok {
			return internal, value, nil
		}
		return "", "", fmt.Errorf("field label not supported: %s", label)
	}
}

// regardingLabels renames the field labels of core/v1 Event to those of events.k8s.io/v1.
func regardingLabels(core map[string]string) map[string]string {
	renamed := map[string]string{
		"involvedObject.kind":            "regarding.kind",
		"involvedObject.namespace":       "regarding.namespace",
		"involvedObject.name":            "regarding.name",
		"involvedObject.uid":             "regarding.uid",
		"involvedObject.apiVersion":      "regarding.apiVersion",
		"involvedObject.resourceVersion": "regarding.resourceVersion",
		"involvedObject.fieldPath":       "regarding.fieldPath",
		"reportingComponent":             "reportingController",
	}
	labels := make(map[string]string, len(core))
	for label, internal := range core {
		if label == "source" {
			continue // of core/v1 alone
		}
		if name, ok := renamed[label]; ok {
			label = name
		}
		labels[label] = internal
	}
	return labels
}
