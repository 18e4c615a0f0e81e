package apiserver

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func TestPrivilegedContainersAreFoundInEveryKind(t *testing.T) {
	security := &corev1.SecurityContext{Privileged: new(true)}
	pod := corev1.PodSpec{Containers: []corev1.Container{{}, {SecurityContext: security}}}
	template := corev1.PodTemplateSpec{Spec: pod}
	for field, o := range map[string]runtime.Object{
		"spec.containers[1]": &corev1.Pod{Spec: pod},
		"spec.initContainers[0]": &corev1.Pod{Spec: corev1.PodSpec{
			Containers: []corev1.Container{{SecurityContext: &corev1.SecurityContext{Privileged: new(false)}}}, InitContainers: []corev1.Container{{SecurityContext: security}},
		}},
		"spec.ephemeralContainers[0]": &corev1.Pod{Spec: corev1.PodSpec{
			EphemeralContainers: []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{SecurityContext: security}}},
		}},
		"template.spec.containers[1]": &corev1.PodTemplate{Template: template},
		"spec.jobTemplate.spec.template.spec.containers[1]": &batchv1.CronJob{Spec: batchv1.CronJobSpec{
			JobTemplate: batchv1.JobTemplateSpec{Spec: batchv1.JobSpec{Template: template}},
		}},
	} {
		told(t, o, field)
	}
	for _, o := range []runtime.Object{
		&corev1.ReplicationController{Spec: corev1.ReplicationControllerSpec{Template: &template}},
		&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Template: template}},
		&appsv1.ReplicaSet{Spec: appsv1.ReplicaSetSpec{Template: template}},
		&appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Template: template}},
		&appsv1.DaemonSet{Spec: appsv1.DaemonSetSpec{Template: template}},
		&batchv1.Job{Spec: batchv1.JobSpec{Template: template}},
	} {
		told(t, o, "spec.template.spec.containers[1]")
	}
	if errs := privileged(&corev1.ReplicationController{}); len(errs) != 0 {
		t.Errorf("a controller without a template: %v", errs)
	}
	if spec, path := podSpecOf(&corev1.Service{}); spec != nil || path != nil {
		t.Error("a Service has a pod")
	}
}

func told(t *testing.T, o runtime.Object, field string) {
	t.Helper()
	if _, path := podSpecOf(o); path == nil { // the rule is not added to the row
		t.Errorf("%T has no pod", o)
		return
	}
	if errs := privileged(o); len(errs) != 1 || errs[0].Field != field+".securityContext.privileged" {
		t.Errorf("%T: %v, want one at %s", o, errs, field)
	}
}
