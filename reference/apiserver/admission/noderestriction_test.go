package admission

import (
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

func TestKubeletWritesAboutItselfOnly(t *testing.T) {
	on := func(node, uid string) *corev1.Pod {
		p := pod(corev1.PodSpec{NodeName: node})
		p.Name, p.UID = "on-"+node, types.UID(uid)
		if uid != "" {
			p.Spec.Volumes = []corev1.Volume{{VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
				Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{}}},
			}}}}
		}
		return p
	}
	mirror := func(change func(*corev1.Pod)) *corev1.Pod {
		p := on("n1", "")
		p.Annotations = map[string]string{"kubernetes.io/config.mirror": "x"}
		p.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "Node", Name: "n1", UID: "node", Controller: new(true)}}
		if change != nil {
			change(p)
		}
		return p
	}
	node := func(name string, labels map[string]string, taints ...corev1.Taint) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Spec: corev1.NodeSpec{Taints: taints}}
	}
	token := func(pod, uid string) *authenticationv1.TokenRequest {
		return &authenticationv1.TokenRequest{ObjectMeta: meta("blue", "default"), Spec: authenticationv1.TokenRequestSpec{
			BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod, UID: types.UID(uid)},
		}}
	}
	labels := func(key string) map[string]string { return map[string]string{key: "x"} }
	relabelled := on("n1", "1")
	relabelled.Labels = labels("a")
	tests := map[string]struct {
		path string
		obj  runtime.Object
		old  runtime.Object
		want string
	}{
		"mirror pod":                 {"pods", mirror(nil), nil, ""},
		"mirror pod of nobody":       {"pods", mirror(func(p *corev1.Pod) { p.OwnerReferences = nil }), nil, "an owner reference set to itself"},
		"mirror pod of an old node":  {"pods", mirror(func(p *corev1.Pod) { p.OwnerReferences[0].UID = "old" }), nil, "node n1 UID mismatch: expected old got node"},
		"any pod":                    {"pods", on("n1", ""), nil, "can only create mirror pods"},
		"mirror pod elsewhere":       {"pods", mirror(func(p *corev1.Pod) { p.Spec.NodeName = "n2" }), nil, `node "n1" can only create pods with spec.nodeName set to itself`},
		"mirror pod with an account": {"pods", mirror(func(p *corev1.Pod) { p.Spec.ServiceAccountName = "x" }), nil, "can not create pods that reference serviceaccounts"},
		"mirror pod with a secret": {"pods", mirror(func(p *corev1.Pod) {
			p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{}}}
		}), nil, "reference secrets"},
		"mirror pod with a configmap": {"pods", mirror(func(p *corev1.Pod) {
			p.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{}}}
		}), nil, "reference configmaps"},
		"own pod's status":                {"pods/status", on("n1", "1"), on("n1", "1"), ""},
		"another pod's status":            {"pods/status", on("n2", "2"), on("n2", "2"), "can only update pod status for pods with spec.nodeName set to itself"},
		"labels by status":                {"pods/status", relabelled, on("n1", "1"), "cannot update labels through pod status"},
		"own pod's spec":                  {"pods", on("n1", "1"), on("n1", "1"), "can only update pod status"},
		"own pod's log":                   {"pods/log", on("n1", "1"), nil, `unexpected pod subresource "log"`},
		"evict own pod":                   {"pods/eviction", &policyv1.Eviction{ObjectMeta: meta("blue", "on-n1")}, nil, ""},
		"evict another pod":               {"pods/eviction", &policyv1.Eviction{ObjectMeta: meta("blue", "on-n2")}, nil, "can only evict pods with spec.nodeName set to itself"},
		"register":                        {"nodes", node("n1", labels("kubernetes.io/hostname")), nil, ""},
		"register another":                {"nodes", node("n2", nil), nil, `node "n1" is not allowed to modify node "n2"`},
		"own status":                      {"nodes/status", node("n1", nil), node("n1", nil), ""},
		"taint itself":                    {"nodes", node("n1", nil, corev1.Taint{Key: "a"}), node("n1", nil), "is not allowed to modify taints"},
		"own label":                       {"nodes", node("n1", labels("example.com/a")), node("n1", nil), ""},
		"label of the kubelet":            {"nodes", node("n1", labels("node.kubernetes.io/a")), node("n1", nil), ""},
		"restricted label":                {"nodes", node("n1", labels("node-restriction.kubernetes.io/a")), node("n1", nil), "is not allowed to modify labels: node-restriction.kubernetes.io/a"},
		"role label":                      {"nodes", node("n1", labels("node-role.kubernetes.io/x")), nil, `node "n1" is not allowed to set the following labels: node-role.kubernetes.io/x`},
		"restricted label stays":          {"nodes", node("n1", labels("node-role.kubernetes.io/x")), node("n1", labels("node-role.kubernetes.io/x")), ""},
		"token for its pod":               {"serviceaccounts/token", token("on-n1", "1"), nil, ""},
		"token for another":               {"serviceaccounts/token", token("on-n2", "2"), nil, "node requested token bound to a pod scheduled on a different node"},
		"token for an earlier pod":        {"serviceaccounts/token", token("on-n1", "0"), nil, "does not match the UID in record"},
		"token without UID":               {"serviceaccounts/token", token("on-n1", ""), nil, "node requested token with a pod binding without a uid"},
		"token without a pod":             {"serviceaccounts/token", &authenticationv1.TokenRequest{ObjectMeta: meta("blue", "default")}, nil, "node requested token not bound to a pod"},
		"own lease":                       {"coordination.k8s.io/leases", &coordinationv1.Lease{ObjectMeta: meta("kube-node-lease", "n1")}, nil, ""},
		"another's lease":                 {"coordination.k8s.io/leases", &coordinationv1.Lease{ObjectMeta: meta("kube-node-lease", "n2")}, nil, "can only access node lease with the same name as the requesting node"},
		"a lease in another namespace":    {"coordination.k8s.io/leases", &coordinationv1.Lease{ObjectMeta: meta("blue", "n1")}, nil, `can only access leases in the "kube-node-lease" system namespace`},
		"what is of no concern to a node": {"services", &corev1.Service{ObjectMeta: meta("blue", "s")}, nil, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			own := node("n1", nil)
			own.UID = "node"
			b := start(t, newNodeRestriction, nil, on("n1", "1"), on("n2", "2"), own)
			expect(t, b.run(t, request{path: tt.path, obj: tt.obj, old: tt.old, user: "system:node:n1", groups: []string{"system:nodes"}}), tt.want)
			expect(t, b.run(t, request{path: tt.path, obj: tt.obj, old: tt.old, user: "jane"}), "")
		})
	}
}
