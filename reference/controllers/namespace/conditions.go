package namespace

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// conditions describes the findings as the documented conditions of a terminating namespace.
func (f findings) conditions() []corev1.NamespaceCondition {
	return []corev1.NamespaceCondition{
		condition(corev1.NamespaceDeletionDiscoveryFailure, f.undiscovered != nil,
			"DiscoveryFailed", fmt.Sprintf("Discovery failed for some groups: %v", f.undiscovered),
			"ResourcesDiscovered", "All resources successfully discovered"),
		condition(corev1.NamespaceDeletionGVParsingFailure, false, "", "",
			"ParsedGroupVersions", "All legacy kube types successfully parsed"),
		condition(corev1.NamespaceDeletionContentFailure, f.failure != nil,
			"ContentDeletionFailed", fmt.Sprintf("Failed to delete all resource types: %v", f.failure),
			"ContentDeleted", "All content successfully deleted, may be waiting on finalization"),
		condition(corev1.NamespaceContentRemaining, len(f.remaining) > 0,
			"SomeResourcesRemain", "Some resources are remaining: "+f.remains(),
			"ContentRemoved", "All content successfully removed"),
		condition(corev1.NamespaceFinalizersRemaining, len(f.finalizers) > 0,
			"SomeFinalizersRemain", "Some content in the namespace has finalizers remaining: "+f.waitsFor(),
			"ContentHasNoFinalizers", "All content-preserving finalizers finished"),
	}
}

func condition(t corev1.NamespaceConditionType, holds bool, reason, message, otherwise, otherMessage string) corev1.NamespaceCondition {
	if holds {
		return corev1.NamespaceCondition{Type: t, Status: corev1.ConditionTrue, Reason: reason, Message: message}
	}
	return corev1.NamespaceCondition{Type: t, Status: corev1.ConditionFalse, Reason: otherwise, Message: otherMessage}
}

func (f findings) remains() string {
	var parts []string
	for gr, n := range f.remaining {
		parts = append(parts, fmt.Sprintf("%s.%s has %d resource instances", gr.Resource, gr.Group, n))
	}
	slices.Sort(parts)
	return strings.Join(parts, ", ")
}

func (f findings) waitsFor() string {
	var parts []string
	for _, name := range slices.SortedFunc(maps.Keys(f.finalizers), cmp.Compare[string]) {
		parts = append(parts, fmt.Sprintf("%s in %d resource instances", name, f.finalizers[name]))
	}
	return strings.Join(parts, ", ")
}

// setCondition replaces the condition of the type; the transition time moves only with the status.
func setCondition(status *corev1.NamespaceStatus, c corev1.NamespaceCondition, now metav1.Time) {
	c.LastTransitionTime = now
	for i, old := range status.Conditions {
		if old.Type == c.Type {
			if old.Status == c.Status {
				c.LastTransitionTime = old.LastTransitionTime
			}
			status.Conditions[i] = c
			return
		}
	}
	status.Conditions = append(status.Conditions, c)
}
