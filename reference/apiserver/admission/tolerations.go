package admission

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
)

// tolerationSeconds is how long a pod stays on a node that is not ready or
// not reachable, unless the pod says otherwise.
const tolerationSeconds = 300

// defaultTolerationSeconds adds the tolerations of not-ready and unreachable nodes.
// Source: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/#taint-based-evictions
type defaultTolerationSeconds struct {
	*admission.Handler
	seconds map[string]int64 // by the key of the taint, if not tolerationSeconds
}

func newDefaultTolerationSeconds(e env) (admission.Interface, error) {
	return defaultTolerationSeconds{admission.NewHandler(admission.Create, admission.Update), e.tolerated}, nil
}

func (p defaultTolerationSeconds) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
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
			seconds, given := p.seconds[key]
			if !given {
				seconds = tolerationSeconds
			}
			pod.Spec.Tolerations = append(pod.Spec.Tolerations, corev1.Toleration{
				Key: key, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &seconds,
			})
		}
	}
	return nil
}
