package podtopologyspread

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Score prefers domains with few pods of the group. A pod without constraints
// of its own is spread away from the other pods of its controller.
func (p *Plugin) Score(pod *snapshot.Pod, cluster *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	sums := make([]float64, len(nodes))
	var constraints []constraint
	if len(pod.Spec.TopologySpreadConstraints) == 0 {
		if !p.scoreSiblings(pod, cluster, nodes, sums) {
			return false
		}
	} else {
		var err error
		if constraints, err = constraintsOf(pod, corev1.ScheduleAnyway); err != nil || len(constraints) == 0 {
			return false
		}
		p.scoreConstraints(constraints, cluster, nodes, sums)
	}
	lowest, highest := slices.Min(sums), slices.Max(sums)
	for j, node := range nodes {
		switch {
		case !hasKeys(node, constraints):
			scores[j] = 0
		case highest == 0:
			scores[j] = plugin.MaxScore
		default:
			scores[j] = int64(plugin.MaxScore * (highest + lowest - sums[j]) / highest)
		}
	}
	return true
}

func (p *Plugin) scoreConstraints(constraints []constraint, cluster *snapshot.Snapshot, nodes []*snapshot.Node, sums []float64) {
	for i := range constraints {
		c := &constraints[i]
		counts := p.domains(c, cluster, constraints)
		weight := weightOf(len(counts))
		for j, node := range nodes {
			if value, ok := node.Labels[c.key]; ok {
				sums[j] += float64(counts[value].Pods)*weight + float64(c.maxSkew-1)
			}
		}
	}
}
