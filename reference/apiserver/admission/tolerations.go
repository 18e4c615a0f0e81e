package admission

import (
	"context"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
)

// tolerationSeconds is how long a pod stays on a node that is not ready or
// not reachable, unless the pod says otherwise.
const tolerationSeconds = 300

// defaultTolerationSeconds adds the tolerations of not-ready and unreachable nodes.
// Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
type defaultTolerationSeconds struct{ *admission.Handler }

func newDefaultTolerationSeconds(env) (admission.Interface, error) {
	return defaultTolerationSeconds{admission.NewHandler(admission.Create, admission.Update)}, nil
}

func (defaultTolerationSeconds) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	for _, key := range []string{corev1.TaintNodeNotReady, corev1.TaintNodeUnreachable} {
		tolerated := slices.ContainsFunc(pod.Spec.Tolerations, func(t corev1.Toleration) bool {
			return (t.Key == key || t.Key == "") && (t.Effect == corev1.TaintEffectNoExecute || t.Effect == "")
		})
		if !tolerated {
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{
				Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: new(int64(tolerationSeconds)),
			})
		}
	}
	return nil
}

// extendedResourceToleration lets pods that ask for an extended resource run on
// the nodes that are tainted with its name.
type extendedResourceToleration struct{ *admission.Handler }

func newExtendedResourceToleration(env) (admission.Interface, error) {
	return extendedResourceToleration{admission.NewHandler(admission.Create, admission.Update)}, nil
}

func (extendedResourceToleration) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if !is(a, "", "pods") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
		for name := range c.Resources.Requests {
			if isExtended(string(name)) {
				names[string(name)] = true
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		t := corev1.Toleration{Key: name, Operator: corev1.TolerationOpExists}
		if !slices.ContainsFunc(pod.Spec.Tolerations, func(have corev1.Toleration) bool { return have.MatchToleration(&t) }) {
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, t)
		}
	}
	return nil
}

// isExtended: a resource with a domain that is not Kubernetes' own.
func isExtended(name string) bool {
	domain, _, ok := strings.Cut(name, "/")
	return ok && domain != "kubernetes.io" && !strings.HasSuffix(domain, ".kubernetes.io") && !strings.HasPrefix(name, "requests.")
}

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
