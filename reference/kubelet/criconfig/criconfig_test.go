package criconfig

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/env"
)

func list(cpu, memory string) corev1.ResourceList {
	out := corev1.ResourceList{}
	if cpu != "" {
		out[corev1.ResourceCPU] = resource.MustParse(cpu)
	}
	if memory != "" {
		out[corev1.ResourceMemory] = resource.MustParse(memory)
	}
	return out
}

func TestResources(t *testing.T) {
	for _, tt := range []struct {
		requests, limits      corev1.ResourceList
		shares, quota, memory int64
	}{
		{nil, nil, 2, 0, 0},
		{list("500m", ""), nil, 512, 0, 0},
		{nil, list("2", "64Mi"), 2048, 200_000, 64 << 20},
		{list("100m", ""), list("5m", ""), 102, minQuota, 0},
		{list("1m", ""), list("1m", ""), 2, minQuota, 0},
		{list("1000", ""), nil, maxShares, 0, 0},
	} {
		got := Resources(tt.requests, tt.limits)
		if got.CpuShares != tt.shares || got.CpuQuota != tt.quota || got.MemoryLimitInBytes != tt.memory {
			t.Errorf("Resources(%v, %v) = %v; want %d, %d, %d", tt.requests, tt.limits, got, tt.shares, tt.quota, tt.memory)
		}
	}
	huge := Resources(nil, corev1.ResourceList{"hugepages-2Mi": resource.MustParse("4Mi")}).HugepageLimits
	if len(huge) != 1 || huge[0].PageSize != "2MB" || huge[0].Limit != 4<<20 {
		t.Errorf("huge pages = %v", huge)
	}
}

// https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/#node-out-of-memory-behavior
func TestOOMScore(t *testing.T) {
	const node = 4 << 30
	container := &corev1.Container{Resources: corev1.ResourceRequirements{Requests: list("", "1Gi")}}
	for _, tt := range []struct {
		class    corev1.PodQOSClass
		priority int32
		want     int64
	}{
		{corev1.PodQOSGuaranteed, 0, -997}, {corev1.PodQOSBestEffort, 0, 1000}, {corev1.PodQOSBurstable, 0, 750}, {corev1.PodQOSBestEffort, nodeCriticalPriority, -997},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{Priority: &tt.priority}, Status: corev1.PodStatus{QOSClass: tt.class}}
		if got := OOMScore(pod, container, node); got != tt.want {
			t.Errorf("%s, priority %d: %d; want %d", tt.class, tt.priority, got, tt.want)
		}
	}
	tiny := &corev1.Container{Resources: corev1.ResourceRequirements{Requests: list("", "1")}}
	if got := OOMScore(&corev1.Pod{Status: corev1.PodStatus{QOSClass: corev1.PodQOSBurstable}}, tiny, node); got != 999 {
		t.Errorf("burstable with a tiny request: %d; want less than best effort", got)
	}
}

func TestCheckNonRoot(t *testing.T) {
	for _, tt := range []struct {
		name  string
		user  *int64
		image ImageUser
		want  string
	}{
		{"a user that is not root", new(int64(1)), ImageUser{}, ""},
		{"root by the pod", new(int64(0)), ImageUser{UID: new(int64(5))}, "container's runAsUser breaks non-root policy"},
		{"root by the image", nil, ImageUser{UID: new(int64(0))}, "container has runAsNonRoot and image will run as root"},
		{"the image says nothing", nil, ImageUser{}, "container has runAsNonRoot and image will run as root"},
		{"the image says a name", nil, ImageUser{Name: "app"}, "image has non-numeric user (app), cannot verify user is non-root"},
		{"the image says a number", nil, ImageUser{UID: new(int64(5))}, ""},
	} {
		container := &corev1.Container{Name: "c", SecurityContext: &corev1.SecurityContext{RunAsNonRoot: new(true), RunAsUser: tt.user}}
		err := CheckNonRoot(&corev1.Pod{}, container, tt.image)
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s: %v; want %q", tt.name, err, tt.want)
		}
	}
}

