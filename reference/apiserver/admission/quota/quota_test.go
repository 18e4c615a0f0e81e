package quota_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	apiquota "k8s.io/apiserver/pkg/quota/v1"
	"k8s.io/apiserver/pkg/quota/v1/generic"

	"github.com/seatrial/seatrial/reference/apiserver/admission/quota"
)

func list(pairs ...string) corev1.ResourceList {
	out := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		out[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return out
}

func text(l corev1.ResourceList) map[string]string {
	out := map[string]string{}
	for k, v := range l {
		out[string(k)] = v.String()
	}
	return out
}

func evaluator(t *testing.T, resource string) apiquota.Evaluator {
	t.Helper()
	e := generic.NewRegistry(quota.Configuration(nil).Evaluators()).Get(schema.GroupResource{Resource: resource})
	if e == nil {
		t.Fatalf("no evaluator for %s", resource)
	}
	return e
}

func pod(requests, limits corev1.ResourceList) *corev1.Pod {
	return &corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Resources: corev1.ResourceRequirements{Requests: requests, Limits: limits}}}}}
}

func TestUsage(t *testing.T) {
	done := pod(list("cpu", "1"), nil)
	done.Status.Phase = corev1.PodSucceeded
	fast := "fast"
	tests := map[string]struct {
		resource string
		obj      runtime.Object
		want     map[string]string
	}{
		"pod": {"pods", pod(list("cpu", "1", "memory", "1Gi", "example.com/gpu", "2"), list("cpu", "2", "example.com/gpu", "2")), map[string]string{
			"pods": "1", "count/pods": "1", "cpu": "1", "requests.cpu": "1", "memory": "1Gi", "requests.memory": "1Gi", "limits.cpu": "2", "requests.example.com/gpu": "2",
		}},
		"finished pod":  {"pods", done, map[string]string{"count/pods": "1"}},
		"service":       {"services", &corev1.Service{}, map[string]string{"services": "1", "count/services": "1", "services.nodeports": "0", "services.loadbalancers": "0"}},
		"node port":     {"services", &corev1.Service{Spec: corev1.ServiceSpec{Type: "NodePort", Ports: make([]corev1.ServicePort, 2)}}, map[string]string{"services": "1", "count/services": "1", "services.nodeports": "2", "services.loadbalancers": "0"}},
		"load balancer": {"services", &corev1.Service{Spec: corev1.ServiceSpec{Type: "LoadBalancer", Ports: make([]corev1.ServicePort, 1)}}, map[string]string{"services": "1", "count/services": "1", "services.nodeports": "1", "services.loadbalancers": "1"}},
		"claim": {"persistentvolumeclaims", &corev1.PersistentVolumeClaim{Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: &fast, Resources: corev1.VolumeResourceRequirements{Requests: list("storage", "3Gi")}}}, map[string]string{
			"persistentvolumeclaims": "1", "count/persistentvolumeclaims": "1", "requests.storage": "3Gi",
			"fast.storageclass.storage.k8s.io/persistentvolumeclaims": "1", "fast.storageclass.storage.k8s.io/requests.storage": "3Gi",
		}},
		"secret": {"secrets", &corev1.Secret{}, map[string]string{"secrets": "1", "count/secrets": "1"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := evaluator(t, tt.resource)
			used, err := e.Usage(tt.obj)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, text(used)); diff != "" {
				t.Error(diff)
			}
			names := slices.Collect(maps.Keys(used))
			if got := e.MatchingResources(names); len(got) != len(names) {
				t.Errorf("of its own resources %v it matches %v", names, got)
			}
		})
	}
}

func TestScopes(t *testing.T) {
	best, burst := pod(nil, nil), pod(list("cpu", "1"), nil)
	deadline := pod(nil, nil)
	deadline.Spec.ActiveDeadlineSeconds = new(int64(5))
	important := pod(nil, nil)
	important.Spec.PriorityClassName = "high"
	spread := pod(nil, nil)
	spread.Spec.Affinity = &corev1.Affinity{PodAffinity: &corev1.PodAffinity{RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{Namespaces: []string{"x"}}}}}
	high := corev1.ScopedResourceSelectorRequirement{ScopeName: corev1.ResourceQuotaScopePriorityClass, Operator: corev1.ScopeSelectorOpIn, Values: []string{"high"}}
	notHigh := high
	notHigh.Operator = corev1.ScopeSelectorOpNotIn
	exists := func(s corev1.ResourceQuotaScope) corev1.ScopedResourceSelectorRequirement {
		return corev1.ScopedResourceSelectorRequirement{ScopeName: s, Operator: corev1.ScopeSelectorOpExists}
	}
	tests := map[string]struct {
		scope   corev1.ScopedResourceSelectorRequirement
		in, out *corev1.Pod
	}{
		"BestEffort":                {exists(corev1.ResourceQuotaScopeBestEffort), best, burst},
		"NotBestEffort":             {exists(corev1.ResourceQuotaScopeNotBestEffort), burst, best},
		"Terminating":               {exists(corev1.ResourceQuotaScopeTerminating), deadline, best},
		"NotTerminating":            {exists(corev1.ResourceQuotaScopeNotTerminating), best, deadline},
		"PriorityClass In":          {high, important, best},
		"PriorityClass NotIn":       {notHigh, best, important},
		"PriorityClass":             {exists(corev1.ResourceQuotaScopePriorityClass), important, best},
		"CrossNamespacePodAffinity": {exists(corev1.ResourceQuotaScopeCrossNamespacePodAffinity), spread, best},
	}
	e := evaluator(t, "pods")
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			q := &corev1.ResourceQuota{
				Spec:   corev1.ResourceQuotaSpec{ScopeSelector: &corev1.ScopeSelector{MatchExpressions: []corev1.ScopedResourceSelectorRequirement{tt.scope}}},
				Status: corev1.ResourceQuotaStatus{Hard: list("pods", "1")},
			}
			if ok, err := e.Matches(q, tt.in); err != nil || !ok {
				t.Errorf("in scope: got %v %v", ok, err)
			}
			if ok, err := e.Matches(q, tt.out); err != nil || ok {
				t.Errorf("out of scope: got %v %v", ok, err)
			}
		})
	}
}

func TestPodMustSayWhatIsCounted(t *testing.T) {
	e := evaluator(t, "pods")
	required := []corev1.ResourceName{"limits.cpu", "requests.memory", "pods"}
	err := e.Constraints(required, pod(list("memory", "1Gi"), nil))
	if err == nil || err.Error() != "must specify limits.cpu for: c" {
		t.Errorf("got %v", err)
	}
	if err := e.Constraints(required, pod(list("memory", "1Gi"), list("cpu", "1"))); err != nil {
		t.Error(err)
	}
}

func TestUsageStatsSumsAListedNamespace(t *testing.T) {
	config := quota.Configuration(func(gvr schema.GroupVersionResource, ns string) ([]runtime.Object, error) {
		if gvr.Resource != "pods" || ns != "blue" {
			t.Errorf("listed %v in %q", gvr, ns)
		}
		return []runtime.Object{pod(list("cpu", "1"), nil), pod(list("cpu", "2"), nil)}, nil
	})
	e := generic.NewRegistry(config.Evaluators()).Get(schema.GroupResource{Resource: "pods"})
	stats, err := e.UsageStats(apiquota.UsageStatsOptions{Namespace: "blue", Resources: []corev1.ResourceName{"pods", "requests.cpu"}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"pods": "2", "count/pods": "2", "cpu": "3", "requests.cpu": "3"}, text(stats.Used)); diff != "" {
		t.Error(diff)
	}
}
