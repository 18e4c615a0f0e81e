package admission

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func annotated(name string, annotations map[string]string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: annotations}}
}

func TestPodsGetTheNodeSelectorOfTheirNamespace(t *testing.T) {
	const conflict = "is forbidden: pod node label selector conflicts with its namespace node label selector"
	const config = `
podNodeSelectorPluginConfig:
  clusterDefaultNodeSelector: region=west
  allowed: env=dev
  wide: region=west,env=dev`
	at := func(selector string) *corev1.Namespace {
		return annotated("n", map[string]string{"scheduler.alpha.kubernetes.io/node-selector": selector})
	}
	tests := map[string]struct { // as upstream answers with this configuration
		namespace *corev1.Namespace
		selector  map[string]string
		want      map[string]string
		err       string
	}{
		"of the cluster":       {annotated("n", nil), nil, map[string]string{"region": "west"}, ""},
		"equal":                {annotated("n", nil), map[string]string{"region": "west", "x": "y"}, map[string]string{"region": "west", "x": "y"}, ""},
		"conflict":             {annotated("n", nil), map[string]string{"region": "east"}, nil, conflict},
		"of the namespace":     {at(" env = test , a=b"), nil, map[string]string{"env": "test", "a": "b"}, ""},
		"namespace conflict":   {at("env=test"), map[string]string{"env": "x"}, nil, conflict},
		"none":                 {at(""), nil, nil, ""},
		"not allowed":          {annotated("allowed", nil), nil, nil, "pod node label selector labels conflict with its namespace whitelist"},
		"allowed":              {annotated("wide", nil), map[string]string{"env": "dev"}, map[string]string{"region": "west", "env": "dev"}, ""},
		"another than allowed": {annotated("wide", nil), map[string]string{"env": "x"}, nil, "conflict with its namespace whitelist"},
		"no selector":          {at("env in (x)"), nil, nil, "invalid selector: [env in (x)]"},
		"no value":             {at("b=c d"), nil, nil, `[b]: Invalid value: "c d": a valid label`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(corev1.PodSpec{NodeSelector: tt.selector})
			p.Namespace = tt.namespace.Name
			expect(t, start(t, configured(newPodNodeSelector, config), nil, tt.namespace).run(t, request{path: "pods", obj: p}), tt.err)
			if diff := cmp.Diff(tt.want, p.Spec.NodeSelector); tt.err == "" && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPodsGetTheTolerationsOfTheirNamespace(t *testing.T) {
	const add, allow = "scheduler.alpha.kubernetes.io/defaultTolerations", "scheduler.alpha.kubernetes.io/tolerationsWhitelist"
	const config = `
apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1
kind: Configuration
default: [{key: cluster, operator: Exists}]
whitelist: [{key: cluster, operator: Exists}, {key: a, operator: Exists}]`
	const ofNamespace, ofCluster = "conflict with its namespace whitelist", "conflict with its cluster whitelist"
	exists := func(key string) corev1.Toleration {
		return corev1.Toleration{Key: key, Operator: corev1.TolerationOpExists}
	}
	seconds := func(n int64) corev1.Toleration {
		return corev1.Toleration{Key: "a", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoExecute, TolerationSeconds: &n}
	}
	one := func(t ...corev1.Toleration) []corev1.Toleration { return t }
	memory := corev1.Toleration{Key: "node.kubernetes.io/memory-pressure", Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}
	equal := corev1.Toleration{Key: "a", Operator: corev1.TolerationOpEqual, Value: "1"}
	tests := map[string]struct { // as upstream answers with this configuration
		annotations map[string]string
		memory      string // request
		have, want  []corev1.Toleration
		err         string
	}{
		"of the cluster":               {nil, "", nil, one(exists("cluster")), ""},
		"allowed by the cluster":       {nil, "", one(equal), one(equal, exists("cluster")), ""},
		"not allowed by the cluster":   {nil, "", one(exists("z")), nil, ofCluster},
		"memory not allowed":           {nil, "1Mi", nil, nil, ofCluster},
		"memory":                       {map[string]string{allow: "[]"}, "1Mi", nil, one(exists("cluster"), memory), ""},
		"annotation says none":         {map[string]string{add: ""}, "", nil, nil, ""},
		"annotation lists none":        {map[string]string{add: "[]"}, "", nil, nil, ""},
		"annotation allows all":        {map[string]string{allow: ""}, "", one(exists("z")), one(exists("z"), exists("cluster")), ""},
		"not allowed by the namespace": {map[string]string{allow: `[{"key":"z","operator":"Exists"}]`}, "", one(exists("z")), nil, ofNamespace},
		"allowed by the namespace":     {map[string]string{add: "[]", allow: `[{"key":"z","operator":"Exists"}]`}, "", one(exists("z")), one(exists("z")), ""},
		"broader takes the narrower":   {map[string]string{add: `[{"key":"a","operator":"Exists"}]`}, "", one(equal), one(exists("a")), ""},
		"equal stays":                  {map[string]string{add: `[{"key":"a","operator":"Exists"}]`, allow: ""}, "", one(exists("a"), exists("b")), one(exists("a"), exists("b")), ""},
		"longer takes the shorter":     {map[string]string{add: `[{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":100}]`}, "", one(seconds(5)), one(seconds(100)), ""},
		"longer stays":                 {map[string]string{add: `[{"key":"a","operator":"Exists","effect":"NoExecute","tolerationSeconds":100}]`}, "", one(seconds(200)), one(seconds(200)), ""},
		"all":                          {map[string]string{allow: ""}, "1Mi", one(exists("")), one(exists("")), ""},
		"bad defaults":                 {map[string]string{add: "bad"}, "", nil, nil, "invalid character 'b'"},
		"bad list":                     {map[string]string{allow: "bad"}, "", nil, nil, "invalid character 'b'"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := pod(corev1.PodSpec{Tolerations: tt.have})
			if tt.memory != "" {
				p.Spec.Containers[0].Resources.Requests = list("memory", tt.memory)
			}
			b := start(t, configured(newPodTolerationRestriction, config), nil, annotated("blue", tt.annotations))
			expect(t, b.run(t, request{path: "pods", obj: p}), tt.err)
			if diff := cmp.Diff(tt.want, p.Spec.Tolerations); tt.err == "" && diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestUpdateKeepsTheAllowedTolerations(t *testing.T) {
	ns := annotated("blue", map[string]string{"scheduler.alpha.kubernetes.io/defaultTolerations": `[{"key":"a","operator":"Exists"}]`, "scheduler.alpha.kubernetes.io/tolerationsWhitelist": `[{"key":"a","operator":"Exists"}]`})
	b := start(t, newPodTolerationRestriction, nil, ns)
	p := pod(corev1.PodSpec{})
	expect(t, b.run(t, request{path: "pods", obj: p, old: p}), "")
	if len(p.Spec.Tolerations) != 0 {
		t.Errorf("an update added %v", p.Spec.Tolerations)
	}
	more := pod(corev1.PodSpec{Tolerations: []corev1.Toleration{{Key: "b", Operator: corev1.TolerationOpExists}}})
	expect(t, b.run(t, request{path: "pods", obj: more, old: p}), "conflict with its namespace whitelist")
}

func TestHardAntiAffinityIsOfNodesOnly(t *testing.T) {
	with := func(key string) *corev1.Pod {
		return pod(corev1.PodSpec{Affinity: &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution:  []corev1.PodAffinityTerm{{TopologyKey: key}},
			PreferredDuringSchedulingIgnoredDuringExecution: []corev1.WeightedPodAffinityTerm{{PodAffinityTerm: corev1.PodAffinityTerm{TopologyKey: "zone"}}},
		}}})
	}
	b := start(t, newLimitPodHardAntiAffinityTopology, nil)
	expect(t, b.run(t, request{path: "pods", obj: with("kubernetes.io/hostname")}), "")
	expect(t, b.run(t, request{path: "pods", obj: pod(corev1.PodSpec{})}), "")
	expect(t, b.run(t, request{path: "pods", obj: with("zone")}),
		`pods "p" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey zone but only key kubernetes.io/hostname is allowed`)
}

func TestPullPoliciesOfUpdates(t *testing.T) {
	with := func(image string) *corev1.Pod {
		return pod(corev1.PodSpec{
			Containers: []corev1.Container{{Image: image, ImagePullPolicy: corev1.PullNever}},
			Volumes:    []corev1.Volume{{VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "v", PullPolicy: corev1.PullNever}}}},
		})
	}
	tests := map[string]struct {
		image string
		want  corev1.PullPolicy
	}{"the same image": {"a", corev1.PullNever}, "another image": {"b", corev1.PullAlways}}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := with(tt.image)
			expect(t, start(t, newAlwaysPullImages, nil).run(t, request{path: "pods", obj: p, old: with("a")}), "")
			if p.Spec.Containers[0].ImagePullPolicy != tt.want || p.Spec.Volumes[0].Image.PullPolicy != tt.want {
				t.Errorf("got %v", p.Spec)
			}
		})
	}
}

func TestExtendedResourcesAreTolerated(t *testing.T) {
	want := func(keys ...string) (out []corev1.Toleration) {
		for _, k := range keys {
			out = append(out, corev1.Toleration{Key: k, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule})
		}
		return out
	}
	p := pod(corev1.PodSpec{Containers: []corev1.Container{
		{Resources: corev1.ResourceRequirements{Requests: list("example.com/gpu", "1", "example.com/b", "1", "cpu", "1", "kubernetes.io/x", "1")}},
		{Resources: corev1.ResourceRequirements{Requests: list("a.com/zzz", "0", "example.com/gpu", "1", "hugepages-2Mi", "2Mi")}},
	}})
	b := start(t, newExtendedResourceToleration, nil)
	for range 2 {
		expect(t, b.run(t, request{path: "pods", obj: p}), "")
		if diff := cmp.Diff(want("a.com/zzz", "example.com/b", "example.com/gpu"), p.Spec.Tolerations); diff != "" {
			t.Error(diff)
		}
	}
}
