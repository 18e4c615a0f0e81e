package apiserver

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/seatrial/seatrial/reference/api"
)

// forbidPrivileged adds to a row that a pod in its objects has no privileged
// container (--allow-privileged=false).
func forbidPrivileged(row *api.Resource) {
	if _, path := podSpecOf(row.New()); path == nil {
		return
	}
	create, update := row.Validate, row.ValidateUpdate
	row.Validate = func(ctx context.Context, obj runtime.Object) field.ErrorList {
		return append(create(ctx, obj), privileged(obj)...)
	}
	row.ValidateUpdate = func(ctx context.Context, obj, old runtime.Object) field.ErrorList {
		return append(update(ctx, obj, old), privileged(obj)...)
	}
}

// privileged names the privileged containers.
func privileged(obj runtime.Object) field.ErrorList {
	var errs field.ErrorList
	spec, path := podSpecOf(obj)
	check := func(c *corev1.SecurityContext, list string, i int) {
		if c != nil && c.Privileged != nil && *c.Privileged {
			errs = append(errs, field.Forbidden(path.Child(list).Index(i).Child("securityContext", "privileged"), "disallowed by cluster policy"))
		}
	}
	for i, c := range spec.Containers {
		check(c.SecurityContext, "containers", i)
	}
	for i, c := range spec.InitContainers {
		check(c.SecurityContext, "initContainers", i)
	}
	for i, c := range spec.EphemeralContainers {
		check(c.SecurityContext, "ephemeralContainers", i)
	}
	return errs
}

// podSpecOf is the pod in an object and where it is; nil where there is none.
func podSpecOf(obj runtime.Object) (*corev1.PodSpec, *field.Path) {
	template := field.NewPath("spec", "template", "spec")
	switch o := obj.(type) {
	case *corev1.Pod:
		return &o.Spec, field.NewPath("spec")
	case *corev1.PodTemplate:
		return &o.Template.Spec, field.NewPath("template", "spec")
	case *corev1.ReplicationController:
		if o.Spec.Template == nil {
			return &corev1.PodSpec{}, template
		}
		return &o.Spec.Template.Spec, template
	case *appsv1.Deployment:
		return &o.Spec.Template.Spec, template
	case *appsv1.ReplicaSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.StatefulSet:
		return &o.Spec.Template.Spec, template
	case *appsv1.DaemonSet:
		return &o.Spec.Template.Spec, template
	case *batchv1.Job:
		return &o.Spec.Template.Spec, template
	case *batchv1.CronJob:
		return &o.Spec.JobTemplate.Spec.Template.Spec, field.NewPath("spec", "jobTemplate", "spec", "template", "spec")
	}
	return nil, nil
}
