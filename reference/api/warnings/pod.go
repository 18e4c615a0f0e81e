// Package warnings tells a writer what is accepted but will not do what they
// think: deprecated fields, ambiguous lists, values that mean nothing.
// kubectl prints them.
package warnings

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Pod warns about a new pod. Pods are updated by programs, which nobody warns.
func Pod(pod, old *corev1.Pod) []string {
	if old != nil {
		return nil
	}
	return append(podTemplate(nil, &pod.ObjectMeta, &pod.Spec), preferredValues(field.NewPath("spec"), &pod.Spec)...)
}

// templateOf warns about the template of a workload, if it is new or changed.
func templateOf(path *field.Path, template, old *corev1.PodTemplateSpec) []string {
	if old != nil && equality.Semantic.DeepEqual(template, old) {
		return nil
	}
	return append(podTemplate(path, &template.ObjectMeta, &template.Spec), preferredValues(path.Child("spec"), &template.Spec)...)
}

func podTemplate(path *field.Path, meta *metav1.ObjectMeta, spec *corev1.PodSpec) []string {
	at := path.Child("spec")
	var out []string
	out = append(out, annotations(path.Child("metadata", "annotations"), meta)...)
	for _, key := range sets.List(sets.KeySet(spec.NodeSelector)) {
		if instead, ok := deprecatedLabel(key); ok {
			out = append(out, fmt.Sprintf("%s: %s", at.Child("nodeSelector").Key(key), instead))
		}
	}
	out = append(out, affinity(at.Child("affinity"), spec.Affinity)...)
	for i, c := range spec.TopologySpreadConstraints {
		where := at.Child("topologySpreadConstraints").Index(i)
		if instead, ok := deprecatedLabel(c.TopologyKey); ok {
			out = append(out, fmt.Sprintf("%s: %s is %s", where.Child("topologyKey"), c.TopologyKey, instead))
		}
		if c.LabelSelector == nil {
			out = append(out, nullSelector(where))
		}
	}
	out = append(out, duplicates(at, spec)...)
	for i := range spec.Volumes {
		out = append(out, volume(at.Child("volumes").Index(i), &spec.Volumes[i])...)
	}
	for _, list := range []struct {
		name       string
		containers []corev1.Container
	}{{"initContainers", spec.InitContainers}, {"containers", spec.Containers}} {
		for i := range list.containers {
			out = append(out, container(at.Child(list.name).Index(i), &list.containers[i])...)
		}
	}
	out = append(out, samePorts(at, spec)...)
	out = append(out, fractions(at.Child("overhead"), spec.Overhead)...)
	if grace := spec.TerminationGracePeriodSeconds; grace != nil && *grace < 0 {
		out = append(out, fmt.Sprintf("%s: must be >= 0; negative values are invalid and will be treated as 1", at.Child("terminationGracePeriodSeconds")))
	}
	return out
}

func nullSelector(path *field.Path) string {
	return fmt.Sprintf("%s: a null labelSelector results in matching no pod", path.Child("labelSelector"))
}

func annotations(path *field.Path, meta *metav1.ObjectMeta) []string {
	gone := map[string]string{
		"scheduler.alpha.kubernetes.io/critical-pod":  `non-functional in v1.16+; use the "priorityClassName" field instead`,
		"security.alpha.kubernetes.io/sysctls":        `non-functional in v1.11+; use the "sysctls" field instead`,
		"security.alpha.kubernetes.io/unsafe-sysctls": `non-functional in v1.11+; use the "sysctls" field instead`,
		"seccomp.security.alpha.kubernetes.io/pod":    seccompGone,
	}
	var out []string
	for _, key := range sets.List(sets.KeySet(meta.Annotations)) {
		text, ok := gone[key]
		if strings.HasPrefix(key, "container.seccomp.security.alpha.kubernetes.io/") {
			text, ok = seccompGone, true
		}
		if ok {
			out = append(out, fmt.Sprintf("%s: %s", path.Key(key), text))
		}
	}
	return out
}

const seccompGone = `non-functional in v1.27+; use the "seccompProfile" field instead`

// deprecatedLabel says since when a label of nodes is deprecated, and what is used instead.
func deprecatedLabel(key string) (string, bool) {
	text, ok := map[string]string{
		"beta.kubernetes.io/arch":                  `deprecated since v1.14; use "kubernetes.io/arch" instead`,
		"beta.kubernetes.io/os":                    `deprecated since v1.14; use "kubernetes.io/os" instead`,
		"beta.kubernetes.io/instance-type":         `deprecated since v1.17; use "node.kubernetes.io/instance-type" instead`,
		"failure-domain.beta.kubernetes.io/region": `deprecated since v1.17; use "topology.kubernetes.io/region" instead`,
		"failure-domain.beta.kubernetes.io/zone":   `deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
	}[key]
	return text, ok
}

func affinity(path *field.Path, a *corev1.Affinity) []string {
	if a == nil {
		return nil
	}
	var out []string
	if n := a.NodeAffinity; n != nil {
		at := path.Child("nodeAffinity")
		if n.RequiredDuringSchedulingIgnoredDuringExecution != nil {
			for i := range n.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms {
				out = append(out, nodeTerm(at.Child("requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms").Index(i),
					&n.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms[i])...)
			}
		}
		for i := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			out = append(out, nodeTerm(at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("preference"),
				&n.PreferredDuringSchedulingIgnoredDuringExecution[i].Preference)...)
		}
	}
	if p := a.PodAffinity; p != nil {
		out = append(out, podTerms(path.Child("podAffinity"), p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution)...)
	}
	if p := a.PodAntiAffinity; p != nil {
		out = append(out, podTerms(path.Child("podAntiAffinity"), p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution)...)
	}
	return out
}

func nodeTerm(path *field.Path, term *corev1.NodeSelectorTerm) []string {
	var out []string
	for i, e := range term.MatchExpressions {
		if instead, ok := deprecatedLabel(e.Key); ok {
			out = append(out, fmt.Sprintf("%s: %s is %s", path.Child("matchExpressions").Index(i).Child("key"), e.Key, instead))
		}
	}
	return out
}

// preferredValues warns about preferences that no node can fit, because no label can have the value.
func preferredValues(path *field.Path, spec *corev1.PodSpec) []string {
	if spec.Affinity == nil || spec.Affinity.NodeAffinity == nil {
		return nil
	}
	at := path.Child("affinity", "nodeAffinity", "preferredDuringSchedulingIgnoredDuringExecution")
	var out []string
	for i, term := range spec.Affinity.NodeAffinity.PreferredDuringSchedulingIgnoredDuringExecution {
		out = append(out, labelValues(at.Index(i).Child("preference", "matchExpressions"), term.Preference.MatchExpressions)...)
	}
	return out
}

func labelValues(path *field.Path, list []corev1.NodeSelectorRequirement) []string {
	var out []string
	for i, e := range list {
		for j, value := range e.Values {
			for _, message := range utilvalidation.IsValidLabelValue(value) {
				out = append(out, fmt.Sprintf("%s: %s is invalid, %s", path.Index(i).Child("values").Index(j), value, message))
			}
		}
	}
	return out
}

func podTerms(path *field.Path, required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) []string {
	var out []string
	for i := range required {
		if required[i].LabelSelector == nil {
			out = append(out, nullSelector(path.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i)))
		}
	}
	for i := range preferred {
		if preferred[i].PodAffinityTerm.LabelSelector == nil {
			out = append(out, nullSelector(path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i).Child("podAffinityTerm")))
		}
	}
	return out
}
