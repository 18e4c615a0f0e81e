package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
)

// limitPodHardAntiAffinityTopology lets pods keep others from their node, but
// not from their zone.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#limitpodhardantiaffinitytopology
type limitPodHardAntiAffinityTopology struct{ *admission.Handler }

func newLimitPodHardAntiAffinityTopology(env) (admission.Interface, error) {
	return limitPodHardAntiAffinityTopology{admission.NewHandler(admission.Create, admission.Update)}, nil
}

// Validate implements admission.ValidationInterface.
func (limitPodHardAntiAffinityTopology) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil || pod.Spec.Affinity == nil || pod.Spec.Affinity.PodAntiAffinity == nil {
		return err
	}
	for _, t := range pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution {
		if t.TopologyKey != corev1.LabelHostname {
			return forbid(a, "affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey %v but only key %v is allowed", t.TopologyKey, corev1.LabelHostname)
		}
	}
	return nil
}
