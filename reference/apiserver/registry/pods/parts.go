package pods

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
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
	return part{registry.NewSubresource(pods, s, nil)}
}

// part is a Subresource that is not printed as a table.
type part struct{ written }

type written interface {
	rest.Storage
	rest.Getter
	rest.Updater
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
	errs := validation.PodPart(pod, old)
	if isMirror(old) {
		return append(errs, field.Forbidden(field.NewPath(""), "static pods do not support ephemeral containers"))
	}
	path := field.NewPath("spec", "ephemeralContainers")
	for i := range old.Spec.EphemeralContainers {
		before := &old.Spec.EphemeralContainers[i]
		now := slices.IndexFunc(pod.Spec.EphemeralContainers, func(c corev1.EphemeralContainer) bool { return c.Name == before.Name })
		switch {
		case now < 0:
			errs = append(errs, field.Forbidden(path, "existing ephemeral containers \""+before.Name+"\" may not be removed"))
		case !equality.Semantic.DeepEqual(before, &pod.Spec.EphemeralContainers[now]):
			errs = append(errs, field.Forbidden(path, "existing ephemeral containers \""+before.Name+"\" may not be changed"))
		}
	}
	return errs
}

// isMirror says whether a pod is the shadow of one that a kubelet runs by itself.
func isMirror(pod *corev1.Pod) bool {
	_, mirror := pod.Annotations[corev1.MirrorPodAnnotationKey]
	return mirror
}
