package criconfig

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	cpuPeriod = 100_000 // microseconds
	minQuota  = 1_000   // microseconds, the least the kernel takes
	minShares = 2
	maxShares = 262_144
)

// Resources translates requests and limits to what the kernel enforces. A missing limit is no limit.
func Resources(requests, limits corev1.ResourceList) *runtimeapi.LinuxContainerResources {
	resources := &runtimeapi.LinuxContainerResources{
		CpuShares:          Shares(requests, limits),
		CpuPeriod:          cpuPeriod,
		CpuQuota:           Quota(limits),
		MemoryLimitInBytes: limits.Memory().Value(),
		HugepageLimits:     hugepages(limits),
	}
	return resources
}

// Shares is the weight of the CPU request; a limit counts as the request where there is none.
func Shares(requests, limits corev1.ResourceList) int64 {
	request, set := requests[corev1.ResourceCPU]
	if !set {
		request = *limits.Cpu()
	}
	return min(max(request.MilliValue()*1024/1000, minShares), maxShares)
}

// Quota is the CPU time in microseconds per period of 100 ms, 0 without a limit.
func Quota(limits corev1.ResourceList) int64 {
	milli := limits.Cpu().MilliValue()
	if milli == 0 {
		return 0
	}
	return max(milli*cpuPeriod/1000, minQuota)
}

func hugepages(limits corev1.ResourceList) []*runtimeapi.HugepageLimit {
	var out []*runtimeapi.HugepageLimit
	for name, quantity := range limits {
		size, ok := strings.CutPrefix(string(name), corev1.ResourceHugePagesPrefix)
		if !ok {
			continue
		}
		parsed, err := resource.ParseQuantity(size)
		if err != nil {
			continue // validation refuses such names
		}
		out = append(out, &runtimeapi.HugepageLimit{PageSize: pageSize(parsed.Value()), Limit: uint64(quantity.Value())})
	}
	return out
}

// pageSize is the kernel's spelling: 2MB, 1GB.
func pageSize(bytes int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GB"}, {1 << 20, "MB"}, {1 << 10, "KB"}} {
		if bytes >= unit.size {
			return resource.NewQuantity(bytes/unit.size, resource.DecimalSI).String() + unit.name
		}
	}
	return resource.NewQuantity(bytes, resource.DecimalSI).String() + "B"
}

// OOMScore is how early the kernel kills the container when memory is short: critical and guaranteed
// pods last, best-effort pods first, the others by the share of the node's memory they asked for.
//
// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
func OOMScore(pod *corev1.Pod, container *corev1.Container, nodeMemory int64) int64 {
	const guaranteed, bestEffort = -997, 1000
	if pod.Spec.Priority != nil && *pod.Spec.Priority >= nodeCriticalPriority {
		return guaranteed
	}
	switch pod.Status.QOSClass {
	case corev1.PodQOSGuaranteed:
		return guaranteed
	case corev1.PodQOSBestEffort:
		return bestEffort
	}
	if nodeMemory <= 0 {
		return bestEffort - 1
	}
	score := 1000 - 1000*container.Resources.Requests.Memory().Value()/nodeMemory
	return min(max(score, 1000+guaranteed), bestEffort-1)
}

// nodeCriticalPriority is the value of the class system-node-critical.
const nodeCriticalPriority = 2_000_001_000
