package plugins

import "testing"

func TestFilters(t *testing.T) {
	for _, test := range []struct {
		rule  string
		world string
		want  map[string]string
	}{
		{"a pod without wishes fits everywhere", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pod: {metadata: {name: p}}`, map[string]string{"a": "", "b": ""}},

		{"spec.nodeName", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pod: {metadata: {name: p}, spec: {nodeName: b}}`, map[string]string{"a": "NodeName: node(s) didn't match the requested node name (permanent)", "b": ""}},

		{"cordoned nodes", `
nodes: [{metadata: {name: a}, spec: {unschedulable: true}}]
pod: {metadata: {name: p}}`, map[string]string{"a": "NodeUnschedulable: node(s) were unschedulable (permanent)"}},

		{"cordoned nodes are for pods that tolerate it", `
nodes: [{metadata: {name: a}, spec: {unschedulable: true}}]
pod: {metadata: {name: p}, spec: {tolerations: [{key: node.kubernetes.io/unschedulable, operator: Exists}]}}`, map[string]string{"a": ""}},

		{"taints", `
nodes:
- {metadata: {name: a}, spec: {taints: [{key: k, value: v, effect: NoSchedule}]}}
- {metadata: {name: b}, spec: {taints: [{key: k, value: w, effect: NoExecute}]}}
- {metadata: {name: c}, spec: {taints: [{key: x, effect: PreferNoSchedule}]}}
pod: {metadata: {name: p}, spec: {tolerations: [{key: k, operator: Equal, value: v, effect: NoSchedule}]}}`, map[string]string{
			"a": "", "b": "TaintToleration: node(s) had untolerated taint(s) (permanent)", "c": "",
		}},

		{"nodeSelector and required node affinity must both match", `
nodes:
- {metadata: {name: a, labels: {disk: ssd, size: "5"}}}
- {metadata: {name: b, labels: {disk: ssd, size: "1"}}}
- {metadata: {name: c, labels: {size: "5"}}}
pod: {metadata: {name: p}, spec: {nodeSelector: {disk: ssd}, affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {
  nodeSelectorTerms: [{matchExpressions: [{key: size, operator: Gt, values: ["3"]}]}]}}}}}`, map[string]string{
			"a": "",
			"b": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)",
			"c": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)",
		}},

		{"matchFields names nodes, as DaemonSets do", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pod: {metadata: {name: p}, spec: {affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {
  nodeSelectorTerms: [{matchFields: [{key: metadata.name, operator: In, values: [b]}]}]}}}}}`, map[string]string{
			"a": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)", "b": "",
		}},

		{"host ports conflict per protocol and address", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}, {metadata: {name: c}}, {metadata: {name: d}}]
pods:
- {metadata: {name: "1"}, spec: {nodeName: a, containers: [{name: c, ports: [{hostPort: 80}]}]}}
- {metadata: {name: "2"}, spec: {nodeName: b, containers: [{name: c, ports: [{hostPort: 80, protocol: UDP}]}]}}
- {metadata: {name: "3"}, spec: {nodeName: c, containers: [{name: c, ports: [{hostPort: 80, hostIP: 127.0.0.1}]}]}}
- {metadata: {name: "4"}, spec: {nodeName: d, containers: [{name: c, ports: [{hostPort: 80, hostIP: 127.0.0.2}]}]}}
pod: {metadata: {name: p}, spec: {containers: [{name: c, ports: [{hostPort: 80, hostIP: 127.0.0.1}]}]}}`, map[string]string{
			"a": "NodePorts: node(s) didn't have free ports for the requested pod ports", "b": "",
			"c": "NodePorts: node(s) didn't have free ports for the requested pod ports", "d": "",
		}},

		{"a host port on all addresses conflicts with one on any", `
nodes: [{metadata: {name: a}}]
pods: [{metadata: {name: "1"}, spec: {nodeName: a, containers: [{name: c, ports: [{hostPort: 80, hostIP: 127.0.0.1}]}]}}]
pod: {metadata: {name: p}, spec: {containers: [{name: c, ports: [{hostPort: 80}]}]}}`, map[string]string{
			"a": "NodePorts: node(s) didn't have free ports for the requested pod ports",
		}},

		{"resources: what is left counts, and every lack is named", `
nodes:
- {metadata: {name: full}}
- {metadata: {name: small}, status: {allocatable: {cpu: 1, memory: 1Gi, pods: 0}}}
- {metadata: {name: gpu}, status: {allocatable: {example.com/gpu: 2}}}
pods: [{metadata: {name: "1"}, spec: {nodeName: full, containers: [{name: c, resources: {requests: {cpu: 3}}}]}}]
pod: {metadata: {name: p}, spec: {containers: [{name: c, resources: {requests: {cpu: 2, memory: 2Gi, example.com/gpu: 2}}}]}}`, map[string]string{
			"full":  "NodeResourcesFit: Insufficient cpu, Insufficient example.com/gpu (permanent)",
			"small": "NodeResourcesFit: Insufficient cpu, Insufficient example.com/gpu, Insufficient memory, Too many pods (permanent)",
			"gpu":   "",
		}},

		{"resources: preemption may help if the empty node is large enough", `
nodes: [{metadata: {name: a}}]
pods: [{metadata: {name: "1"}, spec: {nodeName: a, containers: [{name: c, resources: {requests: {cpu: 3}}}]}}]
pod: {metadata: {name: p}, spec: {containers: [{name: c, resources: {requests: {cpu: 2}}}]}}`, map[string]string{
			"a": "NodeResourcesFit: Insufficient cpu",
		}},

		{"resources: init containers, sidecars and overhead count", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}, status: {allocatable: {cpu: 5}}}]
