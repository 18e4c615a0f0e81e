package pods

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// partStrategy is the strategy of a subresource that writes one part of a pod:
// everything else stays as it is stored.
type partStrategy struct {
	keepPodRules
	prepare  func(pod, old *corev1.Pod) // keeps everything but the part
	validate func(pod, old *corev1.Pod) field.ErrorList
}

func (s partStrategy) PrepareForUpdate(_ context.Context, obj, old runtime.Object) {
	pod, before := obj.(*corev1.Pod), old.(*corev1.Pod)
	s.prepare(pod, before)
	if !equality.Semantic.DeepEqual(pod.Spec, before.Spec) {
		pod.Generation = before.Generation + 1
	}
}

func (s partStrategy) ValidateUpdate(_ context.Context, obj, old runtime.Object) field.ErrorList {
	return s.validate(obj.(*corev1.Pod), old.(*corev1.Pod))
}

func newPart(pods *registry.REST, s partStrategy) rest.Storage {
	s.keepPodRules = keepPodRules{pods.UpdateStrategy}
	return registry.NewSubresource(pods, s, nil)
}

// newEphemeralContainers is pods/ephemeralcontainers: containers are added to a
// running pod, and never changed or removed.
// Source: https://kubernetes.io/docs/concepts/workloads/pods/ephemeral-containers/
func newEphemeralContainers(pods *registry.REST) rest.Storage {
	return newPart(pods, partStrategy{
		prepare:  prepare.PodEphemeralContainers,
		validate: validateEphemeralContainers,
	})
}

func validateEphemeralContainers(pod, old *corev1.Pod) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("spec", "ephemeralContainers")
	taken := map[string]bool{}
	for _, c := range append(append([]corev1.Container{}, pod.Spec.InitContainers...), pod.Spec.Containers...) {
		taken[c.Name] = true
	}
	before := map[string]*corev1.EphemeralContainer{}
	for i := range old.Spec.EphemeralContainers {
		before[old.Spec.EphemeralContainers[i].Name] = &old.Spec.EphemeralContainers[i]
	}
	seen := map[string]bool{}
	for i := range pod.Spec.EphemeralContainers {
		c := &pod.Spec.EphemeralContainers[i]
		at := path.Index(i)
		if had := before[c.Name]; had != nil && !equality.Semantic.DeepEqual(had, c) {
			errs = append(errs, field.Forbidden(at, "existing ephemeral containers \""+c.Name+"\" may not be changed"))
		}
		for _, problem := range validation.IsDNS1123Label(c.Name) {
			errs = append(errs, field.Invalid(at.Child("name"), c.Name, problem))
		}
		if taken[c.Name] || seen[c.Name] {
			errs = append(errs, field.Duplicate(at.Child("name"), c.Name))
		}
		seen[c.Name] = true
		errs = append(errs, validateEphemeralContainer(c, pod, at)...)
	}
	for name := range before {
		if !seen[name] {
			errs = append(errs, field.Forbidden(path, "existing ephemeral containers \""+name+"\" may not be removed"))
		}
	}
	return errs
}

func validateEphemeralContainer(c *corev1.EphemeralContainer, pod *corev1.Pod, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if c.Image == "" {
		errs = append(errs, field.Required(at.Child("image"), ""))
	}
	if target := c.TargetContainerName; target != "" && !hasContainer(pod, target) {
		errs = append(errs, field.NotFound(at.Child("targetContainerName"), target))
	}
	for name, set := range map[string]bool{
		"ports": len(c.Ports) > 0, "livenessProbe": c.LivenessProbe != nil, "readinessProbe": c.ReadinessProbe != nil,
		"startupProbe": c.StartupProbe != nil, "lifecycle": c.Lifecycle != nil,
		"restartPolicy": c.RestartPolicy != nil, "restartPolicyRules": len(c.RestartPolicyRules) > 0, "resizePolicy": len(c.ResizePolicy) > 0,
		"resources": len(c.Resources.Limits)+len(c.Resources.Requests)+len(c.Resources.Claims) > 0,
	} {
		if set {
			errs = append(errs, field.Forbidden(at.Child(name), "cannot be set for an Ephemeral Container"))
		}
	}
	return append(errs, validateEphemeralMounts(c, pod, at.Child("volumeMounts"))...)
}

func validateEphemeralMounts(c *corev1.EphemeralContainer, pod *corev1.Pod, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, m := range c.VolumeMounts {
		at := at.Index(i)
		if !slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name }) {
			errs = append(errs, field.NotFound(at.Child("name"), m.Name))
		}
		if m.SubPath != "" {
			errs = append(errs, field.Forbidden(at.Child("subPath"), "cannot be set for an Ephemeral Container"))
		}
		if m.SubPathExpr != "" {
			errs = append(errs, field.Forbidden(at.Child("subPathExpr"), "cannot be set for an Ephemeral Container"))
		}
		if m.SubPath != "" && m.SubPathExpr != "" {
			errs = append(errs, field.Invalid(at.Child("subPathExpr"), m.SubPathExpr, "subPathExpr and subPath are mutually exclusive"))
		}
	}
	return errs
}

func hasContainer(pod *corev1.Pod, name string) bool {
	for _, c := range pod.Spec.Containers {
		if c.Name == name {
			return true
		}
	}
	for _, c := range pod.Spec.InitContainers {
		if c.Name == name {
			return true
		}
	}
	return false
}
