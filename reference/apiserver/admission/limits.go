package admission

import (
	"fmt"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	helpers "k8s.io/component-helpers/resource"
)

// checkPod holds a pod, or each of its containers, to one item of a LimitRange.
func checkPod(pod *corev1.Pod, item corev1.LimitRangeItem) []error {
	var errs []error
	switch item.Type {
	case corev1.LimitTypeContainer:
		for _, c := range slices.Concat(pod.Spec.InitContainers, pod.Spec.Containers) {
			errs = append(errs, checkItem(item, c.Resources.Requests, c.Resources.Limits)...)
		}
	case corev1.LimitTypePod:
		errs = checkItem(item, helpers.PodRequests(pod, helpers.PodResourcesOptions{}), podLimits(pod))
	}
	return errs
}

// podLimits sums the limits. A resource that one container does not limit has
// no limit for the pod.
func podLimits(pod *corev1.Pod) corev1.ResourceList {
	limits := helpers.PodLimits(pod, helpers.PodResourcesOptions{})
	maps.DeleteFunc(limits, func(name corev1.ResourceName, _ resource.Quantity) bool {
		if _, ok := podLevelLimit(pod, name); ok {
			return false
		}
		return slices.ContainsFunc(pod.Spec.Containers, func(c corev1.Container) bool {
			_, ok := c.Resources.Limits[name]
			return !ok
		})
	})
	return limits
}

func podLevelLimit(pod *corev1.Pod, name corev1.ResourceName) (resource.Quantity, bool) {
	if pod.Spec.Resources == nil {
		return resource.Quantity{}, false
	}
	q, ok := pod.Spec.Resources.Limits[name]
	return q, ok
}

// checkItem compares requests and limits with the minimum, the maximum and the
// ratio of an item.
func checkItem(item corev1.LimitRangeItem, requests, limits corev1.ResourceList) []error {
	var errs []error
	isClaim := item.Type == corev1.LimitTypePersistentVolumeClaim
	for _, name := range slices.Sorted(maps.Keys(item.Min)) {
		errs = append(errs, checkMin(item, name, requests, limits))
	}
	for _, name := range slices.Sorted(maps.Keys(item.Max)) {
		if isClaim {
			errs = append(errs, checkMaxRequest(item, name, requests))
		} else {
			errs = append(errs, checkMax(item, name, requests, limits))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(item.MaxLimitRequestRatio)) {
		errs = append(errs, checkRatio(item, name, requests, limits))
	}
	return slices.DeleteFunc(errs, func(err error) bool { return err == nil })
}

func checkMin(item corev1.LimitRangeItem, name corev1.ResourceName, requests, limits corev1.ResourceList) error {
	least := item.Min[name]
	request, ok := requests[name]
	switch {
	case !ok:
		return fmt.Errorf("minimum %s usage per %s is %s.  No request is specified", name, item.Type, least.String())
	case request.Cmp(least) < 0:
		return fmt.Errorf("minimum %s usage per %s is %s, but request is %s", name, item.Type, least.String(), request.String())
	}
	if limit, ok := limits[name]; ok && limit.Cmp(least) < 0 {
		return fmt.Errorf("minimum %s usage per %s is %s, but limit is %s", name, item.Type, least.String(), limit.String())
	}
	return nil
}

func checkMax(item corev1.LimitRangeItem, name corev1.ResourceName, requests, limits corev1.ResourceList) error {
	most := item.Max[name]
	limit, ok := limits[name]
	switch {
	case !ok:
		return fmt.Errorf("maximum %s usage per %s is %s.  No limit is specified", name, item.Type, most.String())
	case limit.Cmp(most) > 0:
		return fmt.Errorf("maximum %s usage per %s is %s, but limit is %s", name, item.Type, most.String(), limit.String())
	}
	return checkMaxRequest(item, name, requests)
}

func checkMaxRequest(item corev1.LimitRangeItem, name corev1.ResourceName, requests corev1.ResourceList) error {
	most := item.Max[name]
	if request, ok := requests[name]; ok && request.Cmp(most) > 0 {
		return fmt.Errorf("maximum %s usage per %s is %s, but request is %s", name, item.Type, most.String(), request.String())
	}
	return nil
}

func checkRatio(item corev1.LimitRangeItem, name corev1.ResourceName, requests, limits corev1.ResourceList) error {
	most := item.MaxLimitRequestRatio[name]
	request, limit := requests[name], limits[name]
	if request.IsZero() || limit.IsZero() {
		return fmt.Errorf("%s max limit to request ratio per %s is %s, but no request is specified or request is 0", name, item.Type, most.String())
	}
	if ratio := limit.AsApproximateFloat64() / request.AsApproximateFloat64(); ratio > most.AsApproximateFloat64() {
		return fmt.Errorf("%s max limit to request ratio per %s is %s, but provided ratio is %f", name, item.Type, most.String(), ratio)
	}
	return nil
}
