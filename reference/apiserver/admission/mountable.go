package admission

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
)

// validateMountable: a service account with the annotation
// kubernetes.io/enforce-mountable-secrets limits its pods to its own secrets.
func validateMountable(a admission.Attributes, sa *corev1.ServiceAccount, pod *corev1.Pod) error {
	for _, name := range secretsOf(pod) {
		if !slices.ContainsFunc(sa.Secrets, func(r corev1.ObjectReference) bool { return r.Name == name }) {
			return forbid(a, "secret %q is not allowed because service account %s does not reference that secret", name, sa.Name)
		}
	}
	for _, s := range pod.Spec.ImagePullSecrets {
		if !slices.Contains(sa.ImagePullSecrets, s) {
			return forbid(a, "imagePullSecrets[%q] is not allowed because service account %s does not reference that imagePullSecret", s.Name, sa.Name)
		}
	}
	return nil
}

// secretsOf lists the secrets that volumes and variables of a pod read.
func secretsOf(pod *corev1.Pod) []string {
	var out []string
	for _, v := range pod.Spec.Volumes {
		if v.Secret != nil {
			out = append(out, v.Secret.SecretName)
		}
		if v.Projected == nil {
			continue
		}
		for _, s := range v.Projected.Sources {
			if s.Secret != nil {
				out = append(out, s.Secret.Name)
			}
		}
	}
	add := func(env []corev1.EnvVar, from []corev1.EnvFromSource) {
		for _, e := range env {
			if e.ValueFrom != nil && e.ValueFrom.SecretKeyRef != nil {
				out = append(out, e.ValueFrom.SecretKeyRef.Name)
			}
		}
		for _, e := range from {
			if e.SecretRef != nil {
				out = append(out, e.SecretRef.Name)
			}
		}
	}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		add(c.Env, c.EnvFrom)
	}
	for _, c := range pod.Spec.EphemeralContainers {
		add(c.Env, c.EnvFrom)
	}
	return out
}
