package evidence

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/labels"
)

// everywhere are the kinds that decide over objects which they do not name.
var everywhere = []string{ //nolint:gochecknoglobals // a constant
	"Node", "Namespace", "ResourceQuota", "LimitRange", "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
	"ValidatingAdmissionPolicy", "APIService",
}

// focus keeps what has to do with the objects that the line which failed speaks of: themselves, what they own, the Pods that they select,
// the claims and the owners of those. When the line speaks of nothing that is there, everything counts.
func (e Evidence) focus() Evidence {
	near := e.near()
	if len(near) == 0 {
		return e
	}
	focused := e
	focused.Objects = slices.DeleteFunc(slices.Clone(e.Objects), func(o map[string]any) bool {
		elsewhere := field(o, "metadata.namespace") != "" && field(o, "metadata.namespace") != e.Namespace
		return !near[Ref{kind(o), name(o)}] && !slices.Contains(everywhere, kind(o)) && !elsewhere
	})
	focused.Events = slices.DeleteFunc(slices.Clone(e.Events), func(event map[string]any) bool {
		return !near[Ref{field(event, "involvedObject.kind"), field(event, "involvedObject.name")}]
	})
	return focused
}

// near lists the objects in focus; none means all.
func (e Evidence) near() map[Ref]bool {
	near := map[Ref]bool{}
	for _, about := range e.About {
		_, own, qualified := strings.Cut(about.Name, "/")
		if !qualified {
			own = about.Name
		}
		for _, object := range e.Objects {
			if kind(object) == about.Kind && (own == "" || own == name(object)) {
				near[Ref{about.Kind, name(object)}] = true
			}
		}
		if own != "" && len(near) > 0 {
			near[Ref{about.Kind, own}] = true // events may be about what is gone
		}
	}
	for grown := len(near) > 0; grown; {
		grown = false
		for _, object := range e.Objects {
			ref := Ref{kind(object), name(object)}
			if !near[ref] && e.touches(object, near) {
				near[ref], grown = true, true
			}
		}
	}
	return near
}

// touches reports whether an object has to do with one of those in focus.
func (e Evidence) touches(object map[string]any, near map[Ref]bool) bool {
	for _, owner := range list(object, "metadata.ownerReferences") {
		if near[Ref{field(owner, "kind"), field(owner, "name")}] {
			return true
		}
	}
	for ref := range near {
		other := e.find(ref.Kind, ref.Name)
		if other != nil && (e.decides(object, other) || e.serves(object, other)) {
			return true
		}
	}
	return false
}

// decides reports whether the object makes the other one, or is a volume of it.
func (e Evidence) decides(object, other map[string]any) bool {
	switch kind(other) {
	case "Pod":
		return owns(object, other) || (is(object, "PersistentVolumeClaim") && slices.Contains(claims(other), name(object)))
	case "ReplicaSet", "Job":
		return owns(object, other)
	case "PersistentVolumeClaim":
		return is(object, "Pod") && slices.Contains(claims(object), name(other))
	case "HorizontalPodAutoscaler":
		return kind(object) == field(other, "spec.scaleTargetRef.kind") && name(object) == field(other, "spec.scaleTargetRef.name")
	}
	return false
}

// serves reports whether the object is behind the other one: the Pods of a Service or of a disruption budget, the Service of a slice.
func (e Evidence) serves(object, other map[string]any) bool {
	switch kind(other) {
	case "Service":
		selector := texts(other, "spec.selector")
		return is(object, "Pod") && len(selector) > 0 && fits(selector, object) ||
			is(object, "EndpointSlice") && texts(object, "metadata.labels")["kubernetes.io/service-name"] == name(other)
	case "EndpointSlice":
		return is(object, "Service") && texts(other, "metadata.labels")["kubernetes.io/service-name"] == name(object)
	case "PodDisruptionBudget":
		selector := texts(other, "spec.selector.matchLabels")
		return is(object, "Pod") && len(selector) > 0 && fits(selector, object)
	}
	return false
}

func fits(selector map[string]string, pod map[string]any) bool {
	return labels.SelectorFromSet(selector).Matches(labels.Set(texts(pod, "metadata.labels")))
}

func owns(owner, object map[string]any) bool {
	return slices.ContainsFunc(list(object, "metadata.ownerReferences"), func(ref map[string]any) bool {
		return field(ref, "kind") == kind(owner) && field(ref, "name") == name(owner)
	})
}

// claims lists the names of the PersistentVolumeClaims of a Pod.
func claims(pod map[string]any) []string {
	var names []string
	for _, volume := range list(pod, "spec.volumes") {
		if claim := field(volume, "persistentVolumeClaim.claimName"); claim != "" {
			names = append(names, claim)
		}
		if field(volume, "ephemeral.volumeClaimTemplate.spec") != "" {
			names = append(names, name(pod)+"-"+field(volume, "name"))
		}
	}
	return names
}
