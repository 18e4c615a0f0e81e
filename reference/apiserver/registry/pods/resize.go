package pods

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubectl/pkg/util/qos"

	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// newResize is pods/resize: it changes the CPU and memory of running containers.
// Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
func newResize(pods *registry.REST) rest.Storage {
	return newPart(pods, partStrategy{prepare: prepare.PodResize, validate: validateResize})
}

func validateResize(pod, old *corev1.Pod) field.ErrorList {
	errs := validation.PodPart(pod, old)
	if problem := unresizable(old); problem != "" {
		return append(errs, field.Forbidden(field.NewPath(""), problem))
	}
	spec := field.NewPath("spec")
	if class := qos.ComputePodQOS(old); class != qos.ComputePodQOS(pod) {
		errs = append(errs, field.Invalid(spec, class, "Pod QOS Class may not change as a result of resizing"))
	}
	for _, list := range []struct {
		name        string
		now, before []corev1.Container
	}{{"containers", pod.Spec.Containers, old.Spec.Containers}, {"initContainers", pod.Spec.InitContainers, old.Spec.InitContainers}} {
		at := spec.Child(list.name)
		if len(list.now) != len(list.before) {
			return append(errs, field.Forbidden(at, list.name+" may not be added or removed on resize"))
		}
		for i := range list.now {
			if list.now[i].Name != list.before[i].Name {
				return append(errs, field.Forbidden(at.Index(i).Child("name"), list.name+" may not be renamed or reordered on resize"))
			}
			r, before := &list.now[i].Resources, &list.before[i].Resources
			errs = append(errs, keptResources(at.Index(i).Child("resources"), r, before)...)
		}
	}
	if pod.Spec.Resources == nil && old.Spec.Resources != nil {
		errs = append(errs, field.Forbidden(spec.Child("resources"), "pod-level resources cannot be removed"))
	}
	return append(errs, onlyResized(spec, pod, old)...)
}

// unresizable says why a pod can not be resized at all.
func unresizable(pod *corev1.Pod) string {
	if isMirror(pod) {
		return "static pods cannot be resized"
	}
	if pod.Spec.OS != nil && pod.Spec.OS.Name == corev1.Windows {
		return "windows pods cannot be resized"
	}
	return ""
}

// keptResources refuses the removal of cpu and memory.
func keptResources(path *field.Path, r, old *corev1.ResourceRequirements) field.ErrorList {
	var errs field.ErrorList
	for _, list := range []struct {
		name        string
		now, before corev1.ResourceList
	}{{"requests", r.Requests, old.Requests}, {"limits", r.Limits, old.Limits}} {
		for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
			_, had := list.before[name]
			if _, has := list.now[name]; had && !has {
				errs = append(errs, field.Forbidden(path.Child(list.name), "resource "+list.name+" cannot be removed"))
			}
		}
	}
	return errs
}

// onlyResized refuses changes of anything but cpu and memory; an init container is named.
func onlyResized(spec *field.Path, pod, old *corev1.Pod) field.ErrorList {
	put := unresized(pod, old)
	var errs field.ErrorList
	for i := range put.InitContainers {
		if !equality.Semantic.DeepEqual(put.InitContainers[i], old.Spec.InitContainers[i]) {
			errs = append(errs, field.Forbidden(spec.Child("initContainers").Index(i), "only cpu and memory resources for init or sidecar containers are mutable"))
		}
	}
	put.InitContainers = old.Spec.InitContainers
	if !equality.Semantic.DeepEqual(put, &old.Spec) {
		errs = append(errs, field.Forbidden(spec, "only cpu and memory resources are mutable"))
	}
	return errs
}

// unresized is the spec with cpu and memory of the pod and all containers put back.
func unresized(pod, old *corev1.Pod) *corev1.PodSpec {
	spec := pod.Spec.DeepCopy()
	for i := range spec.Containers {
		putBack(&spec.Containers[i].Resources, &old.Spec.Containers[i].Resources)
	}
	for i := range spec.InitContainers {
		putBack(&spec.InitContainers[i].Resources, &old.Spec.InitContainers[i].Resources)
	}
	if spec.Resources != nil && old.Spec.Resources != nil {
		spec.Resources.Requests = keepCompute(spec.Resources.Requests, old.Spec.Resources.Requests)
		spec.Resources.Limits = keepCompute(spec.Resources.Limits, old.Spec.Resources.Limits)
	}
	return spec
}

// putBack forgets claims, as upstream does: a container that has any can not be resized.
func putBack(r, old *corev1.ResourceRequirements) {
	r.Claims = nil
	r.Requests, r.Limits = keepCompute(r.Requests, old.Requests), keepCompute(r.Limits, old.Limits)
}

func keepCompute(list, old corev1.ResourceList) corev1.ResourceList {
	kept := corev1.ResourceList{}
	maps.Copy(kept, list)
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		delete(kept, name)
		if q, ok := old[name]; ok {
			kept[name] = q
		}
	}
	return kept
}
