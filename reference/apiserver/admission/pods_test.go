package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func class(name string, value int32, isDefault bool) *schedulingv1.PriorityClass {
	return &schedulingv1.PriorityClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Value: value, GlobalDefault: isDefault}
}

func TestPriorityResolvesTheClass(t *testing.T) {
	never := class("never", 5, false)
	never.PreemptionPolicy = new(corev1.PreemptNever)
	lower := corev1.PreemptLowerPriority
	tests := map[string]struct {
		classes []runtime.Object
		spec    corev1.PodSpec
		value   int32
		class   string
		policy  corev1.PreemptionPolicy
		want    string
	}{
		"no class":            {nil, corev1.PodSpec{}, 0, "", lower, ""},
		"default class":       {[]runtime.Object{class("std", 7, true)}, corev1.PodSpec{}, 7, "std", lower, ""},
		"lowest default":      {[]runtime.Object{class("a", 9, true), class("b", 8, true)}, corev1.PodSpec{}, 8, "b", lower, ""},
		"named class":         {[]runtime.Object{class("std", 7, true), never}, corev1.PodSpec{PriorityClassName: "never"}, 5, "never", corev1.PreemptNever, ""},
		"equal number given":  {[]runtime.Object{class("x", 7, false)}, corev1.PodSpec{PriorityClassName: "x", Priority: new(int32(7))}, 7, "x", lower, ""},
		"other number given":  {[]runtime.Object{class("x", 7, false)}, corev1.PodSpec{PriorityClassName: "x", Priority: new(int32(8))}, 0, "", "", "the integer value of priority (8) must not be provided in pod spec; priority admission controller computed 7 from the given PriorityClass name"},
		"other policy given":  {[]runtime.Object{never}, corev1.PodSpec{PriorityClassName: "never", PreemptionPolicy: &lower}, 0, "", "", "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided in pod spec"},
		"unknown class given": {nil, corev1.PodSpec{PriorityClassName: "x"}, 0, "", "", "no PriorityClass with name x was found"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(tt.spec)
			expect(t, start(t, newPriority, nil, tt.classes...).run(t, request{path: "pods", obj: p}), tt.want)
			if tt.want == "" && (*p.Spec.Priority != tt.value || p.Spec.PriorityClassName != tt.class || *p.Spec.PreemptionPolicy != tt.policy) {
				t.Errorf("got %d %q %s", *p.Spec.Priority, p.Spec.PriorityClassName, *p.Spec.PreemptionPolicy)
			}
		})
	}
}

func TestPriorityKeepsItsValueOnUpdate(t *testing.T) {
	old := pod(corev1.PodSpec{Priority: new(int32(3)), PreemptionPolicy: new(corev1.PreemptNever)})
	p := pod(corev1.PodSpec{})
	expect(t, start(t, newPriority, nil).run(t, request{path: "pods", obj: p, old: old}), "")
	if *p.Spec.Priority != 3 || *p.Spec.PreemptionPolicy != corev1.PreemptNever {
		t.Errorf("got %d %s", *p.Spec.Priority, *p.Spec.PreemptionPolicy)
	}
}

func TestOnlyOneDefaultPriorityClass(t *testing.T) {
	b := start(t, newPriority, nil, class("first", 1, true))
	path := "scheduling.k8s.io/priorityclasses"
	expect(t, b.run(t, request{path: path, obj: class("second", 2, true)}), "PriorityClass first is already marked as default. Only one default can exist")
	expect(t, b.run(t, request{path: path, obj: class("second", 2, false)}), "")
	expect(t, b.run(t, request{path: path, obj: class("first", 1, true), old: class("first", 1, false)}), "")
}

