package noderesources

import (
	"math"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Balanced prefers nodes whose CPU and memory would be used to the same degree.
type Balanced struct{}

// Name implements plugin.Plugin.
func (Balanced) Name() string { return "NodeResourcesBalancedAllocation" }

// Score is MaxScore less the standard deviation of the used shares. Pods that
// request nothing balance nothing.
func (Balanced) Score(pod *snapshot.Pod, _ *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	if pod.Requests.MilliCPU == 0 && pod.Requests.Memory == 0 {
		return false
	}
	for i, node := range nodes {
		cpu := share(node.Requested.MilliCPU+pod.Requests.MilliCPU, node.Allocatable.MilliCPU)
		memory := share(node.Requested.Memory+pod.Requests.Memory, node.Allocatable.Memory)
		// Of two values the standard deviation is half their distance.
		scores[i] = int64((1 - math.Abs(cpu-memory)/2) * plugin.MaxScore)
	}
	return true
}

func share(used, capacity int64) float64 {
	if capacity <= 0 {
		return 1
	}
	return min(1, float64(used)/float64(capacity))
}
