package podtopologyspread

import (
	"math"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// The skew that pods without constraints may have over nodes and over zones,
// as in the default constraints that the documentation describes.
const (
	nodeSkew = 3
	zoneSkew = 5
)

// scoreSiblings spreads a pod without constraints away from the other pods of
// its controller. Nobody asked for it, so it takes care to cost little.
func (p *Plugin) scoreSiblings(pod *snapshot.Pod, cluster *snapshot.Snapshot, nodes []*snapshot.Node, sums []float64) bool {
	if pod.Controller == "" {
		return false
	}
	tally := p.tallies.Count(snapshot.Group{
		Name: "pods of " + string(pod.Controller),
		Matches: func(other *snapshot.Pod) bool {
			return other.Controller == pod.Controller && other.DeletionTimestamp == nil
		},
		Domain: func(node *snapshot.Node) (string, bool) {
			zone, ok := node.Labels[corev1.LabelTopologyZone]
			return zone, ok
		},
	}, cluster)
	nodeWeight, zoneWeight := weightOf(len(nodes)), weightOf(len(tally.Domains))
	for j, node := range nodes {
		sums[j] = float64(tally.At(cluster.Index(node.Name)))*nodeWeight + nodeSkew - 1
		if zone, ok := node.Labels[corev1.LabelTopologyZone]; ok {
			sums[j] += float64(tally.Domains[zone].Pods)*zoneWeight + zoneSkew - 1
		}
	}
	return true
}

// weightOf makes up for it that pods per domain are fewer the more domains
// there are.
func weightOf(domains int) float64 { return math.Log(float64(domains + 2)) }
