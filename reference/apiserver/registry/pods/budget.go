package pods

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// maxDisrupted bounds status.disruptedPods, which the disruption controller empties.
const maxDisrupted = 2000

// takeFromBudget counts the eviction of the pod against its budget, if it has
// one, or says why it may not be evicted now.
func (e *Eviction) takeFromBudget(ctx context.Context, pod *corev1.Pod, dryRun []string) error {
	budget, err := e.budgetOf(ctx, pod)
	if err != nil || budget == nil {
		return err
	}
	take := rest.DefaultUpdatedObjectInfo(nil, func(_ context.Context, _, old runtime.Object) (runtime.Object, error) {
		b := old.DeepCopyObject().(*policyv1.PodDisruptionBudget)
		if !ready(pod) && mayEvictUnready(b) {
			return b, nil
		}
		if err := take(b, pod.Name); err != nil {
			return nil, err
		}
		return b, nil
	})
	status := registry.NewStatus(e.budgets)
	_, _, err = status.Update(ctx, budget.Name, take, nil, nil, false, &metav1.UpdateOptions{DryRun: dryRun})
	return err
}

func (e *Eviction) budgetOf(ctx context.Context, pod *corev1.Pod) (*policyv1.PodDisruptionBudget, error) {
	obj, err := e.budgets.List(ctx, &metainternal.ListOptions{})
	if err != nil {
		return nil, err
	}
	list, ok := obj.(*policyv1.PodDisruptionBudgetList)
	if !ok {
		return nil, fmt.Errorf("list budgets: %T is not a PodDisruptionBudgetList", obj)
	}
	var found *policyv1.PodDisruptionBudget
	for i := range list.Items {
		b := &list.Items[i]
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err != nil || !selector.Matches(labels.Set(pod.Labels)) {
			continue
		}
		if found != nil {
			//nolint:staticcheck,revive // a message of the API
			return nil, errors.New("This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.")
		}
		found = b
	}
	return found, nil
}

// mayEvictUnready: a pod that is not ready does not count for the budget, so its
// eviction need not be counted either.
// Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/#unhealthy-pod-eviction-policy
func mayEvictUnready(b *policyv1.PodDisruptionBudget) bool {
	if p := b.Spec.UnhealthyPodEvictionPolicy; p != nil && *p == policyv1.AlwaysAllow {
		return true
	}
	return b.Status.ObservedGeneration >= b.Generation &&
		b.Status.DesiredHealthy > 0 && b.Status.CurrentHealthy >= b.Status.DesiredHealthy
}

// take counts one eviction.
func take(b *policyv1.PodDisruptionBudget, pod string) error {
	const later = 10 // seconds after which a client may ask again
	switch s := b.Status; {
	case s.ObservedGeneration < b.Generation:
		return refused(fmt.Sprintf("The disruption budget %s is still being processed by the server.", b.Name), later)
	case s.DisruptionsAllowed < 0:
		return apierrors.NewForbidden(policyv1.Resource("poddisruptionbudget"), b.Name, fmt.Errorf("pdb disruptions allowed is negative"))
	case len(s.DisruptedPods) > maxDisrupted:
		return apierrors.NewForbidden(policyv1.Resource("poddisruptionbudget"), b.Name, fmt.Errorf("DisruptedPods map too big - too many evictions not confirmed by PDB controller"))
	case s.DisruptionsAllowed == 0:
		return refused(fmt.Sprintf("The disruption budget %s needs %d healthy pods and has %d currently", b.Name, s.DesiredHealthy, s.CurrentHealthy), 0)
	}
	b.Status.DisruptionsAllowed--
	if b.Status.DisruptionsAllowed == 0 {
		setBudgetCondition(b)
	}
	if b.Status.DisruptedPods == nil {
		b.Status.DisruptedPods = map[string]metav1.Time{}
	}
	b.Status.DisruptedPods[pod] = metav1.Now()
	return nil
}

func refused(cause string, retryAfter int) error {
	err := apierrors.NewTooManyRequests("Cannot evict pod as it would violate the pod's disruption budget.", retryAfter)
	err.ErrStatus.Details.Causes = append(err.ErrStatus.Details.Causes, metav1.StatusCause{
		Type: policyv1.DisruptionBudgetCause, Message: cause,
	})
	return err
}

// setBudgetCondition says that no further disruption is allowed.
func setBudgetCondition(b *policyv1.PodDisruptionBudget) {
	for i := range b.Status.Conditions {
		c := &b.Status.Conditions[i]
		if c.Type == policyv1.DisruptionAllowedCondition && c.Status != metav1.ConditionFalse {
			c.Status, c.Reason = metav1.ConditionFalse, policyv1.InsufficientPodsReason
			c.LastTransitionTime, c.ObservedGeneration = metav1.Now(), b.Generation
		}
	}
}

func ready(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
