package scheduler

import (
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// budgets are the disruption budgets of the cluster, by namespace.
type budgets map[string][]budget

type budget struct {
	selector labels.Selector
	allowed  int32
	// disrupted are pods whose eviction the budget has counted already.
	disrupted map[string]metav1.Time
}

func (s *Scheduler) budgets() (budgets, error) {
	all, err := s.sources.budgets.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("list disruption budgets: %w", err)
	}
	b := budgets{}
	for _, pdb := range all {
		selector, err := metav1.LabelSelectorAsSelector(pdb.Spec.Selector)
		if err != nil {
			continue // validation lets no such selector through
		}
		b[pdb.Namespace] = append(b[pdb.Namespace], budget{
			selector:  selector,
			allowed:   pdb.Status.DisruptionsAllowed,
			disrupted: pdb.Status.DisruptedPods,
		})
	}
	return b, nil
}

// split returns the pods whose loss would break a budget, and the rest. Both
// keep their order; the first pods use up what a budget allows.
func (b budgets) split(pods []*snapshot.Pod) (protected, free []*snapshot.Pod) {
	left := map[string][]int32{}
	for namespace, list := range b {
		for i := range list {
			left[namespace] = append(left[namespace], list[i].allowed)
		}
	}
	for _, pod := range pods {
		breaks := false
		for i, budget := range b[pod.Namespace] {
			if len(pod.Labels) == 0 || !budget.selector.Matches(labels.Set(pod.Labels)) {
				continue
			}
			if _, counted := budget.disrupted[pod.Name]; counted {
				continue
			}
			left[pod.Namespace][i]--
			breaks = breaks || left[pod.Namespace][i] < 0
		}
		if breaks {
			protected = append(protected, pod)
		} else {
			free = append(free, pod)
		}
	}
	return protected, free
}
