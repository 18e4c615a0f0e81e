package disruption

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	pdbhelper "k8s.io/component-helpers/apps/poddisruptionbudget"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/pods"
)

// evictionTimeout is how long an eviction that was allowed counts although the pod is not being deleted.
const evictionTimeout = 2 * time.Minute

const roundUp = true

// sizeMatters reports whether the budget depends on how many pods there should be, not only on how many there are.
func sizeMatters(pdb *policyv1.PodDisruptionBudget) bool {
	return pdb.Spec.MaxUnavailable != nil || pdb.Spec.MinAvailable != nil && pdb.Spec.MinAvailable.Type == intstr.String
}

// plan is the status; free of I/O. again is the time until an eviction that did not happen is forgotten.
func plan(pdb *policyv1.PodDisruptionBudget, all []*corev1.Pod, expected int32, now time.Time) (status policyv1.PodDisruptionBudgetStatus, again time.Duration, err error) {
	desired, err := healthyNeeded(pdb, expected)
	if err != nil {
		return status, 0, err
	}
	status = policyv1.PodDisruptionBudgetStatus{
		ObservedGeneration: pdb.Generation, ExpectedPods: expected, DesiredHealthy: desired, Conditions: append([]metav1.Condition{}, pdb.Status.Conditions...),
	}
	for _, pod := range all {
		since, evicted := pdb.Status.DisruptedPods[pod.Name]
		if evicted && pod.DeletionTimestamp == nil {
			if left := since.Add(evictionTimeout).Sub(now); left > 0 {
				again = controller.Sooner(again, left)
				if status.DisruptedPods == nil {
					status.DisruptedPods = map[string]metav1.Time{}
				}
				status.DisruptedPods[pod.Name] = since
				continue
			}
		}
		if pod.DeletionTimestamp == nil && pods.Ready(pod) {
			status.CurrentHealthy++
		}
	}
	if expected > 0 {
		status.DisruptionsAllowed = max(0, status.CurrentHealthy-desired)
	}
	next := &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Generation: pdb.Generation}, Status: status}
	pdbhelper.UpdateDisruptionAllowedCondition(next)
	return next.Status, again, nil
}

// healthyNeeded is how many pods have to stay healthy.
func healthyNeeded(pdb *policyv1.PodDisruptionBudget, expected int32) (int32, error) {
	switch {
	case pdb.Spec.MaxUnavailable != nil:
		n, err := intstr.GetScaledValueFromIntOrPercent(pdb.Spec.MaxUnavailable, int(expected), roundUp)
		if err != nil {
			return 0, fmt.Errorf("maxUnavailable: %w", err)
		}
		return max(0, expected-int32(n)), nil
	case pdb.Spec.MinAvailable != nil:
		n, err := intstr.GetScaledValueFromIntOrPercent(pdb.Spec.MinAvailable, int(expected), roundUp)
		if err != nil {
			return 0, fmt.Errorf("minAvailable: %w", err)
		}
		return int32(n), nil
	}
	return 0, nil
}