func TestDefaultTolerations(t *testing.T) {
	notReady := corev1.Toleration{Key: "node.kubernetes.io/not-ready", Operator: "Exists", Effect: "NoExecute", TolerationSeconds: new(int64(300))}
	unreachable := corev1.Toleration{Key: "node.kubernetes.io/unreachable", Operator: "Exists", Effect: "NoExecute", TolerationSeconds: new(int64(300))}
	own := corev1.Toleration{Key: "node.kubernetes.io/not-ready", Operator: "Exists", Effect: "NoExecute", TolerationSeconds: new(int64(5))}
	all := corev1.Toleration{Operator: "Exists"}
	schedule := corev1.Toleration{Key: "node.kubernetes.io/not-ready", Operator: "Exists", Effect: "NoSchedule"}
	tests := map[string]struct{ have, want []corev1.Toleration }{
		"none":                        {nil, []corev1.Toleration{notReady, unreachable}},
		"own seconds":                 {[]corev1.Toleration{own}, []corev1.Toleration{own, unreachable}},
		"everything":                  {[]corev1.Toleration{all}, []corev1.Toleration{all}},
		"another effect counts not":   {[]corev1.Toleration{schedule}, []corev1.Toleration{schedule, notReady, unreachable}},
		"a second run changes nought": {[]corev1.Toleration{notReady, unreachable}, []corev1.Toleration{notReady, unreachable}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(corev1.PodSpec{Tolerations: tt.have})
			expect(t, start(t, newDefaultTolerationSeconds, nil).run(t, request{path: "pods", obj: p}), "")
			if diff := cmp.Diff(tt.want, p.Spec.Tolerations); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewNodeIsTainted(t *testing.T) {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	b := start(t, newTaintNodesByCondition, nil)
	for range 2 {
		expect(t, b.run(t, request{path: "nodes", obj: n}), "")
	}
	if len(n.Spec.Taints) != 1 || n.Spec.Taints[0].Key != "node.kubernetes.io/not-ready" || n.Spec.Taints[0].Effect != "NoSchedule" {
		t.Errorf("taints %v", n.Spec.Taints)
	}
	old := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n"}}
	expect(t, b.run(t, request{path: "nodes", obj: old, old: old}), "")
	if len(old.Spec.Taints) != 0 {
		t.Error("an update was tainted")
	}
}

func TestRuntimeClass(t *testing.T) {
	kata := &nodev1.RuntimeClass{
		ObjectMeta: metav1.ObjectMeta{Name: "kata"}, Handler: "kata", Overhead: &nodev1.Overhead{PodFixed: list("cpu", "250m")},
		Scheduling: &nodev1.Scheduling{NodeSelector: map[string]string{"vm": "yes"}, Tolerations: []corev1.Toleration{{Key: "vm"}}},
	}
	plain := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "plain"}, Handler: "runc"}
	tests := map[string]struct {
		spec corev1.PodSpec
		want string
	}{
		"no class":                  {corev1.PodSpec{}, ""},
		"class":                     {corev1.PodSpec{RuntimeClassName: new("kata")}, ""},
		"class without overhead":    {corev1.PodSpec{RuntimeClassName: new("plain")}, ""},
		"unknown class":             {corev1.PodSpec{RuntimeClassName: new("x")}, `pods "p" is forbidden: pod rejected: RuntimeClass "x" not found`},
		"right overhead":            {corev1.PodSpec{RuntimeClassName: new("kata"), Overhead: list("cpu", "0.25")}, ""},
		"wrong overhead":            {corev1.PodSpec{RuntimeClassName: new("kata"), Overhead: list("cpu", "1")}, "Pod's Overhead doesn't match RuntimeClass's defined Overhead"},
		"overhead without class":    {corev1.PodSpec{Overhead: list("cpu", "1")}, "Pod Overhead set without corresponding RuntimeClass defined Overhead"},
		"overhead of a plain class": {corev1.PodSpec{RuntimeClassName: new("plain"), Overhead: list("cpu", "1")}, "Pod Overhead set without corresponding RuntimeClass defined Overhead"},
		"another node selector":     {corev1.PodSpec{RuntimeClassName: new("kata"), NodeSelector: map[string]string{"vm": "no"}}, "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(tt.spec)
			expect(t, start(t, newRuntimeClass, nil, kata, plain).run(t, request{path: "pods", obj: p}), tt.want)
			if tt.want == "" && tt.spec.RuntimeClassName != nil && *tt.spec.RuntimeClassName == "kata" {
				if p.Spec.NodeSelector["vm"] != "yes" || len(p.Spec.Tolerations) != 1 || p.Spec.Overhead.Cpu().MilliValue() != 250 {
					t.Errorf("got %v", p.Spec)
				}
			}
		})
	}
}

func TestZoneAndRegionReachTheBinding(t *testing.T) {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n", Labels: map[string]string{"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r", "other": "x"}}}
	b := start(t, newPodTopologyLabels, nil, n)
	want := map[string]string{"topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r"}
	binding := &corev1.Binding{ObjectMeta: meta("blue", "p"), Target: corev1.ObjectReference{Kind: "Node", Name: "n"}}
	expect(t, b.run(t, request{path: "pods/binding", obj: binding}), "")
	if diff := cmp.Diff(want, binding.Labels); diff != "" {
		t.Error(diff)
	}
	p := pod(corev1.PodSpec{NodeName: "n"})
	expect(t, b.run(t, request{path: "pods", obj: p}), "")
	if diff := cmp.Diff(want, p.Labels); diff != "" {
		t.Error(diff)
	}
	expect(t, b.run(t, request{path: "pods", obj: pod(corev1.PodSpec{NodeName: "gone"})}), "")
}

