package admission

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestMissingNamespaceIsRefused(t *testing.T) {
	b := start(t, newNamespaceExists, nil, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "blue"}})
	elsewhere := pod(corev1.PodSpec{})
	elsewhere.Namespace = "green"
	expect(t, b.run(t, request{path: "pods", obj: pod(corev1.PodSpec{})}), "")
	expect(t, b.run(t, request{path: "pods", obj: elsewhere}), `namespaces "green" not found`)
	expect(t, b.run(t, request{path: "pods", obj: elsewhere, old: elsewhere}), `namespaces "green" not found`)
	expect(t, b.run(t, request{path: "nodes", obj: &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}}), "")
}

func TestMissingNamespaceIsCreated(t *testing.T) {
	b := start(t, newNamespaceAutoProvision, nil, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "blue"}})
	tests := map[string]struct {
		namespace string
		change    func(*request)
		exists    bool
	}{
		"created":   {"green", func(*request) {}, true},
		"again":     {"green", func(*request) {}, true},
		"there":     {"blue", func(*request) {}, true},
		"dry run":   {"dry", func(r *request) { r.dryRun = true }, false},
		"an update": {"updated", func(r *request) { r.old = r.obj }, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(corev1.PodSpec{})
			p.Namespace = tt.namespace
			r := request{path: "pods", obj: p}
			tt.change(&r)
			expect(t, b.run(t, r), "")
			if _, err := b.client.CoreV1().Namespaces().Get(t.Context(), tt.namespace, metav1.GetOptions{}); (err == nil) != tt.exists {
				t.Errorf("namespace %q: %v", tt.namespace, err)
			}
		})
	}
}
