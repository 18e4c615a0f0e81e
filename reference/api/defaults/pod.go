package defaults

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"
)

// Pod fills a pod, such as one read from a manifest file. A pod gets what its
// template in a workload does not get: requests that follow limits, service
// links and host ports.
func Pod(pod *corev1.Pod) {
	podSpec(&pod.Spec)
	pointer(&pod.Spec.EnableServiceLinks, true)
	for _, containers := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range containers {
			requestLimits(&containers[i].Resources)
			if pod.Spec.HostNetwork {
				hostPorts(containers[i].Ports)
			}
		}
	}
	podRequests(&pod.Spec)
	podIPs(&pod.Status)
	for i := range pod.Status.ContainerStatuses {
		containerStatus(&pod.Status.ContainerStatuses[i])
	}
	for i := range pod.Status.InitContainerStatuses {
		containerStatus(&pod.Status.InitContainerStatuses[i])
	}
	for i := range pod.Status.EphemeralContainerStatuses {
		containerStatus(&pod.Status.EphemeralContainerStatuses[i])
	}
}

func podTemplateSpec(template *corev1.PodTemplateSpec) {
	podSpec(&template.Spec)
}

func podSpec(spec *corev1.PodSpec) {
	offFeatures(spec)
	value(&spec.ServiceAccountName, spec.DeprecatedServiceAccount)
	spec.DeprecatedServiceAccount = spec.ServiceAccountName
	value(&spec.DNSPolicy, corev1.DNSClusterFirst)
	value(&spec.RestartPolicy, corev1.RestartPolicyAlways)
	value(&spec.SchedulerName, corev1.DefaultSchedulerName)
	pointer(&spec.SecurityContext, corev1.PodSecurityContext{})
	pointer(&spec.TerminationGracePeriodSeconds, corev1.DefaultTerminationGracePeriodSeconds)
	resourceList(spec.Overhead)
	if spec.Resources != nil {
		resources(spec.Resources)
	}
	for i := range spec.Volumes {
		volume(&spec.Volumes[i].VolumeSource)
	}
	for i := range spec.InitContainers {
		container(&spec.InitContainers[i])
	}
	for i := range spec.Containers {
		container(&spec.Containers[i])
	}
	for i := range spec.EphemeralContainers {
		common := corev1.Container(spec.EphemeralContainers[i].EphemeralContainerCommon)
		container(&common)
		spec.EphemeralContainers[i].EphemeralContainerCommon = corev1.EphemeralContainerCommon(common)
	}
}

// requestLimits sets the request of each resource that is only limited.
func requestLimits(r *corev1.ResourceRequirements) {
	for name, limit := range r.Limits {
		r.Requests = setQuantity(r.Requests, name, limit)
	}
}

// podRequests fills the requests of a pod that sets resources for all its
// containers together (KEP-2837): from what the containers request, else from
// the limit of the pod. Huge pages can not be overcommitted, so their request
// and limit are always the same.
func podRequests(spec *corev1.PodSpec) {
	if spec.Resources == nil || len(spec.Resources.Requests)+len(spec.Resources.Limits) == 0 {
		return
	}
	requests, limits := spec.Resources.Requests.DeepCopy(), spec.Resources.Limits.DeepCopy()
	containers := resourcehelper.AggregateContainerRequests(&corev1.Pod{Spec: *spec}, resourcehelper.PodResourcesOptions{})
	for name, quantity := range containers {
		if !resourcehelper.IsSupportedPodLevelResource(name) {
			continue
		}
		if !isHugePages(name) {
			requests = setQuantity(requests, name, quantity)
		} else if _, limited := limits[name]; !limited {
			requests = setQuantity(requests, name, quantity)
			limits = setQuantity(limits, name, quantity)
		}
	}
	for name, limit := range spec.Resources.Limits {
		if resourcehelper.IsSupportedPodLevelResource(name) {
			requests = setQuantity(requests, name, limit)
		}
	}
	spec.Resources.Requests, spec.Resources.Limits = requests, limits
}

// setQuantity sets a resource that list lacks, and makes the list if need be.
func setQuantity(list corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) corev1.ResourceList {
	if _, ok := list[name]; ok {
		return list
	}
	if list == nil {
		list = corev1.ResourceList{}
	}
	list[name] = quantity.DeepCopy()
	return list
}

func isHugePages(name corev1.ResourceName) bool {
	return strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix)
}

func hostPorts(ports []corev1.ContainerPort) {
	for i := range ports {
		value(&ports[i].HostPort, ports[i].ContainerPort)
	}
}

// podIPs makes podIP and podIPs agree: writers may know one of them only.
func podIPs(status *corev1.PodStatus) {
	switch {
	case status.PodIP == "" && len(status.PodIPs) > 0:
		status.PodIP = status.PodIPs[0].IP
	case status.PodIP != "" && (len(status.PodIPs) == 0 || status.PodIPs[0].IP != status.PodIP):
		status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	}
}

func containerStatus(status *corev1.ContainerStatus) {
	resourceList(status.AllocatedResources)
	if status.Resources != nil {
		resources(status.Resources)
	}
}

func resources(r *corev1.ResourceRequirements) {
	resourceList(r.Limits)
	resourceList(r.Requests)
}

// resourceList rounds quantities up to thousandths, the finest amount that is kept.
func resourceList(list corev1.ResourceList) {
	for name, quantity := range list {
		quantity.RoundUp(resource.Milli)
		list[name] = quantity
	}
}
