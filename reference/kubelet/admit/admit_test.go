package admit

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func node() *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{"zone": "a"}}, Status: corev1.NodeStatus{Allocatable: corev1.ResourceList{
		corev1.ResourceCPU: resource.MustParse("2"), corev1.ResourceMemory: resource.MustParse("1Gi"), corev1.ResourcePods: resource.MustParse("2"),
	}}}
}

func pod(change func(*corev1.Pod)) *corev1.Pod {
	p := &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c"}}}}
	if change != nil {
		change(p)
	}
	return p
}

func port(number int32, ip string, protocol corev1.Protocol) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Ports = []corev1.ContainerPort{{HostPort: number, HostIP: ip, Protocol: protocol}}
	}
}

func requests(name corev1.ResourceName, amount string) func(*corev1.Pod) {
	return func(p *corev1.Pod) {
		p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{name: resource.MustParse(amount)}
	}
}

func TestCheck(t *testing.T) {
	sysctl := func(name string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Spec.SecurityContext = &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{{Name: name}}}
		}
	}
	for _, tt := range []struct {
		name   string
		pod    *corev1.Pod
		others []*corev1.Pod
		want   string
	}{
		{"nothing asked", pod(nil), nil, ""},
		{"port free", pod(port(80, "", "")), []*corev1.Pod{pod(port(81, "", ""))}, ""},
		{"port taken", pod(port(80, "", "")), []*corev1.Pod{pod(port(80, "127.0.0.1", corev1.ProtocolTCP))}, "NodePorts"},
		{"port of another protocol", pod(port(80, "", corev1.ProtocolUDP)), []*corev1.Pod{pod(port(80, "", ""))}, ""},
		{"port of another address", pod(port(80, "192.0.2.1", "")), []*corev1.Pod{pod(port(80, "127.0.0.1", ""))}, ""},
		{"cpu", pod(requests("cpu", "1500m")), []*corev1.Pod{pod(requests("cpu", "600m"))}, "OutOfcpu"},
		{"memory", pod(requests("memory", "2Gi")), nil, "OutOfmemory"},
		{"just enough", pod(requests("cpu", "1")), []*corev1.Pod{pod(requests("cpu", "1"))}, ""},
		{"too many pods", pod(nil), []*corev1.Pod{pod(nil), pod(nil)}, "OutOfpods"},
		{"a resource that others account for", pod(requests("example.com/x", "5")), nil, ""},
		{"selector", pod(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"zone": "b"} }), nil, "NodeAffinity"},
		{"selector that fits", pod(func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{"zone": "a"} }), nil, ""},
		{"another system", pod(func(p *corev1.Pod) { p.Spec.OS = &corev1.PodOS{Name: corev1.Windows} }), nil, "PodOSNotSupported"},
		{"devices", pod(func(p *corev1.Pod) { p.Spec.ResourceClaims = []corev1.PodResourceClaim{{Name: "gpu"}} }), nil, "UnexpectedAdmissionError"},
		{"safe sysctl", pod(sysctl("net.ipv4.tcp_syncookies")), nil, ""},
		{"unsafe sysctl", pod(sysctl("kernel.msgmax")), nil, "SysctlForbidden"},
		{"unsafe sysctl that is allowed", pod(sysctl("net/core/somaxconn")), nil, ""},
	} {
		got := ""
		if rejection := (Rules{UnsafeSysctls: []string{"net.core.*"}}).Check(tt.pod, tt.others, node()); rejection != nil {
			got = rejection.Reason
		}
		if got != tt.want {
			t.Errorf("%s: %q; want %q", tt.name, got, tt.want)
		}
	}
}