func TestResizeFitsTheNode(t *testing.T) {
	node := func(name, os string) *corev1.Node {
		return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"kubernetes.io/os": os}}, Status: corev1.NodeStatus{Allocatable: list("cpu", "2", "memory", "1Gi")}}
	}
	b := start(t, newPodResizeValidator, nil, node("n", "linux"), node("w", "windows"))
	with := func(node, cpu, memory string) *corev1.Pod {
		return pod(corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Requests: list("cpu", cpu, "memory", memory)}}}})
	}
	tests := map[string]struct {
		pod, old *corev1.Pod
		want     string
	}{
		"fits":            {with("n", "2", "1Gi"), with("n", "1", "1Gi"), ""},
		"too much cpu":    {with("n", "3", "1Gi"), with("n", "1", "1Gi"), `node "n" can never give this pod 3 of cpu: allocatable is 2`},
		"too much memory": {with("n", "1", "2Gi"), with("n", "1", "1Gi"), "2Gi of memory"},
		"not bound":       {with("", "9", "1Gi"), with("", "1", "1Gi"), ""},
		"unchanged":       {with("n", "9", "1Gi"), with("n", "9", "1Gi"), ""},
		"no such node":    {with("x", "2", "1Gi"), with("x", "1", "1Gi"), `nodes "x" not found`},
		"windows":         {with("w", "2", "1Gi"), with("w", "1", "1Gi"), "only supported on Linux"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			expect(t, b.run(t, request{path: "pods/resize", obj: tt.pod, old: tt.old}), tt.want)
		})
	}
}

func TestPodSecurityHoldsPodsToTheNamespaceLabels(t *testing.T) {
	ns := func(name string, labels map[string]string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}
	}
	privileged := func(namespace string) *corev1.Pod {
		p := pod(corev1.PodSpec{Containers: []corev1.Container{{Name: "c", SecurityContext: &corev1.SecurityContext{Privileged: new(true)}}}})
		p.Namespace = namespace
		return p
	}
	b := start(t, newPodSecurity, nil, ns("open", nil), ns("base", map[string]string{"pod-security.kubernetes.io/enforce": "baseline"}),
		ns("warned", map[string]string{"pod-security.kubernetes.io/warn": "baseline"}))
	expect(t, b.run(t, request{path: "pods", obj: privileged("open")}), "")
	expect(t, b.run(t, request{path: "pods", obj: privileged("base")}),
		`pods "p" is forbidden: violates PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)`)
	plain := pod(corev1.PodSpec{})
	plain.Namespace = "base"
	expect(t, b.run(t, request{path: "pods", obj: plain}), "")
	expect(t, b.run(t, request{path: "pods", obj: privileged("warned")}), "")
	if len(b.warnings) != 1 || b.warnings[0] != `would violate PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)` {
		t.Errorf("warnings %q", b.warnings)
	}
	expect(t, b.run(t, request{path: "namespaces", obj: ns("bad", map[string]string{"pod-security.kubernetes.io/enforce": "magic"})}), "must be one of privileged, baseline, restricted")
}

func TestAlwaysPullImages(t *testing.T) {
	p := pod(corev1.PodSpec{InitContainers: []corev1.Container{{ImagePullPolicy: corev1.PullNever}}})
	expect(t, start(t, newAlwaysPullImages, nil).run(t, request{path: "pods", obj: p}), "")
	if p.Spec.Containers[0].ImagePullPolicy != corev1.PullAlways || p.Spec.InitContainers[0].ImagePullPolicy != corev1.PullAlways {
		t.Errorf("got %v", p.Spec)
	}
}

func TestAlwaysDeny(t *testing.T) {
	expect(t, start(t, newAlwaysDeny, nil).run(t, request{path: "pods", obj: pod(corev1.PodSpec{})}), "admission control is denying all modifications")
}

func TestExternalIPsCanBeDenied(t *testing.T) {
	svc := func(ips ...string) *corev1.Service {
		return &corev1.Service{ObjectMeta: meta("blue", "s"), Spec: corev1.ServiceSpec{ExternalIPs: ips}}
	}
	b := start(t, newDenyServiceExternalIPs, nil)
	expect(t, b.run(t, request{path: "services", obj: svc()}), "")
	expect(t, b.run(t, request{path: "services", obj: svc("192.0.2.1")}), "Use of external IPs is denied by admission control")
	expect(t, b.run(t, request{path: "services", obj: svc("192.0.2.1"), old: svc("192.0.2.1", "192.0.2.2")}), "")
}

// list makes a resource list of names and quantities.
func list(pairs ...string) corev1.ResourceList {
	out := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		out[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return out
}
