package admission

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"
)

// FuzzPluginConfigurations reads the configurations of the plugins that have one of their own.
func FuzzPluginConfigurations(f *testing.F) {
	f.Add("apiVersion: eventratelimit.admission.k8s.io/v1alpha1\nkind: Configuration\nlimits: [{type: Server, qps: 1, burst: 1, cacheSize: -1}]\n")
	f.Add("apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1\nkind: Configuration\ndefault: [{key: a, operator: Exists}]\nwhitelist: [{effect: Odd}]\n")
	f.Add("podNodeSelectorPluginConfig: {clusterDefaultNodeSelector: a=b, blue: 'x in (y)'}\n")
	f.Fuzz(func(_ *testing.T, text string) {
		e := env{client: fake.NewClientset(), informers: informers.NewSharedInformerFactory(fake.NewClientset(), 0)}
		for _, p := range plugins() {
			switch p.name {
			case "EventRateLimit", "PodTolerationRestriction", "PodNodeSelector":
				e.config = strings.NewReader(text)
				_, _ = p.make(e)
			}
		}
	})
}

// FuzzMirrorsAndTolerations sends pods, as YAML, through the pure functions of the plugins.
func FuzzMirrorsAndTolerations(f *testing.F) {
	f.Add("spec: {tolerations: [{key: a, operator: Exists}], volumes: [{projected: {sources: [{}]}}, {csi: {}}], containers: [{env: [{valueFrom: {}}], envFrom: [{}]}]}")
	f.Add("spec: {tolerations: [{operator: Lt, value: x}, {operator: Gt, value: '9999999999999999999'}], ephemeralContainers: [{}], resourceClaims: [{}]}")
	f.Fuzz(func(t *testing.T, text string) {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p"}}
		if yaml.Unmarshal([]byte(text), pod) != nil {
			t.Skip("not a pod")
		}
		if len(secretsOf(pod)) > 0 && opens(pod) == "" {
			t.Errorf("%q has secrets, and opens no way to them", text)
		}
		for i := range pod.Spec.Volumes {
			_ = inlineDriver(&pod.Spec.Volumes[i])
		}
		merged := mergeTolerations(pod.Spec.Tolerations, pod.Spec.Tolerations)
		for _, by := range merged {
			for _, other := range merged {
				_ = covers(by, other)
			}
		}
		_ = reservedLabels(pod.Labels, pod.Annotations)
	})
}
