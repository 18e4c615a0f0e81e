package validation

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// podScheduling checks where a pod may run.
func podScheduling(path *field.Path, spec *corev1.PodSpec) field.ErrorList {
	return all(
		affinity(path.Child("affinity"), spec.Affinity),
		tolerations(path.Child("tolerations"), spec.Tolerations),
		topologySpread(path.Child("topologySpreadConstraints"), spec.TopologySpreadConstraints),
		schedulingGates(path.Child("schedulingGates"), spec.SchedulingGates),
	)
}

func schedulingGates(path *field.Path, gates []corev1.PodSchedulingGate) field.ErrorList {
	var errs field.ErrorList
	names := seen[string]{}
	for i, gate := range gates {
		at := path.Index(i)
		errs = append(errs, matches(at, gate.Name, utilvalidation.IsQualifiedName(gate.Name))...)
		errs = append(errs, names.add(at, gate.Name)...)
	}
	return errs
}

func affinity(path *field.Path, a *corev1.Affinity) field.ErrorList {
	if a == nil {
		return nil
	}
	var errs field.ErrorList
	if n := a.NodeAffinity; n != nil {
		at := path.Child("nodeAffinity")
		if n.RequiredDuringSchedulingIgnoredDuringExecution != nil {
			errs = append(errs, nodeSelector(at.Child("requiredDuringSchedulingIgnoredDuringExecution"), n.RequiredDuringSchedulingIgnoredDuringExecution)...)
		}
		for i, term := range n.PreferredDuringSchedulingIgnoredDuringExecution {
			at := at.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
			errs = append(errs, weight(at.Child("weight"), term.Weight)...)
			errs = append(errs, nodeSelectorTerm(at.Child("preference"), &term.Preference, preferredNodes)...)
		}
	}
	if p := a.PodAffinity; p != nil {
		errs = append(errs, podAffinityTerms(path.Child("podAffinity"), p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution)...)
	}
	if p := a.PodAntiAffinity; p != nil {
		errs = append(errs, podAffinityTerms(path.Child("podAntiAffinity"), p.RequiredDuringSchedulingIgnoredDuringExecution, p.PreferredDuringSchedulingIgnoredDuringExecution)...)
	}
	return errs
}

func weight(path *field.Path, w int32) field.ErrorList {
	if w < 1 || w > 100 {
		return one(field.Invalid(path, w, "must be in the range 1-100"))
	}
	return nil
}

// nodeSelector checks a choice of nodes.
func nodeSelector(path *field.Path, s *corev1.NodeSelector) field.ErrorList {
	at := path.Child("nodeSelectorTerms")
	if len(s.NodeSelectorTerms) == 0 {
		return one(field.Required(at, "must have at least one node selector term"))
	}
	var errs field.ErrorList
	for i := range s.NodeSelectorTerms {
		errs = append(errs, nodeSelectorTerm(at.Index(i), &s.NodeSelectorTerms[i], requiredNodes)...)
	}
	return errs
}

// nodeChoice tells requirements from preferences, which are let off with a warning if no label can have their values.
type nodeChoice int

const (
	requiredNodes nodeChoice = iota
	preferredNodes
)

func nodeSelectorTerm(path *field.Path, term *corev1.NodeSelectorTerm, choice nodeChoice) field.ErrorList {
	var errs field.ErrorList
	for i, r := range term.MatchExpressions {
		at := path.Child("matchExpressions").Index(i)
		errs = append(errs, nodeRequirement(at, &r)...)
		errs = append(errs, metav1validation.ValidateLabelName(r.Key, at.Child("key"))...)
		for j, value := range r.Values {
			if choice == requiredNodes {
				errs = append(errs, matches(at.Child("values").Index(j), value, utilvalidation.IsValidLabelValue(value))...)
			}
		}
	}
	for i, r := range term.MatchFields {
		at := path.Child("matchFields").Index(i)
		if r.Key != "metadata.name" {
			errs = append(errs, field.Invalid(at.Child("key"), r.Key, "not a valid field selector key"))
		}
		switch {
		case r.Operator != corev1.NodeSelectorOpIn && r.Operator != corev1.NodeSelectorOpNotIn:
			errs = append(errs, field.Invalid(at.Child("operator"), r.Operator, "not a valid selector operator"))
		case len(r.Values) != 1:
			errs = append(errs, field.Required(at.Child("values"), "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"))
		}
		for j, name := range r.Values {
			errs = append(errs, matches(at.Child("values").Index(j), name, isSubdomain(name))...)
		}
	}
	return errs
}

