package scheduler

import (
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// victims are the pods that would have to go from a node.
type victims struct {
	node      *snapshot.Node
	pods      []*snapshot.Pod // the most important first
	disrupted int             // how many of them no disruption budget allows to go
}

// preempt looks for the node where the least important pods would have to go
// to make room for the pod. It returns nil when none does, and says why in
// the diagnosis.
func (s *Scheduler) preempt(pod *snapshot.Pod, why *diagnosis) (*victims, error) {
	if why.total == 0 {
		return nil, nil
	}
	if reason := s.ineligible(pod); reason != "" {
		why.preemption = reason
		return nil, nil
	}
	reasons := map[string]int{}
	if n := why.total - len(why.hopeful); n > 0 {
		reasons["Preemption is not helpful for scheduling"] = n
	}
	budgets, err := s.budgets()
	if err != nil {
		return nil, err
	}
	want := enough(len(why.hopeful))
	var best *victims
	found := 0
	for i := range why.hopeful {
		if found >= want {
			break
		}
		node := why.hopeful[(s.next+i)%len(why.hopeful)]
		v, refused, err := s.victimsOn(pod, node, budgets)
		switch {
		case err != nil:
			return nil, err
		case v == nil:
			for _, reason := range refused {
				reasons[reason]++
			}
		default:
			found++
			if best == nil || v.milder(best) {
				best = v
			}
		}
	}
	if best == nil {
		why.preemption = summary(why.total, counted(reasons))
	}
	return best, nil
}

// ineligible says why the pod may not preempt now; "" if it may.
func (s *Scheduler) ineligible(pod *snapshot.Pod) string {
	if policy := pod.Spec.PreemptionPolicy; policy != nil && *policy == corev1.PreemptNever {
		return "not eligible due to preemptionPolicy=Never."
	}
	node := s.nodes.Node(s.nominations.node(pod.UID))
	if node == nil {
		return ""
	}
	for _, other := range node.Pods {
		if other.Priority < pod.Priority && other.DeletionTimestamp != nil {
			return "not eligible due to a terminating pod on the nominated node."
		}
	}
	return ""
}

// victimsOn takes all pods of lower priority from the node and puts back as
// many as can stay, first those that a disruption budget protects. It returns
// the reasons when the pod would not fit even on what is left.
func (s *Scheduler) victimsOn(pod *snapshot.Pod, node *snapshot.Node, budgets budgets) (*victims, []string, error) {
	lower := lowerPriority(node, pod.Priority)
	if len(lower) == 0 {
		return nil, []string{"No preemption victims found for incoming pod"}, nil
	}
	without := node
	for _, victim := range lower {
		without = without.Without(victim.UID)
	}
	without = without.With(s.nominations.before(pod)[node.Name]...)
	refused, err := s.wouldFit(pod, without)
	if err != nil {
		return nil, nil, err
	}
	if refused != nil {
		return nil, refused.Reasons, nil
	}
	protected, free := budgets.split(lower)
	v := &victims{node: node}
	for _, candidate := range slices.Concat(protected, free) {
		with := without.With(candidate)
		if refused, err = s.wouldFit(pod, with); err != nil {
			return nil, nil, err
		}
		if refused == nil {
			without = with
			continue
		}
		v.pods = append(v.pods, candidate)
		if slices.Contains(protected, candidate) {
			v.disrupted++
		}
	}
	slices.SortStableFunc(v.pods, byImportance)
	return v, nil, nil
}

// wouldFit tests the pod on a node as it would be.
func (s *Scheduler) wouldFit(pod *snapshot.Pod, node *snapshot.Node) (*refusal, error) {
	j, err := newJudge(s.plugins, pod, s.nodes.With(node))
	if err != nil {
		return nil, fmt.Errorf("judge preemption on node %q: %w", node.Name, err)
	}
	if !j.allows(node.Name) {
		return &refusal{Rejection: &plugin.Rejection{Reasons: []string{"No preemption victims found for incoming pod"}}}, nil
	}
	return j.test(node), nil
}

func lowerPriority(node *snapshot.Node, priority int32) []*snapshot.Pod {
	var lower []*snapshot.Pod
	for _, p := range node.Pods {
		if p.Priority < priority {
			lower = append(lower, p)
		}
	}
	slices.SortStableFunc(lower, byImportance)
	return lower
}

// byImportance sorts by priority, then pods that run longer first.
func byImportance(a, b *snapshot.Pod) int {
	if a.Priority != b.Priority {
		return int(b.Priority) - int(a.Priority)
	}
	return started(a).Compare(started(b))
}

// started is the creation time for pods that have not started yet.
func started(p *snapshot.Pod) time.Time {
	if p.Status.StartTime != nil {
		return p.Status.StartTime.Time
	}
	return p.CreationTimestamp.Time
}

// milder compares as documented: fewer broken disruption budgets, then less
// important victims, then fewer, then those that started last.
func (v *victims) milder(o *victims) bool {
	a, b := v.weight(), o.weight()
	if c := slices.Compare(a[:], b[:]); c != 0 {
		return c < 0
	}
	return len(v.pods) > 0 && len(o.pods) > 0 && started(v.pods[0]).After(started(o.pods[0]))
}

// weight orders victims; the sum of priorities is shifted so that more pods
// weigh more even at negative priorities.
func (v *victims) weight() [4]int64 {
	const lowest = int64(1) << 31
	w := [4]int64{int64(v.disrupted), -lowest, 0, int64(len(v.pods))}
	for _, p := range v.pods {
		w[1] = max(w[1], int64(p.Priority))
		w[2] += int64(p.Priority) + lowest
	}
	return w
}
