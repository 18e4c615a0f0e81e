package interpodaffinity

import (
	"slices"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// requiredWeight is what the required affinity of a pod that is there counts
// in favour of a pod that it selects.
const requiredWeight = 1

// Score adds up the preferred terms, in both directions, over the pods in the
// domains of each node.
func (p *Plugin) Score(pod *snapshot.Pod, cluster *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	weights := p.weights(pod, cluster)
	if len(weights) == 0 {
		return false
	}
	keys := map[string]struct{}{}
	for d := range weights {
		keys[d.key] = struct{}{}
	}
	for i, node := range nodes {
		for key := range keys {
			if value, ok := node.Labels[key]; ok {
				scores[i] += weights[domain{key, value}]
			}
		}
	}
	// Sums may be negative: the worst node gets 0 and the best all.
	lowest, highest := slices.Min(scores), slices.Max(scores)
	for i := range scores {
		if highest == lowest {
			scores[i] = 0
		} else {
			scores[i] = (scores[i] - lowest) * plugin.MaxScore / (highest - lowest)
		}
	}
	return true
}

func (p *Plugin) weights(pod *snapshot.Pod, cluster *snapshot.Snapshot) map[domain]int64 {
	weights := map[domain]int64{}
	add := func(node *snapshot.Node, term *snapshot.Term, selected *snapshot.Pod, weight int64) {
		if value, ok := node.Labels[term.TopologyKey]; ok && term.Selects(selected, p.NamespaceLabels) {
			weights[domain{term.TopologyKey, value}] += weight
		}
	}
	addAll := func(node *snapshot.Node, terms []snapshot.WeightedTerm, selected *snapshot.Pod, sign int64) {
		for i := range terms {
			add(node, &terms[i].Term, selected, sign*int64(terms[i].Weight))
		}
	}
	if len(pod.PreferredAffinity)+len(pod.PreferredAntiAffinity) > 0 {
		for _, node := range cluster.Nodes() {
			for _, other := range node.Pods {
				addAll(node, pod.PreferredAffinity, other, 1)
				addAll(node, pod.PreferredAntiAffinity, other, -1)
			}
		}
	}
	for _, node := range cluster.WithTerms() {
		for _, other := range node.WithTerms {
			addAll(node, other.PreferredAffinity, pod, 1)
			addAll(node, other.PreferredAntiAffinity, pod, -1)
			for i := range other.Affinity {
				add(node, &other.Affinity[i], pod, requiredWeight)
			}
		}
	}
	return weights
}