func nodeRequirement(path *field.Path, r *corev1.NodeSelectorRequirement) field.ErrorList {
	values := path.Child("values")
	switch r.Operator {
	case corev1.NodeSelectorOpIn, corev1.NodeSelectorOpNotIn:
		if len(r.Values) == 0 {
			return one(field.Required(values, "must be specified when `operator` is 'In' or 'NotIn'"))
		}
	case corev1.NodeSelectorOpExists, corev1.NodeSelectorOpDoesNotExist:
		if len(r.Values) > 0 {
			return one(field.Forbidden(values, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"))
		}
	case corev1.NodeSelectorOpGt, corev1.NodeSelectorOpLt:
		if len(r.Values) != 1 {
			return one(field.Required(values, "must be specified single value when `operator` is 'Lt' or 'Gt'"))
		}
	default:
		return one(field.Invalid(path.Child("operator"), r.Operator, "not a valid selector operator"))
	}
	return nil
}

func podAffinityTerms(path *field.Path, required []corev1.PodAffinityTerm, preferred []corev1.WeightedPodAffinityTerm) field.ErrorList {
	var errs field.ErrorList
	for i := range required {
		errs = append(errs, podAffinityTerm(path.Child("requiredDuringSchedulingIgnoredDuringExecution").Index(i), &required[i])...)
	}
	for i := range preferred {
		at := path.Child("preferredDuringSchedulingIgnoredDuringExecution").Index(i)
		errs = append(errs, weight(at.Child("weight"), preferred[i].Weight)...)
		errs = append(errs, podAffinityTerm(at.Child("podAffinityTerm"), &preferred[i].PodAffinityTerm)...)
	}
	return errs
}

func podAffinityTerm(path *field.Path, term *corev1.PodAffinityTerm) field.ErrorList {
	errs := all(
		labelSelector(path.Child("labelSelector"), term.LabelSelector),
		labelSelector(path.Child("namespaceSelector"), term.NamespaceSelector),
		matchLabelKeys(path, "matchLabelKeys", term.MatchLabelKeys, term.LabelSelector),
		matchLabelKeys(path, "mismatchLabelKeys", term.MismatchLabelKeys, term.LabelSelector),
		topologyKey(path.Child("topologyKey"), term.TopologyKey),
	)
	for i, key := range term.MatchLabelKeys {
		if slices.Contains(term.MismatchLabelKeys, key) {
			errs = append(errs, field.Invalid(path.Child("matchLabelKeys").Index(i), key, "exists in both matchLabelKeys and mismatchLabelKeys"))
		}
	}
	for _, namespace := range term.Namespaces {
		errs = append(errs, matches(path.Child("namespace"), namespace, isLabel(namespace))...)
	}
	return errs
}

func topologyKey(path *field.Path, key string) field.ErrorList {
	if key == "" {
		return append(one(field.Required(path, "can not be empty")), metav1validation.ValidateLabelName(key, path)...)
	}
	return metav1validation.ValidateLabelName(key, path)
}

// matchLabelKeys checks keys of labels whose values the pod has. A new pod's own requirements are there already: each key once.
func matchLabelKeys(term *field.Path, name string, keys []string, selector *metav1.LabelSelector) field.ErrorList {
	if len(keys) == 0 {
		return nil
	}
	path := term.Child(name)
	if selector == nil {
		return one(field.Forbidden(path, "must not be specified when labelSelector is not set"))
	}
	var errs field.ErrorList
	for i, key := range keys {
		errs = append(errs, metav1validation.ValidateLabelName(key, path.Index(i))...)
		required := 0
		for _, e := range selector.MatchExpressions {
			if e.Key == key {
				required++
			}
		}
		if _, ok := selector.MatchLabels[key]; ok || required > 1 {
			errs = append(errs, field.Invalid(term.Index(i), key, "exists in both matchLabelKeys and labelSelector"))
		}
	}
	return errs
}

func tolerations(path *field.Path, list []corev1.Toleration) field.ErrorList {
	var errs field.ErrorList
	for i, t := range list {
		at := path.Index(i)
		if t.Key != "" {
			errs = append(errs, metav1validation.ValidateLabelName(t.Key, at.Child("key"))...)
		}
		if t.Key == "" && t.Operator != corev1.TolerationOpExists {
			errs = append(errs, field.Invalid(at.Child("operator"), t.Operator, "operator must be Exists when `key` is empty, which means \"match all values and all keys\""))
		}
		if t.TolerationSeconds != nil && t.Effect != corev1.TaintEffectNoExecute {
			errs = append(errs, field.Invalid(at.Child("effect"), t.Effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"))
		}
		switch t.Operator {
		case corev1.TolerationOpEqual, "":
			if messages := utilvalidation.IsValidLabelValue(t.Value); len(messages) > 0 {
				errs = append(errs, field.Invalid(at.Child("operator"), t.Value, strings.Join(messages, ";")))
			}
		case corev1.TolerationOpExists:
			if t.Value != "" {
				errs = append(errs, field.Invalid(at.Child("operator"), t, "value must be empty when `operator` is 'Exists'"))
			}
		default:
			errs = append(errs, field.NotSupported(at.Child("operator"), t.Operator, []corev1.TolerationOperator{corev1.TolerationOpEqual, corev1.TolerationOpExists}))
		}
		errs = append(errs, optionalOneOf(at.Child("effect"), t.Effect, corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)...)
	}
	return errs
}

func topologySpread(path *field.Path, list []corev1.TopologySpreadConstraint) field.ErrorList {
	var errs field.ErrorList
	type key struct{ topology, action string }
	for i, c := range list {
		at := path.Index(i)
		if c.MaxSkew <= 0 {
			errs = append(errs, field.Invalid(at.Child("maxSkew"), c.MaxSkew, positive))
		}
		if c.MinDomains != nil {
			if *c.MinDomains <= 0 {
				errs = append(errs, field.Invalid(at.Child("minDomains"), *c.MinDomains, positive))
			}
			if c.WhenUnsatisfiable != corev1.DoNotSchedule {
				errs = append(errs, field.Invalid(at.Child("minDomains"), *c.MinDomains, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not "+string(c.WhenUnsatisfiable)))
			}
		}
		k := key{c.TopologyKey, string(c.WhenUnsatisfiable)}
		again := func(c corev1.TopologySpreadConstraint) bool {
			return k == key{c.TopologyKey, string(c.WhenUnsatisfiable)}
		}
		if slices.ContainsFunc(list[i+1:], again) {
			errs = append(errs, field.Duplicate(at.Child("{topologyKey, whenUnsatisfiable}"), "{"+k.topology+", "+k.action+"}"))
		}
		if c.TopologyKey == "" { // unlike that of an affinity, it may be no name of a label
			errs = append(errs, field.Required(at.Child("topologyKey"), "can not be empty"))
		}
		errs = all(errs,
			pointerOneOf(at.Child("whenUnsatisfiable"), &c.WhenUnsatisfiable, corev1.DoNotSchedule, corev1.ScheduleAnyway),
			pointerOneOf(at.Child("nodeAffinityPolicy"), c.NodeAffinityPolicy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore),
			pointerOneOf(at.Child("nodeTaintsPolicy"), c.NodeTaintsPolicy, corev1.NodeInclusionPolicyHonor, corev1.NodeInclusionPolicyIgnore),
			matchLabelKeys(at, "matchLabelKeys", c.MatchLabelKeys, c.LabelSelector),
			labelSelector(at.Child("labelSelector"), c.LabelSelector),
		)
	}
	return errs
}
