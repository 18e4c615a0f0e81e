package admission

import (
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
)

func TestConfigurationOfPluginIsChecked(t *testing.T) {
	tests := map[string]struct {
		build  func(env) (admission.Interface, error)
		config string
		want   string
	}{
		"no limits": {newEventRateLimit, "", "limits: Invalid value: null: must not be empty"},
		"bad limits": {
			newEventRateLimit, eventLimits + "- {type: Nope, qps: -1, burst: 0, cacheSize: -2}",
			`[limits[0].type: Unsupported value: "Nope": supported values: "SourceAndObject", "Server", "Namespace", "User", limits[0].burst: Invalid value: 0: must be positive, limits[0].qps: Invalid value: -1: must be positive, limits[0].cacheSize: Invalid value: -2: must not be negative]`,
		},
		"another kind":   {newEventRateLimit, "apiVersion: v1\nkind: Pod", `want kind "Configuration" of version "eventratelimit.admission.k8s.io/v1alpha1", got kind "Pod" of version "v1"`},
		"unknown fields": {newEventRateLimit, "foo: 1\n" + eventLimits + "- {type: Server, qps: 1, burst: 1}", ""},
		"tolerations": {
			newPodTolerationRestriction, "apiVersion: podtolerationrestriction.admission.k8s.io/v1alpha1\nkind: Configuration\ndefault: [{key: a, operator: Nope}]\nwhitelist: [{operator: Equal, value: x}]",
			`invalid config: [podtolerationrestriction.default[0].operator: Unsupported value: "Nope": supported values: "Equal", "Exists", podtolerationrestriction.whitelist[0].operator: Invalid value: "Equal": operator must be Exists when`,
		},
		"no YAML":      {newPodNodeSelector, "{", "decode podNodeSelectorPluginConfig: "},
		"pod security": {newPodSecurity, "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: PodSecurityConfiguration\ndefaults: {enforce: magic}", "must be one of privileged, baseline, restricted"},
		"quota":        {newResourceQuota, "apiVersion: apiserver.config.k8s.io/v1\nkind: ResourceQuotaConfiguration\nlimitedResources: [{resource: '', matchContains: [cpu]}]", "check quota configuration"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			client := fake.NewClientset()
			e := env{client: client, informers: informers.NewSharedInformerFactory(client, 0)}
			_, err := configured(tt.build, tt.config)(e)
			expect(t, err, tt.want)
		})
	}
}

func TestPodSecurityIsConfigured(t *testing.T) {
	const config = `
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults: {enforce: baseline, enforce-version: latest}
exemptions: {usernames: [root], namespaces: [free], runtimeClasses: [vm]}`
	b := start(t, configured(newPodSecurity, config), nil, annotated("blue", nil), annotated("free", nil))
	privileged := func(namespace string, class *string) *corev1.Pod {
		p := pod(corev1.PodSpec{RuntimeClassName: class, Containers: []corev1.Container{{Name: "c", SecurityContext: &corev1.SecurityContext{Privileged: new(true)}}}})
		p.Namespace = namespace
		return p
	}
	expect(t, b.run(t, request{path: "pods", user: "joe", obj: privileged("blue", nil)}), `violates PodSecurity "baseline:latest"`)
	expect(t, b.run(t, request{path: "pods", user: "root", obj: privileged("blue", nil)}), "")
	expect(t, b.run(t, request{path: "pods", user: "joe", obj: privileged("free", nil)}), "")
	expect(t, b.run(t, request{path: "pods", user: "joe", obj: privileged("blue", new("vm"))}), "")
}

func TestConfigurationIsReadFromAFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const head = "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
	write("selectors.yaml", "by path")
	on := []string{"PodNodeSelector", "EventRateLimit"}
	tests := map[string]struct{ file, want, err string }{
		"none":               {"", "", ""},
		"inline":             {write("inline", head+"- name: PodNodeSelector\n  configuration: {a: b}"), `{"a":"b"}`, ""},
		"relative path":      {write("path", head+"- {name: PodNodeSelector, path: selectors.yaml}"), "by path", ""},
		"missing path":       {write("gone", head+"- {name: PodNodeSelector, path: gone.yaml}"), "", `configure plugin "PodNodeSelector": open`},
		"of another plugin":  {write("other", head+"- {name: Priority, path: gone.yaml}"), "", ""},
		"older form":         {write("older", "podNodeSelectorPluginConfig: {a: b}"), "podNodeSelectorPluginConfig: {a: b}", ""},
		"another kind":       {write("kind", "foo: bar"), "", "read --admission-control-config-file: "},
		"unknown field":      {write("strict", head+"- {name: PodNodeSelector, foo: bar}"), "", `unknown field "plugins[0].foo"`},
		"file does not open": {filepath.Join(dir, "nowhere"), "", "read --admission-control-config-file: unable to read"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			config, err := readConfiguration(on, tt.file)
			expect(t, err, tt.err)
			if err != nil {
				return
			}
			r, err := config.ConfigFor("PodNodeSelector")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := readAll(r); err != nil || string(got) != tt.want {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}
