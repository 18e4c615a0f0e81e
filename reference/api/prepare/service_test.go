package prepare

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestServiceUpdateKeepsAndDropsAllocations(t *testing.T) {
	cluster := corev1.ServiceInternalTrafficPolicyCluster
	stored := corev1.ServiceSpec{
		Type: corev1.ServiceTypeNodePort, ClusterIP: "10.96.0.5", ClusterIPs: []string{"10.96.0.5"},
		IPFamilies: []corev1.IPFamily{"IPv4"}, InternalTrafficPolicy: &cluster, ExternalTrafficPolicy: "Cluster",
		Ports: []corev1.ServicePort{{Port: 80, Protocol: "TCP", NodePort: 30080}, {Port: 81, Protocol: "TCP", NodePort: 30081}},
	}
	for _, test := range []struct {
		name  string
		write func(*corev1.ServiceSpec)
		want  func(*corev1.ServiceSpec)
	}{
		{"the writer leaves all allocations out", func(s *corev1.ServiceSpec) {
			s.ClusterIP, s.ClusterIPs = "", nil
			s.Ports = []corev1.ServicePort{{Port: 81, Protocol: "TCP"}, {Port: 80, Protocol: "TCP"}, {Port: 82, Protocol: "TCP"}}
		}, func(s *corev1.ServiceSpec) {
			s.Ports = []corev1.ServicePort{{Port: 81, Protocol: "TCP", NodePort: 30081}, {Port: 80, Protocol: "TCP", NodePort: 30080}, {Port: 82, Protocol: "TCP"}}
		}},
		{"another port asks for the node port", func(s *corev1.ServiceSpec) {
			s.Ports = []corev1.ServicePort{{Port: 80, Protocol: "TCP"}, {Port: 82, Protocol: "TCP", NodePort: 30080}}
		}, func(s *corev1.ServiceSpec) {
			s.Ports = []corev1.ServicePort{{Port: 80, Protocol: "TCP"}, {Port: 82, Protocol: "TCP", NodePort: 30080}}
		}},
		{"to ClusterIP", func(s *corev1.ServiceSpec) { s.Type = corev1.ServiceTypeClusterIP }, func(s *corev1.ServiceSpec) {
			s.Type, s.ExternalTrafficPolicy = corev1.ServiceTypeClusterIP, ""
			s.Ports[0].NodePort, s.Ports[1].NodePort = 0, 0
		}},
		{"to ExternalName", func(s *corev1.ServiceSpec) { s.Type, s.ExternalName = corev1.ServiceTypeExternalName, "a.b" }, func(s *corev1.ServiceSpec) {
			s.Type, s.ExternalName, s.ExternalTrafficPolicy = corev1.ServiceTypeExternalName, "a.b", ""
			s.ClusterIP, s.ClusterIPs, s.IPFamilies, s.InternalTrafficPolicy = "", nil, nil, nil
			s.Ports[0].NodePort, s.Ports[1].NodePort = 0, 0
		}},
		{"an old client changes clusterIP", func(s *corev1.ServiceSpec) { s.ClusterIP = "10.96.0.6" }, func(s *corev1.ServiceSpec) {
			s.ClusterIP, s.ClusterIPs = "10.96.0.6", []string{"10.96.0.6"}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			old := &corev1.Service{Spec: *stored.DeepCopy()}
			s, want := old.DeepCopy(), old.DeepCopy()
			test.write(&s.Spec)
			test.want(&want.Spec)
			ServiceUpdate(s, old)
			if diff := cmp.Diff(want, s); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(&stored, &old.Spec); diff != "" {
				t.Errorf("old was changed:\n%s", diff)
			}
		})
	}
}
