package columns

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// first joins at most limit items and counts the rest.
func first(limit int, separator string, items []string) string {
	if len(items) <= limit {
		return strings.Join(items, separator)
	}
	return fmt.Sprintf("%s + %d more...", strings.Join(items[:limit], separator), len(items)-limit)
}

// or is text, or instead when text is empty.
func or(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// deref is what p points to, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

func selector(s *metav1.LabelSelector) string { return metav1.FormatLabelSelector(s) }

func labelSet(set map[string]string) string { return labels.FormatLabels(set) }

func containerNames(containers []corev1.Container) string {
	var names []string
	for _, c := range containers {
		names = append(names, c.Name)
	}
	return strings.Join(names, ",")
}

func containerImages(containers []corev1.Container) string {
	var images []string
	for _, c := range containers {
		images = append(images, c.Image)
	}
	return strings.Join(images, ",")
}

// accessModes abbreviates and sorts the access modes of a volume.
func accessModes(modes []corev1.PersistentVolumeAccessMode) string {
	var short []string
	for _, m := range []struct {
		mode corev1.PersistentVolumeAccessMode
		name string
	}{
		{corev1.ReadWriteOnce, "RWO"}, {corev1.ReadOnlyMany, "ROX"}, {corev1.ReadWriteMany, "RWX"}, {corev1.ReadWriteOncePod, "RWOP"},
	} {
		if slices.Contains(modes, m.mode) {
			short = append(short, m.name)
		}
	}
	return strings.Join(short, ",")
}

// quantity is the amount of a resource, or empty.
func quantity(list corev1.ResourceList, name corev1.ResourceName) string {
	q, ok := list[name]
	if !ok {
		return ""
	}
	return q.String()
}
