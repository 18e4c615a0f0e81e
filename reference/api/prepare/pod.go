// Package prepare gives an object its stored form before it is validated: what
// only the server may set is set, what the client may not change is put back.
// Functions for updates never change old.
package prepare

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubectl/pkg/util/qos"
)

// PodCreate starts the life of a pod: pending, with its quality of service
// class, and held back while it has scheduling gates.
func PodCreate(ctx context.Context, pod *corev1.Pod) {
	pod.Generation = 1
	if grace := pod.Spec.TerminationGracePeriodSeconds; grace != nil && *grace < 0 {
		pod.Spec.TerminationGracePeriodSeconds = new(int64(1))
	}
	pod.Status = corev1.PodStatus{Phase: corev1.PodPending, QOSClass: qos.ComputePodQOS(pod)}
	if len(pod.Spec.SchedulingGates) > 0 {
		pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
			Type:               corev1.PodScheduled,
			Status:             corev1.ConditionFalse,
			Reason:             corev1.PodReasonSchedulingGated,
			Message:            "Scheduling is blocked due to non-empty scheduling gates",
			LastTransitionTime: metav1.Now(),
		})
	}
	pod.Spec.DeprecatedServiceAccount = pod.Spec.ServiceAccountName // admission may have set it
	mergeMatchLabelKeys(pod)
	appArmorFields(ctx, pod)
}

// PodStatusUpdate keeps what a writer of status leaves out because it does not know it.
func PodStatusUpdate(pod, old *corev1.Pod) {
	pod.DeletionTimestamp = nil // put back by the library: status never starts a deletion
	pod.OwnerReferences = old.OwnerReferences
	status, before := &pod.Status, &old.Status
	status.NodeAllocatableResourceClaimStatuses = before.NodeAllocatableResourceClaimStatuses // a feature that is off in v1.36
	dropImageDigests(status)
	if status.QOSClass == "" {
		status.QOSClass = before.QOSClass
	}
	if status.ObservedGeneration == 0 {
		status.ObservedGeneration = before.ObservedGeneration
	}
	for i := range status.Conditions {
		c := &status.Conditions[i]
		if c.ObservedGeneration != 0 {
			continue
		}
		known := slices.IndexFunc(before.Conditions, func(b corev1.PodCondition) bool { return b.Type == c.Type })
		if known >= 0 {
			c.ObservedGeneration = before.Conditions[known].ObservedGeneration
		}
	}
}

// dropImageDigests forgets which image a volume shows: a feature that is off in v1.36 (KEP-5365).
func dropImageDigests(status *corev1.PodStatus) {
	for _, list := range [][]corev1.ContainerStatus{status.InitContainerStatuses, status.ContainerStatuses, status.EphemeralContainerStatuses} {
		for i := range list {
			for j := range list[i].VolumeMounts {
				list[i].VolumeMounts[j].VolumeStatus = nil
			}
		}
	}
}

// PodGraceful sets the grace period of a delete. A pod that has no node or has
// ended goes at once; a period below zero counts as one second.
func PodGraceful(pod *corev1.Pod, opts *metav1.DeleteOptions) bool {
	var period int64
	switch {
	case opts.GracePeriodSeconds != nil:
		period = *opts.GracePeriodSeconds
	case pod.Spec.TerminationGracePeriodSeconds != nil:
		period = *pod.Spec.TerminationGracePeriodSeconds
	}
	if pod.Spec.NodeName == "" || pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		period = 0
	}
	if period < 0 {
		period = 1
	}
	opts.GracePeriodSeconds = &period
	return true
}

// PodEphemeralContainers lets an update through pods/ephemeralcontainers change
// nothing but the list of ephemeral containers.
func PodEphemeralContainers(pod, old *corev1.Pod) {
	containers := pod.Spec.EphemeralContainers
	keepPod(pod, old)
	pod.Spec.EphemeralContainers = containers
}

// PodResize lets an update through pods/resize change nothing but resources and
// resize policies. Lists of containers that come, go, or change places or names
// are left as they are sent for validation to refuse.
func PodResize(pod, old *corev1.Pod) {
	containers, inits, resources := pod.Spec.Containers, pod.Spec.InitContainers, pod.Spec.Resources
	keepPod(pod, old)
	pod.Spec.Resources = resources
	if len(containers) != len(old.Spec.Containers) || len(inits) != len(old.Spec.InitContainers) {
		pod.Spec.Containers, pod.Spec.InitContainers = containers, inits
		return
	}
	pod.Spec.Containers = resized(pod.Spec.Containers, containers)
	pod.Spec.InitContainers = resized(pod.Spec.InitContainers, inits)
}

// keepPod puts all of old back, apart from what identifies the writer's view.
func keepPod(pod, old *corev1.Pod) {
	version, fields := pod.ResourceVersion, pod.ManagedFields
	old.DeepCopyInto(pod)
	pod.ResourceVersion, pod.ManagedFields = version, fields
}

// resized gives containers the resources of sent, container by container, if both have the same names.
func resized(containers, sent []corev1.Container) []corev1.Container {
	if !slices.EqualFunc(containers, sent, func(a, b corev1.Container) bool { return a.Name == b.Name }) {
		return sent
	}
	for i := range containers {
		containers[i].Resources, containers[i].ResizePolicy = sent[i].Resources, sent[i].ResizePolicy
	}
	return containers
}

// mergeMatchLabelKeys turns matchLabelKeys of affinity and spread terms into
// requirements on the pod's own label values (KEP-3633, KEP-3243).
func mergeMatchLabelKeys(pod *corev1.Pod) {
	for i := range pod.Spec.TopologySpreadConstraints {
		c := &pod.Spec.TopologySpreadConstraints[i]
		requireLabels(c.LabelSelector, pod.Labels, c.MatchLabelKeys, metav1.LabelSelectorOpIn)
	}
	affinity := pod.Spec.Affinity
	if affinity == nil {
		return
	}
	if a := affinity.PodAffinity; a != nil {
		mergeTerms(a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution, pod.Labels)
	}
	if a := affinity.PodAntiAffinity; a != nil {
		mergeTerms(a.RequiredDuringSchedulingIgnoredDuringExecution, a.PreferredDuringSchedulingIgnoredDuringExecution, pod.Labels)
	}
}

func mergeTerms(required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm, labels map[string]string) {
	for i := range required {
		mergeTerm(&required[i], labels)
	}
	for i := range preferred {
		mergeTerm(&preferred[i].PodAffinityTerm, labels)
	}
}

func mergeTerm(term *corev1.PodAffinityTerm, labels map[string]string) {
	requireLabels(term.LabelSelector, labels, term.MatchLabelKeys, metav1.LabelSelectorOpIn)
	requireLabels(term.LabelSelector, labels, term.MismatchLabelKeys, metav1.LabelSelectorOpNotIn)
}

func requireLabels(selector *metav1.LabelSelector, labels map[string]string, keys []string, op metav1.LabelSelectorOperator) {
	if selector == nil {
		return
	}
	for _, key := range keys {
		if value, ok := labels[key]; ok {
			selector.MatchExpressions = append(selector.MatchExpressions,
				metav1.LabelSelectorRequirement{Key: key, Operator: op, Values: []string{value}})
		}
	}
}
