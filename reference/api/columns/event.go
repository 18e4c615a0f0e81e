package columns

import (
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Event are the columns of events; what happened comes first, the name last.
func Event() []Column {
	name := named[corev1.Event]()[0]
	return []Column{
		text("Last Seen", "Time since it last happened.", func(e *corev1.Event) string { return since(lastSeen(e)) }),
		text("Type", "Normal or Warning.", func(e *corev1.Event) string { return e.Type }),
		text("Reason", "Why, in one word.", func(e *corev1.Event) string { return e.Reason }),
		text("Object", "What it is about.", func(e *corev1.Event) string {
			object := strings.ToLower(e.InvolvedObject.Kind)
			if e.InvolvedObject.Name != "" {
				object += "/" + e.InvolvedObject.Name
			}
			return object
		}),
		wide(text("Subobject", "Part of the object.", func(e *corev1.Event) string { return e.InvolvedObject.FieldPath })),
		wide(text("Source", "Who reports it.", eventSource)),
		text("Message", "What happened.", func(e *corev1.Event) string { return strings.TrimSpace(e.Message) }),
		wide(text("First Seen", "Time since it first happened.", func(e *corev1.Event) string { return since(firstSeen(e)) })),
		wide(number("Count", "How often it happened.", eventCount)),
		wide(name),
	}
}

func firstSeen(e *corev1.Event) time.Time {
	if e.FirstTimestamp.IsZero() {
		return e.EventTime.Time
	}
	return e.FirstTimestamp.Time
}

func lastSeen(e *corev1.Event) time.Time {
	switch {
	case e.Series != nil:
		return e.Series.LastObservedTime.Time
	case e.LastTimestamp.IsZero():
		return firstSeen(e)
	default:
		return e.LastTimestamp.Time
	}
}

func eventCount(e *corev1.Event) int32 {
	switch {
	case e.Series != nil:
		return e.Series.Count
	case e.Count > 0:
		return e.Count
	default:
		return 1
	}
}

func eventSource(e *corev1.Event) string {
	component, instance := or(e.Source.Component, e.ReportingController), or(e.Source.Host, e.ReportingInstance)
	if instance == "" {
		return component
	}
	return component + ", " + instance
}
