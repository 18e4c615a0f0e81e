package podtopologyspread

import (
	"math"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Score prefers domains with few pods of the group. A pod without constraints
// of its own is spread away from the other pods of its controller.
func (Plugin) Score(pod *snapshot.Pod, cluster *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	constraints, err := constraintsOf(pod, corev1.ScheduleAnyway)
	if err != nil {
		return false
	}
	strict := true // a node without the keys is worst
	required, counted := constraints, cluster.Nodes()
	if len(pod.Spec.TopologySpreadConstraints) == 0 {
		// Nobody asked for it, so it is to cost little.
		constraints, strict = defaultConstraints(pod), false
		required, counted = nil, nodes
	}
	if len(constraints) == 0 {
		return false
	}
	sums := make([]float64, len(nodes))
	for i := range constraints {
		c := &constraints[i]
		counts := c.tally(counted, required)
		// Few large domains would otherwise outweigh many small ones.
		weight := math.Log(float64(len(counts) + 2))
		for j, node := range nodes {
			if value, ok := node.Labels[c.key]; ok {
				sums[j] += float64(counts[value])*weight + float64(c.maxSkew-1)
			}
		}
	}
	lowest, highest := slices.Min(sums), slices.Max(sums)
	for j, node := range nodes {
		switch {
		case strict && !hasKeys(node, constraints):
			scores[j] = 0
		case highest == 0:
			scores[j] = plugin.MaxScore
		default:
			scores[j] = int64(plugin.MaxScore * (highest + lowest - sums[j]) / highest)
		}
	}
	return true
}

// defaultConstraints spread the pods of one controller over nodes and zones.
func defaultConstraints(pod *snapshot.Pod) []constraint {
	if pod.Controller == "" {
		return nil
	}
	siblings := func(other *snapshot.Pod) bool {
		return other.Controller == pod.Controller && other.DeletionTimestamp == nil
	}
	anywhere := func(*snapshot.Node) bool { return true }
	return []constraint{
		{key: corev1.LabelHostname, maxSkew: 3, counts: siblings, honor: anywhere},
		{key: corev1.LabelTopologyZone, maxSkew: 5, counts: siblings, honor: anywhere},
	}
}
