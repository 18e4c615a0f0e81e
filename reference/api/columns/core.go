package columns

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Namespace are the columns of namespaces.
func Namespace() []Column {
	return named[corev1.Namespace](
		text("Status", "Phase of the namespace.", func(n *corev1.Namespace) string { return string(n.Status.Phase) }),
		age[corev1.Namespace](),
	)
}

// ConfigMap are the columns of config maps.
func ConfigMap() []Column {
	return named[corev1.ConfigMap](
		declared("string", number("Data", "Number of entries.", func(c *corev1.ConfigMap) int32 { return int32(len(c.Data) + len(c.BinaryData)) })),
		age[corev1.ConfigMap](),
	)
}

// Secret are the columns of secrets.
func Secret() []Column {
	return named[corev1.Secret](
		text("Type", "Type of the secret.", func(s *corev1.Secret) string { return string(s.Type) }),
		declared("string", number("Data", "Number of entries.", func(s *corev1.Secret) int32 { return int32(len(s.Data)) })),
		age[corev1.Secret](),
	)
}

// ServiceAccount are the columns of service accounts.
func ServiceAccount() []Column {
	return named[corev1.ServiceAccount](age[corev1.ServiceAccount]())
}

// PodTemplate are the columns of pod templates.
func PodTemplate() []Column {
	return named[corev1.PodTemplate](
		text("Containers", "Names of the containers.", func(t *corev1.PodTemplate) string { return containerNames(t.Template.Spec.Containers) }),
		text("Images", "Images of the containers.", func(t *corev1.PodTemplate) string { return containerImages(t.Template.Spec.Containers) }),
		text("Pod Labels", "Labels of the pods.", func(t *corev1.PodTemplate) string { return labelSet(t.Template.Labels) }),
	)
}

// ResourceQuota are the columns of resource quotas: limits stand apart from requests and counts.
func ResourceQuota() []Column {
	return named[corev1.ResourceQuota](
		text("Request", "Used and hard amount of requests and counts.", func(q *corev1.ResourceQuota) string {
			return quotas(q, func(name string) bool { return !strings.HasPrefix(name, "limits.") })
		}),
		text("Limit", "Used and hard amount of limits.", func(q *corev1.ResourceQuota) string {
			return quotas(q, func(name string) bool { return strings.HasPrefix(name, "limits.") })
		}),
		age[corev1.ResourceQuota](),
	)
}

func quotas(q *corev1.ResourceQuota, keep func(string) bool) string {
	var lines []string
	for name, hard := range q.Status.Hard {
		if keep(string(name)) {
			used := q.Status.Used[name]
			lines = append(lines, fmt.Sprintf("%s: %s/%s", name, used.String(), hard.String()))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, ", ")
}

// ReplicationController are the columns of replication controllers.
func ReplicationController() []Column {
	containers := func(rc *corev1.ReplicationController) []corev1.Container {
		if rc.Spec.Template == nil {
			return nil
		}
		return rc.Spec.Template.Spec.Containers
	}
	return named[corev1.ReplicationController](
		number("Desired", "Pods that are wanted.", func(rc *corev1.ReplicationController) int32 { return deref(rc.Spec.Replicas) }),
		number("Current", "Pods that are there.", func(rc *corev1.ReplicationController) int32 { return rc.Status.Replicas }),
		number("Ready", "Pods that are ready.", func(rc *corev1.ReplicationController) int32 { return rc.Status.ReadyReplicas }),
		age[corev1.ReplicationController](),
		wide(text("Containers", "Names of the containers.", func(rc *corev1.ReplicationController) string { return containerNames(containers(rc)) })),
		wide(text("Images", "Images of the containers.", func(rc *corev1.ReplicationController) string { return containerImages(containers(rc)) })),
		wide(text("Selector", "Labels of the pods.", func(rc *corev1.ReplicationController) string { return labelSet(rc.Spec.Selector) })),
	)
}
