package plugins

import (
	"slices"
	"testing"
)

func TestScores(t *testing.T) {
	for _, test := range []struct {
		rule  string
		world string
		want  []string
	}{
		{"the emptier node", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pods: [{metadata: {name: x}, spec: {nodeName: a, containers: [{name: c, resources: {requests: {cpu: 1, memory: 2Gi}}}]}}]
pod: {metadata: {name: p}}`, []string{"b"}},

		{"containers that request nothing count as something", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pods: [{metadata: {name: x}, spec: {nodeName: a, containers: [{name: c}]}}]
pod: {metadata: {name: p}, spec: {containers: [{name: c}]}}`, []string{"b"}},

		{"the node where CPU and memory are used alike", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pods:
- {metadata: {name: x}, spec: {nodeName: a, containers: [{name: c, resources: {requests: {cpu: 2}}}]}}
- {metadata: {name: y}, spec: {nodeName: b, containers: [{name: c, resources: {requests: {cpu: 1, memory: 2Gi}}}]}}
pod: {metadata: {name: p}, spec: {containers: [{name: c, resources: {requests: {cpu: 100m, memory: 200Mi}}}]}}`, []string{"b"}},

		{"no taint that asks to stay away", `
nodes: [{metadata: {name: a}, spec: {taints: [{key: k, effect: PreferNoSchedule}]}}, {metadata: {name: b}}]
pod: {metadata: {name: p}}`, []string{"b"}},

		{"unless it is tolerated", `
nodes: [{metadata: {name: a}, spec: {taints: [{key: k, effect: PreferNoSchedule}]}}, {metadata: {name: b}}]
pod: {metadata: {name: p}, spec: {tolerations: [{operator: Exists}]}}`, []string{"a", "b"}},

		{"preferred node affinity, by weight", `
nodes: [{metadata: {name: a, labels: {disk: ssd}}}, {metadata: {name: b, labels: {gpu: "yes"}}}, {metadata: {name: c}}]
pod: {metadata: {name: p}, spec: {affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
  {weight: 10, preference: {matchExpressions: [{key: disk, operator: Exists}]}},
  {weight: 20, preference: {matchExpressions: [{key: gpu, operator: Exists}]}}]}}}}`, []string{"b"}},

		{"preferred pod affinity", threeZones + `
pods: [{metadata: {name: x, labels: {app: db}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
  {weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}}]}}}}`, []string{"a", "b"}},

		{"preferred pod anti-affinity", threeZones + `
pods: [{metadata: {name: x, labels: {app: db}}, spec: {nodeName: a}}]
pod: {metadata: {name: p}, spec: {affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
  {weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {app: db}}}}]}}}}`, []string{"c", "d"}},

		{"what pods that are there prefer", threeZones + `
pods: [{metadata: {name: x}, spec: {nodeName: c, affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [
  {weight: 1, podAffinityTerm: {topologyKey: zone, labelSelector: {matchLabels: {app: web}}}}]}}}}]
pod: {metadata: {name: p, labels: {app: web}}}`, []string{"c"}},

		{"the zone with fewer pods of the group", threeZones + `
pods: [{metadata: {name: x, labels: {app: web}}, spec: {nodeName: a}}]
pod: {metadata: {name: p, labels: {app: web}}, spec: {topologySpreadConstraints: [
  {maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: web}}}]}}`, []string{"c"}},

		{"pods of a controller are spread without being asked", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}}]
pods: [{metadata: {name: x, ownerReferences: [{uid: rs, name: rs, kind: ReplicaSet, apiVersion: apps/v1, controller: true}]}, spec: {nodeName: a}}]
pod: {metadata: {name: p, ownerReferences: [{uid: rs, name: rs, kind: ReplicaSet, apiVersion: apps/v1, controller: true}]}}`, []string{"b"}},

		{"a large image that is there already", `
nodes: [{metadata: {name: a}}, {metadata: {name: b}, status: {images: [{names: ["example.com/app:latest"], sizeBytes: 900000000}]}}]
pod: {metadata: {name: p}, spec: {containers: [{name: c, image: example.com/app}]}}`, []string{"b"}},
	} {
		t.Run(test.rule, func(t *testing.T) {
			w := parse(t, test.world)
			if got := w.best(t); !slices.Equal(got, test.want) {
				t.Errorf("best nodes %v, want %v", got, test.want)
			}
		})
	}
}
