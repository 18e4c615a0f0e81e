package podtopologyspread

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Filter refuses nodes where the pod would make its domain exceed the emptiest
// one by more than maxSkew.
func (p *Plugin) Filter(pod *snapshot.Pod, cluster *snapshot.Snapshot) (plugin.Check, error) {
	constraints, err := constraintsOf(pod, corev1.DoNotSchedule)
	if err != nil || len(constraints) == 0 {
		return plugin.Check{}, err
	}
	limits := make([]limit, len(constraints))
	for i := range constraints {
		c := &constraints[i]
		limits[i] = newLimit(c, p.domains(c, cluster, constraints))
	}
	missing := &plugin.Rejection{
		Reasons:   []string{"node(s) didn't match pod topology spread constraints (missing required label)"},
		Permanent: true,
	}
	skewed := &plugin.Rejection{Reasons: []string{"node(s) didn't match pod topology spread constraints"}}
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		for i := range limits {
			value, ok := node.Labels[limits[i].key]
			if !ok {
				return missing
			}
			if limits[i].counts[value].Pods+limits[i].self > limits[i].most {
				return skewed
			}
		}
		return nil
	}}, nil
}

// Helps implements plugin.Hint. Which way a change moves the balance is not
// worked out.
func (*Plugin) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded, plugin.NodeUpdated, plugin.NodeRemoved:
		return true
	case plugin.PodAssigned, plugin.PodChanged, plugin.PodRemoved:
		return event.Pod.Namespace == pod.Namespace
	default:
		return false
	}
}

// limit is the largest number of pods that a domain may have.
type limit struct {
	key    string
	self   int
	counts map[string]snapshot.Domain
	most   int
}

func newLimit(c *constraint, counts map[string]snapshot.Domain) limit {
	fewest := 0
	if len(counts) >= c.minDomains {
		first := true
		for _, d := range counts {
			if first || d.Pods < fewest {
				fewest, first = d.Pods, false
			}
		}
	}
	return limit{key: c.key, self: c.self, counts: counts, most: fewest + c.maxSkew}
}
