package api

import (
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// podResources are the rows of pods and of what makes pods in core/v1.
func podResources() []Resource {
	core := in(corev1.SchemeGroupVersion)
	return []Resource{
		row[corev1.Pod, corev1.PodList](Resource{
			Served: core, Plural: "pods", DeleteReturnsObject: true, Short: names("po"), Categories: names("all"), Status: true,
			FieldNames: names("spec.nodeName", "spec.restartPolicy", "spec.schedulerName", "spec.serviceAccountName",
				"spec.hostNetwork", "status.phase", "status.podIP", "status.podIPs", "status.nominatedNodeName"),
			Indexed:      names("spec.nodeName"),
			StatusResets: names("metadata.deletionTimestamp", "metadata.ownerReferences"),
			Columns:      columns.Pod(),
		}, hooks[corev1.Pod]{
			fields: podFields, graceful: prepare.PodGraceful,
			create: prepare.PodCreate, status: prepare.PodStatusUpdate,
			validate: validation.Pod, validateUpdate: validation.PodUpdate, validateStatus: validation.PodStatusUpdate,
			warnings: warnings.Pod,
		}),

		row[corev1.PodTemplate, corev1.PodTemplateList](Resource{
			Served: core, Plural: "podtemplates", DeleteReturnsObject: true,
			Columns: columns.PodTemplate(),
		}, hooks[corev1.PodTemplate]{
			create: prepare.PodTemplateCreate, update: prepare.PodTemplateUpdate,
			validate: validation.PodTemplate, validateUpdate: validation.PodTemplateUpdate,
			warnings: warnings.PodTemplate,
		}),

		row[corev1.ReplicationController, corev1.ReplicationControllerList](Resource{
			Served: core, Plural: "replicationcontrollers", Short: names("rc"), Categories: names("all"),
			Status: true, Scale: true, OrphanByDefault: true, FieldNames: names("status.replicas"),
			Columns: columns.ReplicationController(),
		}, hooks[corev1.ReplicationController]{
			fields:   replicationControllerFields,
			validate: validation.ReplicationController, validateUpdate: validation.ReplicationControllerUpdate, validateStatus: validation.ReplicationControllerStatusUpdate,
			warnings: warnings.ReplicationController,
		}),
	}
}

func podFields(pod *corev1.Pod) fields.Set {
	return fields.Set{
		"spec.nodeName":            pod.Spec.NodeName,
		"spec.restartPolicy":       string(pod.Spec.RestartPolicy),
		"spec.schedulerName":       pod.Spec.SchedulerName,
		"spec.serviceAccountName":  pod.Spec.ServiceAccountName,
		"spec.hostNetwork":         strconv.FormatBool(pod.Spec.HostNetwork),
		"status.phase":             string(pod.Status.Phase),
		"status.podIP":             pod.Status.PodIP,
		"status.podIPs":            "", // known, and not filled: no pod has any
		"status.nominatedNodeName": pod.Status.NominatedNodeName,
	}
}

func replicationControllerFields(rc *corev1.ReplicationController) fields.Set {
	return fields.Set{"status.replicas": strconv.Itoa(int(rc.Status.Replicas))}
}
