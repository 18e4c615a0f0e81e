package warnings

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func templatePath() *field.Path { return field.NewPath("spec", "template") }

// before is the template of the stored object, if there is one.
func before[T any](old *T, template func(*T) *corev1.PodTemplateSpec) *corev1.PodTemplateSpec {
	if old == nil {
		return nil
	}
	return template(old)
}

// Deployment warns about the template of a deployment.
func Deployment(d, old *appsv1.Deployment) []string {
	return templateOf(templatePath(), &d.Spec.Template, before(old, func(d *appsv1.Deployment) *corev1.PodTemplateSpec { return &d.Spec.Template }))
}

// ReplicaSet warns about the template of a replica set.
func ReplicaSet(r, old *appsv1.ReplicaSet) []string {
	return templateOf(templatePath(), &r.Spec.Template, before(old, func(r *appsv1.ReplicaSet) *corev1.PodTemplateSpec { return &r.Spec.Template }))
}

// StatefulSet warns about the template of a stateful set, and that it may keep all its revisions.
func StatefulSet(s, old *appsv1.StatefulSet) []string {
	var out []string
	if limit := s.Spec.RevisionHistoryLimit; limit != nil && *limit < 0 {
		out = append(out, "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended")
	}
	return append(out, templateOf(templatePath(), &s.Spec.Template, before(old, func(s *appsv1.StatefulSet) *corev1.PodTemplateSpec { return &s.Spec.Template }))...)
}

// DaemonSet warns about the template of a daemon set.
func DaemonSet(d, old *appsv1.DaemonSet) []string {
	return templateOf(templatePath(), &d.Spec.Template, before(old, func(d *appsv1.DaemonSet) *corev1.PodTemplateSpec { return &d.Spec.Template }))
}

// Job warns about the template of a job.
func Job(j, old *batchv1.Job) []string {
	return templateOf(templatePath(), &j.Spec.Template, before(old, func(j *batchv1.Job) *corev1.PodTemplateSpec { return &j.Spec.Template }))
}

// CronJob warns about the template of the jobs to come.
func CronJob(c, old *batchv1.CronJob) []string {
	path := field.NewPath("spec", "jobTemplate", "spec", "template")
	return templateOf(path, &c.Spec.JobTemplate.Spec.Template,
		before(old, func(c *batchv1.CronJob) *corev1.PodTemplateSpec { return &c.Spec.JobTemplate.Spec.Template }))
}

// PodTemplate warns about a pod template.
func PodTemplate(t, old *corev1.PodTemplate) []string {
	return templateOf(field.NewPath("template"), &t.Template, before(old, func(t *corev1.PodTemplate) *corev1.PodTemplateSpec { return &t.Template }))
}

// ReplicationController warns about the template of a replication controller.
func ReplicationController(r, old *corev1.ReplicationController) []string {
	if r.Spec.Template == nil {
		return nil
	}
	return templateOf(templatePath(), r.Spec.Template, before(old, func(r *corev1.ReplicationController) *corev1.PodTemplateSpec { return r.Spec.Template }))
}
