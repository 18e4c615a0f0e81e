package pods

import (
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubectl/pkg/util/qos"

	"github.com/seatrial/seatrial/reference/api/prepare"
	apivalidation "github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// newResize is pods/resize: it changes the CPU and memory of running containers.
// Source: https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
func newResize(pods *registry.REST) rest.Storage {
	return newPart(pods, partStrategy{prepare: prepare.PodResize, validate: validateResize})
}

func validateResize(pod, old *corev1.Pod) field.ErrorList {
	spec := field.NewPath("spec")
	if old.Status.Phase == corev1.PodSucceeded || old.Status.Phase == corev1.PodFailed {
		return field.ErrorList{field.Forbidden(spec, "pod has terminated")}
	}
	var errs field.ErrorList
	if class := qos.ComputePodQOS(pod); class != qos.ComputePodQOS(old) {
		errs = append(errs, field.Invalid(spec, class, "Pod QOS Class may not change as a result of resizing"))
	}
	for _, list := range []struct {
		name        string
		now, before []corev1.Container
	}{{"containers", pod.Spec.Containers, old.Spec.Containers}, {"initContainers", pod.Spec.InitContainers, old.Spec.InitContainers}} {
		if len(list.now) != len(list.before) {
			return append(errs, field.Forbidden(spec.Child(list.name), list.name+" may not be added or removed"))
		}
		for i := range list.now {
			if list.now[i].Name != list.before[i].Name {
				return append(errs, field.Forbidden(spec.Child(list.name).Index(i).Child("name"), "containers may not be renamed or reordered on resize"))
			}
		}
		errs = append(errs, validateResources(spec.Child(list.name), list.now, list.before)...)
	}
	if pod.Spec.Resources == nil && old.Spec.Resources != nil {
		errs = append(errs, field.Forbidden(spec.Child("resources"), "pod-level resources cannot be removed"))
	}
	errs = append(errs, apivalidation.PodResources(pod)...)
	if !equality.Semantic.DeepEqual(unresized(pod, old), &old.Spec) {
		errs = append(errs, field.Forbidden(spec, "only cpu and memory resources are mutable"))
	}
	return errs
}

func validateResources(path *field.Path, containers, old []corev1.Container) field.ErrorList {
	var errs field.ErrorList
	for i := range containers {
		r, before := containers[i].Resources, old[i].Resources
		if equality.Semantic.DeepEqual(r, before) {
			continue
		}
		at := path.Index(i).Child("resources")
		if path.String() == "spec.initContainers" && !isSidecar(&containers[i]) {
			errs = append(errs, field.Forbidden(at, "only sidecar containers can be resized"))
		}
		errs = append(errs, validateList(at.Child("requests"), r.Requests, before.Requests)...)
		errs = append(errs, validateList(at.Child("limits"), r.Limits, before.Limits)...)
		for name, limit := range r.Limits {
			if request, ok := r.Requests[name]; ok && request.Cmp(limit) > 0 {
				errs = append(errs, field.Invalid(at.Child("requests"), request.String(), "must be less than or equal to "+string(name)+" limit of "+limit.String()))
			}
		}
	}
	return errs
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

// validateList refuses the removal of cpu and memory.
func validateList(at *field.Path, list, old corev1.ResourceList) field.ErrorList {
	var errs field.ErrorList
	for name, q := range list {
		if q.Sign() < 0 {
			errs = append(errs, field.Invalid(at.Key(string(name)), q.String(), "must be greater than or equal to 0"))
		}
	}
	for _, name := range []corev1.ResourceName{corev1.ResourceCPU, corev1.ResourceMemory} {
		_, had := old[name]
		if _, has := list[name]; had && !has {
			errs = append(errs, field.Forbidden(at, "resource "+at.String()+" cannot be removed"))
		}
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
