package defaults

import (
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func resourceClaim(c *resourcev1.ResourceClaim) {
	resourceClaimSpec(&c.Spec)
	if c.Status.Allocation == nil {
		return
	}
	for i := range c.Status.Allocation.Devices.Results {
		tolerations(c.Status.Allocation.Devices.Results[i].Tolerations)
	}
}

func resourceClaimSpec(spec *resourcev1.ResourceClaimSpec) {
	for i := range spec.Devices.Requests {
		request := &spec.Devices.Requests[i]
		if exactly := request.Exactly; exactly != nil {
			allocation(&exactly.AllocationMode, &exactly.Count)
			tolerations(exactly.Tolerations)
		}
		for j := range request.FirstAvailable {
			allocation(&request.FirstAvailable[j].AllocationMode, &request.FirstAvailable[j].Count)
			tolerations(request.FirstAvailable[j].Tolerations)
		}
	}
}

func allocation(mode *resourcev1.DeviceAllocationMode, count *int64) {
	value(mode, resourcev1.DeviceAllocationModeExactCount)
	if *mode == resourcev1.DeviceAllocationModeExactCount {
		value(count, 1)
	}
}

func tolerations(list []resourcev1.DeviceToleration) {
	for i := range list {
		value(&list[i].Operator, resourcev1.DeviceTolerationOpEqual)
	}
}

func resourceSlice(s *resourcev1.ResourceSlice) {
	for i := range s.Spec.Devices {
		dropOffDeviceFields(&s.Spec.Devices[i])
		for j := range s.Spec.Devices[i].Taints {
			pointer(&s.Spec.Devices[i].Taints[j].TimeAdded, metav1.Now())
		}
	}
}

// dropOffDeviceFields drops what belongs to features that are off: DRANodeAllocatableResources and DRAListTypeAttributes.
func dropOffDeviceFields(d *resourcev1.Device) {
	d.NodeAllocatableResourceMappings = nil
	for name, a := range d.Attributes {
		a.IntValues, a.BoolValues, a.StringValues, a.VersionValues = nil, nil, nil, nil
		d.Attributes[name] = a
	}
}