func TestContainerConfig(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "pod", UID: "u"}, Spec: corev1.PodSpec{
		TerminationGracePeriodSeconds: new(int64(7)),
		SecurityContext:               &corev1.PodSecurityContext{RunAsUser: new(int64(1000)), FSGroup: new(int64(3000)), SupplementalGroups: []int64{4000}},
	}}
	container := &corev1.Container{
		Name: "c", Image: "app:1", Command: []string{"run", "$(A)", "$$(A)"}, Args: []string{"$(NONE)"},
		SecurityContext: &corev1.SecurityContext{
			Capabilities: &corev1.Capabilities{Add: []corev1.Capability{"NET_ADMIN"}}, AllowPrivilegeEscalation: new(false),
			SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: new("p.json")},
		},
		Resources: corev1.ResourceRequirements{Limits: list("", "64Mi")},
	}
	config := Container{
		Attempt: 2, ImageRef: "sha256:x", Env: []env.Var{{Name: "A", Value: "1"}}, TargetID: "other", CgroupV2: true,
		Profiles: Profiles{SeccompDir: "/seccomp"},
	}.Config(pod, container)
	if got := strings.Join(append(config.Command, config.Args...), " "); got != "run 1 $(A) $(NONE)" {
		t.Errorf("command = %q", got)
	}
	security := config.Linux.SecurityContext
	if security.RunAsUser.Value != 1000 || !security.NoNewPrivs || len(security.SupplementalGroups) != 2 || len(security.MaskedPaths) == 0 ||
		security.Seccomp.LocalhostRef != "/seccomp/p.json" || security.Capabilities.AddCapabilities[0] != "NET_ADMIN" {
		t.Errorf("security = %+v", security)
	}
	if o := security.NamespaceOptions; o.Pid != runtimeapi.NamespaceMode_TARGET || o.TargetId != "other" {
		t.Errorf("namespaces = %+v", o)
	}
	if config.LogPath != "c/2.log" || config.Linux.Resources.Unified["memory.oom.group"] != "1" || config.Annotations["io.kubernetes.pod.terminationGracePeriod"] != "7" {
		t.Errorf("config = %+v", config)
	}
	container.SecurityContext = &corev1.SecurityContext{Privileged: new(true)}
	if security := (Container{}).Config(pod, container).Linux.SecurityContext; !security.Privileged || len(security.MaskedPaths) != 0 {
		t.Errorf("privileged: %+v", security)
	}
}

func TestHashFollowsTheImageOnly(t *testing.T) {
	a, b := &corev1.Container{Name: "c", Image: "app:1"}, &corev1.Container{Name: "c", Image: "app:1", Env: []corev1.EnvVar{{Name: "X"}}}
	if Hash(a) != Hash(b) {
		t.Error("the hash follows a field that cannot change")
	}
	b.Image = "app:2"
	if Hash(a) == Hash(b) {
		t.Error("the hash does not follow the image")
	}
}

func TestSandboxConfig(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "pod", UID: "u", Labels: map[string]string{"app": "x"}},
		Spec: corev1.PodSpec{
			ShareProcessNamespace: new(true), HostIPC: true,
			SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{{Name: "net/core/somaxconn", Value: "1"}}},
			Containers:      []corev1.Container{{Ports: []corev1.ContainerPort{{ContainerPort: 80, HostPort: 8080, Protocol: corev1.ProtocolUDP}, {ContainerPort: 81}}}},
		},
	}
	config := Sandbox{Hostname: "pod", CgroupParent: "/parent", Source: "api"}.Config(pod)
	if config.Labels["io.kubernetes.pod.uid"] != "u" || config.Labels["app"] != "x" || config.Linux.CgroupParent != "/parent" || config.Linux.Sysctls["net.core.somaxconn"] != "1" {
		t.Errorf("config = %+v", config)
	}
	if len(config.PortMappings) != 1 || config.PortMappings[0].Protocol != runtimeapi.Protocol_UDP || config.PortMappings[0].HostPort != 8080 {
		t.Errorf("ports = %v", config.PortMappings)
	}
	if o := config.Linux.SecurityContext.NamespaceOptions; o.Pid != runtimeapi.NamespaceMode_POD || o.Ipc != runtimeapi.NamespaceMode_NODE || o.Network != runtimeapi.NamespaceMode_POD {
		t.Errorf("namespaces = %v", o)
	}
	pod.Spec.HostNetwork = true
	if config := (Sandbox{Hostname: "pod"}).Config(pod); config.Hostname != "" || config.PortMappings != nil {
		t.Errorf("host network: %+v", config)
	}
}
