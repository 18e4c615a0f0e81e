package admission

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
)

// taintNodesByCondition keeps pods from a new node until it is known to be ready.
type taintNodesByCondition struct{ *admission.Handler }

func newTaintNodesByCondition(env) (admission.Interface, error) {
	return taintNodesByCondition{admission.NewHandler(admission.Create)}, nil
}

func (taintNodesByCondition) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "nodes") {
		return nil
	}
	node, err := object[*corev1.Node](a)
	if err != nil {
		return err
	}
	taint := corev1.Taint{Key: corev1.TaintNodeNotReady, Effect: corev1.TaintEffectNoSchedule}
	if !slices.ContainsFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.MatchTaint(&taint) }) {
		node.Spec.Taints = append(node.Spec.Taints, taint)
	}
	return nil
}