pod: {metadata: {name: p}, spec: {overhead: {cpu: 500m},
  initContainers: [{name: s, restartPolicy: Always, resources: {requests: {cpu: 1}}}, {name: i, resources: {requests: {cpu: 3}}}],
  containers: [{name: c, resources: {requests: {cpu: 2}}}]}}`, map[string]string{
			"a": "NodeResourcesFit: Insufficient cpu (permanent)", "b": "",
		}},

		{"resources: requests of the pod as a whole replace those of its containers", `
nodes: [{metadata: {name: a}}]
pod: {metadata: {name: p}, spec: {resources: {requests: {cpu: 5}}, containers: [{name: c, resources: {requests: {cpu: 1}}}]}}`, map[string]string{
			"a": "NodeResourcesFit: Insufficient cpu (permanent)",
		}},
	} {
		t.Run(test.rule, func(t *testing.T) { check(t, parse(t, test.world), test.want) })
	}
}

const threeZones = `
nodes:
- {metadata: {name: a, labels: {zone: west}}}
- {metadata: {name: b, labels: {zone: west}}}
- {metadata: {name: c, labels: {zone: east}}}
- {metadata: {name: d}}
`

func TestInterPodAffinityFilter(t *testing.T) {
	const (
		noAffinity = "InterPodAffinity: node(s) didn't match pod affinity rules (permanent)"
		tooNear    = "InterPodAffinity: node(s) didn't match pod anti-affinity rules"
		unwanted   = "InterPodAffinity: node(s) didn't satisfy existing pods anti-affinity rules"
	)
	for _, test := range []struct {
		rule  string
		world string
		want  map[string]string
	}{
		{"affinity: a pod goes to the zone of its friend", threeZones + `
