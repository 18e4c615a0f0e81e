package warnings_test

import (
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/api"
)

func TestWarnings(t *testing.T) {
	for _, test := range []struct {
		plural, given string
		want          []string
	}{
		{"pods", `spec: {containers: [{name: c, env: [{name: a}, {name: b}, {name: a}]}]}`, []string{
			`spec.containers[0].env[2]: hides previous definition of "a", which may be dropped when using apply`,
		}},
		{"pods", `spec: {containers: [{name: c, resources: {requests: {memory: 4m}, limits: {cpu: 4m}}}], overhead: {memory: 1500m}}`, []string{
			`spec.containers[0].resources.requests[memory]: fractional byte value "4m" is invalid, must be an integer`,
			`spec.overhead[memory]: fractional byte value "1500m" is invalid, must be an integer`,
		}},
		{"pods", `spec: {nodeSelector: {beta.kubernetes.io/os: linux}}`, []string{`spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead`}},
		{"pods", `spec: {topologySpreadConstraints: [{topologyKey: failure-domain.beta.kubernetes.io/zone}]}`, []string{
			`spec.topologySpreadConstraints[0].topologyKey: failure-domain.beta.kubernetes.io/zone is deprecated since v1.17; use "topology.kubernetes.io/zone" instead`,
			`spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod`,
		}},
		{"pods", `spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}}`, []string{
			`spec.affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector: a null labelSelector results in matching no pod`,
		}},
		{"pods", `metadata: {annotations: {seccomp.security.alpha.kubernetes.io/pod: x}}`, []string{
			`metadata.annotations[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead`,
		}},
		{"pods", `spec: {hostAliases: [{ip: 1.1.1.1}, {ip: 1.1.1.1}], imagePullSecrets: [{name: ""}, {name: a}, {name: a}]}`, []string{
			`spec.hostAliases[1].ip: duplicate ip "1.1.1.1"`, `spec.imagePullSecrets[0].name: invalid empty name ""`, `spec.imagePullSecrets[2].name: duplicate name "a"`,
		}},
		{"pods", `spec: {volumes: [{name: v, gitRepo: {repository: r}}, {name: Test, configMap: {name: foo, items: [{key: a, path: test}, {key: b, path: test/app}]}}]}`, []string{
			`spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+`,
			`volume "Test" (ConfigMap "foo"): overlapping paths: "test" with "test/app"`,
		}},
		{"pods", `spec: {terminationGracePeriodSeconds: -1}`, []string{`spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`}},
		{"pods", `spec: {containers: [{name: a, ports: [{containerPort: 80, protocol: UDP}]}, {name: b, ports: [{containerPort: 80, protocol: UDP}, {containerPort: 80, protocol: TCP}]}]}`, []string{
			`spec.containers[1].ports[0]: duplicate port definition with spec.containers[0].ports[0]`,
		}},
		{"deployments", `spec: {template: {spec: {containers: [{env: [{name: a}, {name: a}]}]}}}`, []string{
			`spec.template.spec.containers[0].env[1]: hides previous definition of "a", which may be dropped when using apply`,
		}},
		{"cronjobs", `spec: {jobTemplate: {spec: {template: {spec: {terminationGracePeriodSeconds: -1}}}}}`, []string{
			`spec.jobTemplate.spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`,
		}},
		{"endpoints", `{}`, []string{`v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice`}},
		{"services", `spec: {clusterIPs: [192.012.2.2], externalIPs: ["2001:db8:1:0::2"]}`, []string{
			`spec.clusterIPs[0]: non-standard IP address "192.012.2.2" is invalid: use "192.12.2.2"`,
			`spec.externalIPs[0]: IPv6 address "2001:db8:1:0::2" should be in RFC 5952 canonical format ("2001:db8:1::2")`,
			`spec.externalIPs is deprecated and may no longer be implemented in some clusters`,
		}},
		{"ingresses", `metadata: {annotations: {kubernetes.io/ingress.class: nginx}}`, []string{`annotation "kubernetes.io/ingress.class" is deprecated, please use 'spec.ingressClassName' instead`}},
		{"persistentvolumes", `spec: {persistentVolumeReclaimPolicy: Recycle}`, []string{
			`spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.`,
		}},
		{"persistentvolumeclaims", `{metadata: {annotations: {volume.beta.kubernetes.io/storage-class: c}}, spec: {resources: {requests: {storage: 200m}}}}`, []string{
			`metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead`,
			`spec.resources.requests[storage]: fractional byte value "200m" is invalid, must be an integer`,
		}},
	} {
		t.Run(test.plural+" "+test.given, func(t *testing.T) {
			row := rowOf(t, test.plural)
			obj := decode(t, row, test.given)
			if got := row.Warnings(t.Context(), obj, nil); !slices.Equal(got, test.want) {
				t.Errorf("\n got %q\nwant %q", got, test.want)
			}
		})
	}
}

// TestUnchangedTemplateIsNotWarnedAbout holds that a controller that only scales hears nothing.
func TestUnchangedTemplateIsNotWarnedAbout(t *testing.T) {
	for plural, given := range map[string]string{
		"deployments": `spec: {template: {spec: {terminationGracePeriodSeconds: -1}}}`,
	} {
		row := rowOf(t, plural)
		obj := decode(t, row, given)
		if got := row.Warnings(t.Context(), obj, obj.DeepCopyObject()); len(got) > 0 {
			t.Errorf("%s: %q", plural, got)
		}
		if got := row.Warnings(t.Context(), obj, row.New()); len(got) != 1 {
			t.Errorf("%s: a changed template gives %q", plural, got)
		}
	}
	row := rowOf(t, "pods")
	if got := row.Warnings(t.Context(), decode(t, row, `spec: {terminationGracePeriodSeconds: -1}`), row.New()); len(got) > 0 {
		t.Errorf("an update of a pod gives %q", got)
	}
}

func rowOf(t *testing.T, plural string) api.Resource {
	t.Helper()
	rows := api.Resources()
	i := slices.IndexFunc(rows, func(r api.Resource) bool { return r.Plural == plural })
	if i < 0 {
		t.Fatalf("no row %s", plural)
	}
	return rows[i]
}

func decode(t *testing.T, row api.Resource, text string) runtime.Object {
	t.Helper()
	obj := row.New()
	if err := yaml.UnmarshalStrict([]byte(text), obj); err != nil {
		t.Fatal(err)
	}
	return obj
}
