package downward

import (
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Resource returns a limit or request of a container, in units of the divisor, rounded up.
// A limit that is not set is what the node can give (allocatable). container is the name to use
// when the reference names none.
func Resource(pod *corev1.Pod, container string, ref *corev1.ResourceFieldSelector, allocatable corev1.ResourceList) (string, error) {
	if ref.ContainerName != "" {
		container = ref.ContainerName
	}
	resources, found := resourcesOf(pod, container)
	if !found {
		return "", fmt.Errorf("read resource %q: no container %q in the pod", ref.Resource, container)
	}
	kind, name, ok := strings.Cut(ref.Resource, ".")
	if !ok || (kind != "limits" && kind != "requests") {
		return "", fmt.Errorf("read resource %q: not a limit or a request", ref.Resource)
	}
	quantity := resources.Requests[corev1.ResourceName(name)]
	if kind == "limits" {
		var set bool
		if quantity, set = resources.Limits[corev1.ResourceName(name)]; !set || quantity.IsZero() {
			quantity = allocatable[corev1.ResourceName(name)]
		}
	}
	return divide(name, quantity, ref.Divisor), nil
}

func resourcesOf(pod *corev1.Pod, name string) (corev1.ResourceRequirements, bool) {
	for _, list := range [][]corev1.Container{pod.Spec.Containers, pod.Spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return list[i].Resources, true
			}
		}
	}
	return corev1.ResourceRequirements{}, false
}

// divide rounds up: a part of a unit counts as a unit. No divisor means 1.
func divide(name string, quantity, divisor resource.Quantity) string {
	if divisor.IsZero() {
		divisor = resource.MustParse("1")
	}
	value, unit := quantity.Value(), divisor.Value()
	if name == string(corev1.ResourceCPU) {
		value, unit = quantity.MilliValue(), divisor.MilliValue()
	}
	return strconv.FormatInt((value+unit-1)/unit, 10)
}
