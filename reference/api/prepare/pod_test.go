package prepare

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestPodStartsPendingWithItsQuality(t *testing.T) {
	amounts := corev1.ResourceList{"cpu": resource.MustParse("1"), "memory": resource.MustParse("1Gi")}
	for _, test := range []struct {
		name      string
		resources corev1.ResourceRequirements
		want      corev1.PodQOSClass
	}{
		{"no resources", corev1.ResourceRequirements{}, corev1.PodQOSBestEffort},
		{"requests", corev1.ResourceRequirements{Requests: amounts}, corev1.PodQOSBurstable},
		{"requests are limits", corev1.ResourceRequirements{Requests: amounts, Limits: amounts}, corev1.PodQOSGuaranteed},
	} {
		t.Run(test.name, func(t *testing.T) {
			pod := &corev1.Pod{
				Spec:   corev1.PodSpec{Containers: []corev1.Container{{Resources: test.resources}}},
				Status: corev1.PodStatus{PodIP: "1.2.3.4", Phase: corev1.PodRunning},
			}
			PodCreate(t.Context(), pod)
			want := corev1.PodStatus{Phase: corev1.PodPending, QOSClass: test.want}
			if diff := cmp.Diff(want, pod.Status); diff != "" {
				t.Errorf("status -want +got:\n%s", diff)
			}
		})
	}
}

func TestPodWithGatesIsNotScheduled(t *testing.T) {
	pod := &corev1.Pod{Spec: corev1.PodSpec{SchedulingGates: []corev1.PodSchedulingGate{{Name: "g"}}}}
	PodCreate(t.Context(), pod)
	if len(pod.Status.Conditions) != 1 || pod.Status.Conditions[0].Reason != "SchedulingGated" || pod.Status.Conditions[0].Status != "False" {
		t.Errorf("conditions: %v", pod.Status.Conditions)
	}
}

func TestPodGracePeriod(t *testing.T) {
	placed := corev1.PodSpec{NodeName: "n", TerminationGracePeriodSeconds: new(int64(7))}
	for _, test := range []struct {
		name string
		pod  corev1.Pod
		ask  *int64
		want int64
	}{
		{"of the pod", corev1.Pod{Spec: placed}, nil, 7},
		{"of the request", corev1.Pod{Spec: placed}, new(int64(3)), 3},
		{"not scheduled", corev1.Pod{Spec: corev1.PodSpec{TerminationGracePeriodSeconds: new(int64(7))}}, new(int64(3)), 0},
		{"succeeded", corev1.Pod{Spec: placed, Status: corev1.PodStatus{Phase: corev1.PodSucceeded}}, nil, 0},
		{"failed", corev1.Pod{Spec: placed, Status: corev1.PodStatus{Phase: corev1.PodFailed}}, new(int64(3)), 0},
		{"negative", corev1.Pod{Spec: corev1.PodSpec{NodeName: "n", TerminationGracePeriodSeconds: new(int64(-1))}}, nil, 1},
	} {
		opts := &metav1.DeleteOptions{GracePeriodSeconds: test.ask}
		if !PodGraceful(&test.pod, opts) || *opts.GracePeriodSeconds != test.want {
			t.Errorf("%s: %d, want %d", test.name, *opts.GracePeriodSeconds, test.want)
		}
	}
}

func TestPodStatusKeepsWhatTheWriterDoesNotKnow(t *testing.T) {
	old := &corev1.Pod{Status: corev1.PodStatus{
		QOSClass: corev1.PodQOSGuaranteed, ObservedGeneration: 5,
		Conditions: []corev1.PodCondition{{Type: "Ready", ObservedGeneration: 4}, {Type: "Gone", ObservedGeneration: 3}},
	}}
	pod := &corev1.Pod{Status: corev1.PodStatus{Conditions: []corev1.PodCondition{{Type: "Ready"}, {Type: "New"}}}}
	PodStatusUpdate(pod, old)
	want := corev1.PodStatus{
		QOSClass: corev1.PodQOSGuaranteed, ObservedGeneration: 5,
		Conditions: []corev1.PodCondition{{Type: "Ready", ObservedGeneration: 4}, {Type: "New"}},
	}
	if diff := cmp.Diff(want, pod.Status); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestMatchLabelKeysBecomeRequirements(t *testing.T) {
	selector := func() *metav1.LabelSelector { return &metav1.LabelSelector{MatchLabels: map[string]string{"app": "a"}} }
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"rev": "2"}},
		Spec: corev1.PodSpec{
			TopologySpreadConstraints: []corev1.TopologySpreadConstraint{{LabelSelector: selector(), MatchLabelKeys: []string{"rev", "absent"}}},
			Affinity: &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
				RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{LabelSelector: selector(), MismatchLabelKeys: []string{"rev"}}},
			}},
		},
	}
	PodCreate(t.Context(), pod)
	want := []metav1.LabelSelectorRequirement{{Key: "rev", Operator: "In", Values: []string{"2"}}}
	if diff := cmp.Diff(want, pod.Spec.TopologySpreadConstraints[0].LabelSelector.MatchExpressions); diff != "" {
		t.Errorf("spread -want +got:\n%s", diff)
	}
	want[0].Operator = "NotIn"
	term := pod.Spec.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution[0]
	if diff := cmp.Diff(want, term.LabelSelector.MatchExpressions); diff != "" {
		t.Errorf("affinity -want +got:\n%s", diff)
	}
}

func TestResizeChangesResourcesOnly(t *testing.T) {
	container := func(name, image, cpu string) corev1.Container {
		return corev1.Container{Name: name, Image: image, Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{"cpu": resource.MustParse(cpu)}}}
	}
	old := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"a": "1"}, ResourceVersion: "1"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{container("x", "i:1", "1"), container("y", "i:1", "1")}},
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{ResourceVersion: "2"},
		Spec:       corev1.PodSpec{NodeName: "n", Containers: []corev1.Container{container("x", "i:2", "3"), container("y", "i:1", "1")}},
	}
	before := old.DeepCopy()
	PodResize(pod, old)
	want := old.DeepCopy()
	want.ResourceVersion = "2"
	want.Spec.Containers[0] = container("x", "i:1", "3")
	if diff := cmp.Diff(want, pod); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if diff := cmp.Diff(before, old); diff != "" {
		t.Errorf("old was changed:\n%s", diff)
	}
}
