package pods

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/api/scheme"
)

func budget(f func(*policyv1.PodDisruptionBudget)) *policyv1.PodDisruptionBudget {
	b := &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "b", Generation: 1},
		Status:     policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1, DisruptionsAllowed: 2, CurrentHealthy: 3, DesiredHealthy: 1},
	}
	f(b)
	return b
}

func TestBudgetAllowsOrSaysWhyNot(t *testing.T) {
	for want, b := range map[string]*policyv1.PodDisruptionBudget{
		"":                           budget(func(*policyv1.PodDisruptionBudget) {}),
		"violate":                    budget(func(b *policyv1.PodDisruptionBudget) { b.Status.DisruptionsAllowed = 0 }),
		"Cannot evict":               budget(func(b *policyv1.PodDisruptionBudget) { b.Generation = 2 }),
		"disruptions allowed is neg": budget(func(b *policyv1.PodDisruptionBudget) { b.Status.DisruptionsAllowed = -1 }),
	} {
		err := take(b, "p")
		switch {
		case want == "" && (err != nil || b.Status.DisruptionsAllowed != 1 || len(b.Status.DisruptedPods) != 1):
			t.Errorf("allowed eviction: %v, %v", err, b.Status)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func TestUnreadyPodsAreEvictedByPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		budget *policyv1.PodDisruptionBudget
		want   bool
	}{
		"healthy application":   {budget(func(*policyv1.PodDisruptionBudget) {}), true},
		"disrupted application": {budget(func(b *policyv1.PodDisruptionBudget) { b.Status.CurrentHealthy = 0 }), false},
		"always allow": {budget(func(b *policyv1.PodDisruptionBudget) {
			b.Status.CurrentHealthy = 0
			b.Spec.UnhealthyPodEvictionPolicy = new(policyv1.AlwaysAllow)
		}), true},
	} {
		if got := mayEvictUnready(c.budget); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func limited(cpu, memory string) *corev1.Pod {
	list := corev1.ResourceList{corev1.ResourceCPU: resource.MustParse(cpu), corev1.ResourceMemory: resource.MustParse(memory)}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "default", ResourceVersion: "1"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "i", Resources: corev1.ResourceRequirements{Requests: list, Limits: list}}}},
	}
	scheme.Scheme.Default(pod)
	return pod
}

func TestResizeChangesCPUAndMemoryOnly(t *testing.T) {
	old := limited("1", "1Gi")
	change := func(f func(*corev1.Container)) *corev1.Pod {
		p := limited("2", "1Gi")
		f(&p.Spec.Containers[0])
		return p
	}
	for want, p := range map[string]*corev1.Pod{
		"": change(func(*corev1.Container) {}),
		"QOS": change(func(c *corev1.Container) {
			c.Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1"), corev1.ResourceMemory: resource.MustParse("1Gi")}
		}),
		"removed":  change(func(c *corev1.Container) { delete(c.Resources.Limits, corev1.ResourceMemory) }),
		"only cpu": change(func(c *corev1.Container) { c.Resources.Limits["example.com/x"] = resource.MustParse("1") }),
		"renamed":  change(func(c *corev1.Container) { c.Name = "d" }),
		"mutable":  change(func(c *corev1.Container) { c.ResizePolicy = []corev1.ContainerResizePolicy{{ResourceName: "cpu"}} }),
	} {
		errs := validateResize(p, old)
		switch {
		case want == "" && len(errs) > 0:
			t.Errorf("allowed resize: %v", errs)
		case want != "" && !strings.Contains(errs.ToAggregate().Error(), want):
			t.Errorf("want %q, got %v", want, errs)
		}
	}
}

func TestContainerOfARequest(t *testing.T) {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}, Spec: corev1.PodSpec{
		InitContainers: []corev1.Container{{Name: "i"}}, Containers: []corev1.Container{{Name: "a"}, {Name: "b"}},
	}}
	if _, err := containerOf(p, ""); err == nil || !strings.Contains(err.Error(), "choose one of: [i a b]") {
		t.Errorf("no container of two: %v", err)
	}
	for _, name := range []string{"a", "i"} {
		if got, err := containerOf(p, name); err != nil || got != name {
			t.Errorf("container %q: %q, %v", name, got, err)
		}
	}
	p.Spec.Containers = p.Spec.Containers[:1]
	if got, err := containerOf(p, ""); err != nil || got != "a" {
		t.Errorf("the only container: %q, %v", got, err)
	}
}
