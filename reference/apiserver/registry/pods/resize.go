package pods

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubectl/pkg/util/qos"

	"github.com/seatrial/seatrial/reference/api/prepare"
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
	if !sameContainers(pod.Spec.Containers, old.Spec.Containers) || !sameContainers(pod.Spec.InitContainers, old.Spec.InitContainers) {
		return field.ErrorList{field.Forbidden(spec, "containers may not be added, removed, renamed or reordered")}
	}
	errs := validateResources(spec.Child("containers"), pod.Spec.Containers, old.Spec.Containers)
	for i := range pod.Spec.InitContainers {
		c, before := &pod.Spec.InitContainers[i], &old.Spec.InitContainers[i]
		if equality.Semantic.DeepEqual(c.Resources, before.Resources) {
			continue
		}
		if c.RestartPolicy == nil || *c.RestartPolicy != corev1.ContainerRestartPolicyAlways {
			errs = append(errs, field.Forbidden(spec.Child("initContainers").Index(i).Child("resources"), "only sidecar containers can be resized"))
		}
	}
	errs = append(errs, validateResources(spec.Child("initContainers"), pod.Spec.InitContainers, old.Spec.InitContainers)...)
	if class := qos.ComputePodQOS(pod); class != qos.ComputePodQOS(old) {
		errs = append(errs, field.Invalid(spec, class, "Pod QOS Class may not change as a result of resizing"))
	}
	return errs
}

func sameContainers(a, b []corev1.Container) bool {
	return slices.EqualFunc(a, b, func(a, b corev1.Container) bool { return a.Name == b.Name })
}

func validateResources(path *field.Path, containers, old []corev1.Container) field.ErrorList {
	var errs field.ErrorList
	for i := range containers {
		r, before := containers[i].Resources, old[i].Resources
		at := path.Index(i).Child("resources")
		if !equality.Semantic.DeepEqual(containers[i].ResizePolicy, old[i].ResizePolicy) {
			errs = append(errs, field.Forbidden(path.Index(i).Child("resizePolicy"), "may not be changed"))
		}
		if !equality.Semantic.DeepEqual(r.Claims, before.Claims) {
			errs = append(errs, field.Forbidden(at.Child("claims"), "may not be changed"))
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

// validateList allows changes of cpu and memory, and no removal.
func validateList(at *field.Path, list, old corev1.ResourceList) field.ErrorList {
	var errs field.ErrorList
	for name, q := range list {
		if q.Sign() < 0 {
			errs = append(errs, field.Invalid(at.Key(string(name)), q.String(), "must be greater than or equal to 0"))
		}
		if was, ok := old[name]; (!ok || was.Cmp(q) != 0) && !resizable(name) {
			errs = append(errs, field.Forbidden(at.Key(string(name)), "only cpu and memory resources are mutable"))
		}
	}
	for name := range old {
		if _, ok := list[name]; !ok {
			errs = append(errs, field.Forbidden(at.Key(string(name)), "resource "+at.String()+" cannot be removed"))
		}
	}
	return errs
}

func resizable(name corev1.ResourceName) bool {
	return name == corev1.ResourceCPU || name == corev1.ResourceMemory
}
