package downward

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestField(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: "ns", Name: "web", UID: "u-1", Labels: map[string]string{"b": "2", "a": "1"},
			Annotations: map[string]string{"note": "two\nlines"},
		},
		Spec:   corev1.PodSpec{NodeName: "node", ServiceAccountName: "sa"},
		Status: corev1.PodStatus{PodIP: "10.0.0.1", PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "fd00::1"}}, HostIPs: []corev1.HostIP{{IP: "192.0.2.1"}}},
	}
	for path, want := range map[string]string{
		"metadata.name": "web", "metadata.namespace": "ns", "metadata.uid": "u-1", "spec.nodeName": "node", "spec.serviceAccountName": "sa",
		"metadata.labels": "a=\"1\"\nb=\"2\"", "metadata.labels['a']": "1", "metadata.labels['none']": "",
		"metadata.annotations": `note="two\nlines"`, "metadata.annotations['note']": "two\nlines",
		"status.podIP": "10.0.0.1", "status.podIPs": "10.0.0.1,fd00::1", "status.hostIPs": "192.0.2.1",
	} {
		if got, err := Field(pod, path); err != nil || got != want {
			t.Errorf("Field(%s) = %q, %v; want %q", path, got, err, want)
		}
	}
	for _, path := range []string{"spec.containers", "metadata.name['x']", ""} {
		if _, err := Field(pod, path); err == nil {
			t.Errorf("Field(%q) gives no error", path)
		}
	}
}

func TestResourceOfAnUnknownContainerIsAnError(t *testing.T) {
	_, err := Resource(&corev1.Pod{}, "c", &corev1.ResourceFieldSelector{Resource: "limits.cpu"}, nil)
	if err == nil {
		t.Error("no error")
	}
}
