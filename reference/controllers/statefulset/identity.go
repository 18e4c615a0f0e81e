package statefulset

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/controllers/pods"
	"github.com/seatrial/seatrial/reference/controllers/revisions"
)

// newPod is the pod of the ordinal, of the revision that it gets, with its identity and its claims.
func (v *view) newPod(ordinal int) (*corev1.Pod, error) {
	revision := v.revisionFor(ordinal)
	template, err := revisions.Template(revision)
	if err != nil {
		return nil, err
	}
	pod := pods.New(template, v.set, gvk)
	pod.GenerateName, pod.Name = "", podName(v.set, ordinal)
	if pod.Labels == nil {
		pod.Labels = map[string]string{}
	}
	pod.Labels[appsv1.StatefulSetPodNameLabel] = pod.Name
	pod.Labels[appsv1.PodIndexLabel] = strconv.Itoa(ordinal)
	pod.Labels[appsv1.ControllerRevisionHashLabelKey] = revision.Name
	pod.Spec.Hostname, pod.Spec.Subdomain = pod.Name, v.set.Spec.ServiceName
	for _, t := range v.set.Spec.VolumeClaimTemplates {
		pod.Spec.Volumes = slices.DeleteFunc(pod.Spec.Volumes, func(old corev1.Volume) bool { return old.Name == t.Name })
		pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: t.Name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: claimName(v.set, t.Name, ordinal)},
		}})
	}
	return pod, nil
}

func podName(set *appsv1.StatefulSet, ordinal int) string {
	return fmt.Sprintf("%s-%d", set.Name, ordinal)
}

func claimName(set *appsv1.StatefulSet, template string, ordinal int) string {
	return template + "-" + podName(set, ordinal)
}

// newClaim is the claim of a template for the ordinal. It outlives its pod.
func newClaim(set *appsv1.StatefulSet, template *corev1.PersistentVolumeClaim, ordinal int) *corev1.PersistentVolumeClaim {
	c := template.DeepCopy()
	c.Namespace, c.Name = set.Namespace, claimName(set, template.Name, ordinal)
	c.Status = corev1.PersistentVolumeClaimStatus{}
	labels := maps.Clone(template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, set.Spec.Selector.MatchLabels)
	c.Labels = labels
	return c
}
