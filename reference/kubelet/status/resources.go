package status

import (
	"encoding/json"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

// resources tells what the container was given and what is in force now.
func (in Input) resources(status *corev1.ContainerStatus, spec *corev1.Container, container *runtimeapi.ContainerStatus) {
	status.AllocatedResources = spec.Resources.Requests
	if in.Allocated != nil {
		if allocated := in.Allocated(spec.Name); allocated != nil {
			status.AllocatedResources = allocated
		}
	}
	inForce := spec.Resources
	var started corev1.ResourceRequirements
	if text := container.Annotations[cri.SpecifiedResourceAnnotation]; text != "" && json.Unmarshal([]byte(text), &started) == nil {
		inForce = started
	}
	if status.State.Running != nil {
		inForce = merge(inForce, spec.Resources, container.Resources.GetLinux())
	}
	status.Resources = &corev1.ResourceRequirements{Limits: inForce.Limits, Requests: inForce.Requests, Claims: spec.Resources.Claims}
}

// merge reads limits back from the runtime, where a resize shows first; requests of memory are not
// known to the kernel.
func merge(started, spec corev1.ResourceRequirements, actual *runtimeapi.LinuxContainerResources) corev1.ResourceRequirements {
	if actual == nil {
		return started
	}
	out := corev1.ResourceRequirements{Limits: spec.Limits.DeepCopy(), Requests: spec.Requests.DeepCopy()}
	if limit, set := out.Limits[corev1.ResourceCPU]; set && actual.CpuQuota > 0 && actual.CpuPeriod > 0 {
		milli := actual.CpuQuota * 1000 / actual.CpuPeriod
		if limit.MilliValue() != milli && (milli != 10 || limit.MilliValue() >= 10) {
			out.Limits[corev1.ResourceCPU] = *resource.NewMilliQuantity(milli, resource.DecimalSI)
		}
	}
	if limit, set := out.Limits[corev1.ResourceMemory]; set && actual.MemoryLimitInBytes > 0 && limit.Value() != actual.MemoryLimitInBytes {
		out.Limits[corev1.ResourceMemory] = *resource.NewQuantity(actual.MemoryLimitInBytes, resource.BinarySI)
	}
	if request, set := out.Requests[corev1.ResourceCPU]; set && actual.CpuShares > 0 {
		if max(request.MilliValue()*1024/1000, 2) != actual.CpuShares {
			out.Requests[corev1.ResourceCPU] = *resource.NewMilliQuantity((actual.CpuShares*1000+1023)/1024, resource.DecimalSI)
		}
	}
	return out
}
