package snapshot

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/sets"
)

// Term is one parsed term of a pod affinity or anti-affinity.
type Term struct {
	TopologyKey       string
	selector          labels.Selector
	namespaces        sets.Set[string]
	namespaceSelector labels.Selector
	group             string
}

// Group names the pods that the term selects: terms of the same group select
// the same pods. It is empty when that depends on the labels of namespaces.
func (t *Term) Group() string { return t.group }

// WeightedTerm is a preferred term; Weight is 1 to 100.
type WeightedTerm struct {
	Term
	Weight int32
}

// Selects says whether the term means the pod. Labels of the pod's namespace
// are asked for only when the term selects namespaces by label.
func (t *Term) Selects(pod *Pod, namespaceLabels func(name string) labels.Set) bool {
	if !t.selector.Matches(labels.Set(pod.Labels)) {
		return false
	}
	if t.namespaces.Has(pod.Namespace) {
		return true
	}
	if t.namespaceSelector.Empty() {
		return true // an empty selector, other than a missing one, means all namespaces
	}
	return t.namespaceSelector != labels.Nothing() && t.namespaceSelector.Matches(namespaceLabels(pod.Namespace))
}

func parseTerms(pod *corev1.Pod, terms []corev1.PodAffinityTerm) ([]Term, error) {
	var parsed []Term
	for i := range terms {
		t, err := parseTerm(pod, &terms[i])
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, t)
	}
	return parsed, nil
}

func parseWeighted(pod *corev1.Pod, terms []corev1.WeightedPodAffinityTerm) ([]WeightedTerm, error) {
	var parsed []WeightedTerm
	for i := range terms {
		t, err := parseTerm(pod, &terms[i].PodAffinityTerm)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, WeightedTerm{Term: t, Weight: terms[i].Weight})
	}
	return parsed, nil
}

// parseTerm resolves the namespaces as documented: without a list and without
// a selector the pod's own namespace is meant.
func parseTerm(pod *corev1.Pod, term *corev1.PodAffinityTerm) (Term, error) {
	selector, err := metav1.LabelSelectorAsSelector(withLabelKeys(term, pod.Labels))
	if err != nil {
		return Term{}, err
	}
	namespaceSelector, err := metav1.LabelSelectorAsSelector(term.NamespaceSelector)
	if err != nil {
		return Term{}, err
	}
	namespaces := sets.New(term.Namespaces...)
	if len(namespaces) == 0 && term.NamespaceSelector == nil {
		namespaces.Insert(pod.Namespace)
	}
	t := Term{
		TopologyKey:       term.TopologyKey,
		selector:          selector,
		namespaces:        namespaces,
		namespaceSelector: namespaceSelector,
	}
	if term.NamespaceSelector == nil || namespaceSelector.Empty() {
		t.group = fmt.Sprintf("%t %q %s", namespaceSelector.Empty(), sets.List(namespaces), selector)
	}
	return t, nil
}

// withLabelKeys merges matchLabelKeys and mismatchLabelKeys into the selector
// (KEP-3633). The API server does the same on create; merging twice selects
// the same pods, so objects written before that are covered too.
func withLabelKeys(term *corev1.PodAffinityTerm, podLabels map[string]string) *metav1.LabelSelector {
	if term.LabelSelector == nil || len(term.MatchLabelKeys)+len(term.MismatchLabelKeys) == 0 {
		return term.LabelSelector
	}
	merged := term.LabelSelector.DeepCopy()
	add := func(keys []string, op metav1.LabelSelectorOperator) {
		for _, key := range keys {
			if value, ok := podLabels[key]; ok {
				merged.MatchExpressions = append(merged.MatchExpressions,
					metav1.LabelSelectorRequirement{Key: key, Operator: op, Values: []string{value}})
			}
		}
	}
	add(term.MatchLabelKeys, metav1.LabelSelectorOpIn)
	add(term.MismatchLabelKeys, metav1.LabelSelectorOpNotIn)
	return merged
}