pods: [{metadata: {name: "1", labels: {app: db}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{"a": "", "b": "", "c": noAffinity, "d": noAffinity}},

		{"affinity: friends in other namespaces do not count", threeZones + `
pods: [{metadata: {name: "1", namespace: other, labels: {app: db}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{"a": noAffinity, "b": noAffinity, "c": noAffinity, "d": noAffinity}},

		{"affinity: unless they are named", threeZones + `
pods: [{metadata: {name: "1", namespace: other, labels: {app: db}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, namespaces: [other], labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{"a": "", "b": "", "c": noAffinity, "d": noAffinity}},

		{"affinity: or selected by label", threeZones + `
pods: [{metadata: {name: "1", namespace: other, labels: {app: db}}, spec: {nodeName: c}}]
pod: {metadata: {name: p}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, namespaceSelector: {matchLabels: {team: other-team}}, labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{
			"a": noAffinity, "b": noAffinity, "c": "", "d": noAffinity,
		}},

		{"affinity: an empty namespace selector means all", threeZones + `
pods: [{metadata: {name: "1", namespace: other, labels: {app: db}}, spec: {nodeName: c}}]
pod: {metadata: {name: p}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, namespaceSelector: {}, labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{
			"a": noAffinity, "b": noAffinity, "c": "", "d": noAffinity,
		}},

		{"affinity: the first of a group may go where the key is", threeZones + `
pod: {metadata: {name: p, labels: {app: db}}, spec: {affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{"a": "", "b": "", "c": "", "d": noAffinity}},

		{"anti-affinity: not in the zone of the other, but where there is no zone", threeZones + `
pods: [{metadata: {name: "1", labels: {app: db}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{"a": tooNear, "b": tooNear, "c": "", "d": ""}},

		{"anti-affinity of a pod that is there works the other way too", threeZones + `
pods: [{metadata: {name: "1"}, spec: {nodeName: a, affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {app: web}}}]}}}}]
pod: {metadata: {name: p, labels: {app: web}}}`, map[string]string{"a": unwanted, "b": "", "c": "", "d": ""}},

		{"matchLabelKeys tells versions apart", threeZones + `
pods: [{metadata: {name: "1", labels: {app: db, version: old}}, spec: {nodeName: a}}]
pod: {metadata: {name: p, labels: {app: db, version: new}}, spec: {affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [
  {topologyKey: zone, matchLabelKeys: [version], labelSelector: {matchLabels: {app: db}}}]}}}}`, map[string]string{"a": "", "b": "", "c": "", "d": ""}},
	} {
		t.Run(test.rule, func(t *testing.T) { check(t, parse(t, test.world), test.want) })
	}
}

func TestTopologySpreadFilter(t *testing.T) {
	const (
		skewed  = "PodTopologySpread: node(s) didn't match pod topology spread constraints"
		missing = "PodTopologySpread: node(s) didn't match pod topology spread constraints (missing required label) (permanent)"
	)
	for _, test := range []struct {
		rule  string
		world string
		want  map[string]string
	}{
		{"the emptier zone is the only one", threeZones + `
pods:
- {metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}
- {metadata: {name: "2", labels: {app: web}}, spec: {nodeName: b}}
- {metadata: {name: "3", labels: {app: web}}, spec: {nodeName: c}}
- {metadata: {name: "4", labels: {app: other}}, spec: {nodeName: c}}
- {metadata: {name: "5", namespace: other, labels: {app: web}}, spec: {nodeName: c}}
- {metadata: {name: "6", labels: {app: web}, deletionTimestamp: "2026-01-01T00:00:00Z"}, spec: {nodeName: c}}
pod: {metadata: {name: p, labels: {app: web}}, spec: {topologySpreadConstraints: [
  {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{"a": skewed, "b": skewed, "c": "", "d": missing}},
		{"maxSkew", threeZones + `
pods: [{metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}]
pod: {metadata: {name: p, labels: {app: web}}, spec: {topologySpreadConstraints: [
  {maxSkew: 2, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{"a": "", "b": "", "c": "", "d": missing}},
		{"minDomains: with too few zones the emptiest counts as empty", threeZones + `
pods:
- {metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}
- {metadata: {name: "2", labels: {app: web}}, spec: {nodeName: c}}
pod: {metadata: {name: p, labels: {app: web}}, spec: {topologySpreadConstraints: [
  {maxSkew: 1, minDomains: 3, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{"a": skewed, "b": skewed, "c": skewed, "d": missing}},
		{"a pod that is not of its own group adds nothing", threeZones + `
pods: [{metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {topologySpreadConstraints: [
  {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{"a": "", "b": "", "c": "", "d": missing}},
		{"nodes that the pod's node affinity leaves out do not count", threeZones + `
pods: [{metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}]
pod: {metadata: {name: p, labels: {app: web}}, spec: {nodeSelector: {zone: west}, topologySpreadConstraints: [
  {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{
			"a": "", "b": "",
			"c": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)",
			"d": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)",
		}},
		{"unless nodeAffinityPolicy is Ignore", threeZones + `
pods: [{metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}]
pod: {metadata: {name: p, labels: {app: web}}, spec: {nodeSelector: {zone: west}, topologySpreadConstraints: [
  {maxSkew: 1, topologyKey: zone, nodeAffinityPolicy: Ignore, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{
			"a": skewed, "b": skewed,
			"c": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)",
			"d": "NodeAffinity: node(s) didn't match Pod's node affinity/selector (permanent)",
		}},
		{"ScheduleAnyway refuses nothing", threeZones + `
pods: [{metadata: {name: "1", labels: {app: web}}, spec: {nodeName: a}}]
pod: {metadata: {name: p, labels: {app: web}}, spec: {topologySpreadConstraints: [
  {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]}}`, map[string]string{"a": "", "b": "", "c": "", "d": ""}},
	} {
		t.Run(test.rule, func(t *testing.T) { check(t, parse(t, test.world), test.want) })
	}
}
