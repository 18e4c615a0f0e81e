// Package noderesources fits the requests of pods into what nodes can allocate.
package noderesources

import (
	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// Fit refuses nodes without room, and prefers those with the most room left.
type Fit struct{}

// Name implements plugin.Plugin.
func (Fit) Name() string { return "NodeResourcesFit" }

// Filter compares requests with what is allocatable and not yet requested.
func (Fit) Filter(pod *snapshot.Pod, _ *snapshot.Snapshot) (plugin.Check, error) {
	return plugin.Check{Test: func(node *snapshot.Node) *plugin.Rejection {
		if fits(pod, node) {
			return nil
		}
		return explain(pod, node)
	}}, nil
}

// Score is the mean of the free shares of CPU and memory after placing the
// pod (strategy LeastAllocated).
func (Fit) Score(pod *snapshot.Pod, _ *snapshot.Snapshot, nodes []*snapshot.Node, scores []int64) bool {
	for i, node := range nodes {
		cpu := free(node.Weight.MilliCPU+pod.Weight.MilliCPU, node.Allocatable.MilliCPU)
		memory := free(node.Weight.Memory+pod.Weight.Memory, node.Allocatable.Memory)
		scores[i] = (cpu + memory) / 2
	}
	return true
}

// Helps implements plugin.Hint: a pod must leave room that was missing, or a
// node must have it.
func (Fit) Helps(event plugin.Event, pod *snapshot.Pod) bool {
	switch event.Kind {
	case plugin.NodeAdded:
		return fits(pod, snapshot.NewNode(event.Node))
	case plugin.NodeUpdated:
		before, after := snapshot.NewNode(event.OldNode), snapshot.NewNode(event.Node)
		return after.MaxPods > before.MaxPods || grows(&pod.Requests, &before.Allocatable, &after.Allocatable)
	case plugin.PodChanged:
		return grows(&pod.Requests, &event.Pod.Requests, &event.OldPod.Requests)
	case plugin.PodRemoved:
		return true // there is room for one more
	default:
		return false
	}
}

func fits(pod *snapshot.Pod, node *snapshot.Node) bool {
	want, have, used := &pod.Requests, &node.Allocatable, &node.Requested
	if int64(len(node.Pods)) >= node.MaxPods ||
		(want.MilliCPU > 0 && want.MilliCPU > have.MilliCPU-used.MilliCPU) ||
		(want.Memory > 0 && want.Memory > have.Memory-used.Memory) ||
		(want.EphemeralStorage > 0 && want.EphemeralStorage > have.EphemeralStorage-used.EphemeralStorage) {
		return false
	}
	for name, amount := range want.Scalar {
		if amount > 0 && amount > have.Scalar[name]-used.Scalar[name] {
			return false
		}
	}
	return true
}

// explain names every resource that is missing. The rejection is permanent
// when even the empty node would be too small.
func explain(pod *snapshot.Pod, node *snapshot.Node) *plugin.Rejection {
	r := &plugin.Rejection{}
	lack := func(reason string, want, have, used int64) {
		if want > 0 && want > have-used {
			r.Reasons = append(r.Reasons, reason)
			r.Permanent = r.Permanent || want > have
		}
	}
	lack("Too many pods", 1, node.MaxPods, int64(len(node.Pods)))
	want, have, used := &pod.Requests, &node.Allocatable, &node.Requested
	lack("Insufficient cpu", want.MilliCPU, have.MilliCPU, used.MilliCPU)
	lack("Insufficient memory", want.Memory, have.Memory, used.Memory)
	lack("Insufficient ephemeral-storage", want.EphemeralStorage, have.EphemeralStorage, used.EphemeralStorage)
	for name, amount := range want.Scalar {
		lack("Insufficient "+string(name), amount, have.Scalar[name], used.Scalar[name])
	}
	return r
}

// grows says whether there is more after than before of anything wanted.
func grows(want, before, after *snapshot.Resources) bool {
	if (want.MilliCPU > 0 && after.MilliCPU > before.MilliCPU) ||
		(want.Memory > 0 && after.Memory > before.Memory) ||
		(want.EphemeralStorage > 0 && after.EphemeralStorage > before.EphemeralStorage) {
		return true
	}
	for name, amount := range want.Scalar {
		if amount > 0 && after.Scalar[name] > before.Scalar[name] {
			return true
		}
	}
	return false
}

// free returns the unused share of capacity, 0 to MaxScore.
func free(used, capacity int64) int64 {
	if capacity <= 0 || used > capacity {
		return 0
	}
	return (capacity - used) * plugin.MaxScore / capacity
}
