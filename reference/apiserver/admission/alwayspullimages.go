package admission

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/admission"
)

// alwaysPullImages sets the pull policy of every image to Always, so that a
// private image can be used only by who may pull it.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#alwayspullimages
type alwaysPullImages struct{ *admission.Handler }

func newAlwaysPullImages(env) (admission.Interface, error) {
	return alwaysPullImages{admission.NewHandler(admission.Create, admission.Update)}, nil
}

// Admit implements admission.MutationInterface.
func (p alwaysPullImages) Admit(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	return p.visit(a, func(_ *field.Path, policy *corev1.PullPolicy) { *policy = corev1.PullAlways })
}

// Validate implements admission.ValidationInterface: later plugins may have
// changed a policy.
func (p alwaysPullImages) Validate(_ context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	var errs []error
	err := p.visit(a, func(path *field.Path, policy *corev1.PullPolicy) {
		if *policy != corev1.PullAlways {
			errs = append(errs, admission.NewForbidden(a, field.NotSupported(path, *policy, []corev1.PullPolicy{corev1.PullAlways})))
		}
	})
	if err != nil {
		return err
	}
	return utilerrors.NewAggregate(errs)
}

// visit shows the pull policies of a pod. An update that brings no new image is
// left alone: the pod may be older than the plugin.
func (alwaysPullImages) visit(a admission.Attributes, policy func(*field.Path, *corev1.PullPolicy)) error {
	if !is(a, "", "pods") && !is(a, "", "pods/ephemeralcontainers") {
		return nil
	}
	pod, err := object[*corev1.Pod](a)
	if err != nil {
		return err
	}
	if old, ok := a.GetOldObject().(*corev1.Pod); ok {
		had, fresh := map[string]bool{}, false
		eachImage(old, func(_ *field.Path, image string, _ *corev1.PullPolicy) { had[image] = true })
		eachImage(pod, func(_ *field.Path, image string, _ *corev1.PullPolicy) { fresh = fresh || !had[image] })
		if !fresh {
			return nil
		}
	}
	eachImage(pod, func(path *field.Path, _ string, p *corev1.PullPolicy) { policy(path, p) })
	return nil
}

// eachImage shows the images of containers and volumes, with the field of the policy.
func eachImage(pod *corev1.Pod, show func(path *field.Path, image string, policy *corev1.PullPolicy)) {
	spec := field.NewPath("spec")
	for i := range pod.Spec.InitContainers {
		c := &pod.Spec.InitContainers[i]
		show(spec.Child("initContainers").Index(i).Child("imagePullPolicy"), c.Image, &c.ImagePullPolicy)
	}
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		show(spec.Child("containers").Index(i).Child("imagePullPolicy"), c.Image, &c.ImagePullPolicy)
	}
	for i := range pod.Spec.EphemeralContainers {
		c := &pod.Spec.EphemeralContainers[i]
		show(spec.Child("ephemeralContainers").Index(i).Child("imagePullPolicy"), c.Image, &c.ImagePullPolicy)
	}
	for i := range pod.Spec.Volumes {
		if image := pod.Spec.Volumes[i].Image; image != nil {
			show(spec.Child("volumes").Index(i).Child("image", "pullPolicy"), image.Reference, &image.PullPolicy)
		}
	}
}
