package plugins

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

func TestHints(t *testing.T) {
	pod := func(text string) *snapshot.Pod {
		w := parse(t, "pod: {metadata: {name: p, labels: {app: web}}, spec: {"+text+"}}")
		return parsed(t, &w.Pod)
	}
	node := func(text string) *corev1.Node {
		w := parse(t, "nodes: [{metadata: {name: a}, "+text+"}]")
		return &w.Nodes[0]
	}
	wants := func(amount string) *snapshot.Pod {
		return pod("containers: [{name: c, resources: {requests: {cpu: " + amount + "}}}]")
	}
	port := func(number string) *snapshot.Pod {
		return pod("containers: [{name: c, ports: [{hostPort: " + number + "}]}]")
	}
	for _, test := range []struct {
		rule   string
		plugin string
		pod    *snapshot.Pod
		event  plugin.Event
		helps  bool
	}{
		{"a new node with room", "NodeResourcesFit", wants("2"), plugin.Event{Kind: plugin.NodeAdded, Node: node("")}, true},
		{"a new node without", "NodeResourcesFit", wants("5"), plugin.Event{Kind: plugin.NodeAdded, Node: node("")}, false},
		{
			"a node that grows", "NodeResourcesFit", wants("5"),
			plugin.Event{Kind: plugin.NodeUpdated, OldNode: node(""), Node: node("status: {allocatable: {cpu: 6}}")},
			true,
		},
		{
			"a node that grows in something else", "NodeResourcesFit", wants("5"),
			plugin.Event{Kind: plugin.NodeUpdated, OldNode: node(""), Node: node("status: {allocatable: {example.com/gpu: 6}}")},
			false,
		},
		{"a pod that shrinks", "NodeResourcesFit", wants("5"), plugin.Event{Kind: plugin.PodChanged, OldPod: wants("2"), Pod: wants("1")}, true},
		{"a pod that starts", "NodeResourcesFit", wants("5"), plugin.Event{Kind: plugin.PodChanged, OldPod: wants("2"), Pod: wants("2")}, false},
		{"a pod that ends", "NodeResourcesFit", wants("5"), plugin.Event{Kind: plugin.PodRemoved, Pod: pod("")}, true},
		{"a pod that gets a node", "NodeResourcesFit", wants("5"), plugin.Event{Kind: plugin.PodAssigned, Pod: pod("")}, false},
		{"the end of the pod that has the port", "NodePorts", port("80"), plugin.Event{Kind: plugin.PodRemoved, Pod: port("80")}, true},
		{"the end of another", "NodePorts", port("80"), plugin.Event{Kind: plugin.PodRemoved, Pod: port("81")}, false},
		{
			"a taint that goes", "TaintToleration", pod(""),
			plugin.Event{Kind: plugin.NodeUpdated, OldNode: node("spec: {taints: [{key: k, effect: NoSchedule}]}"), Node: node("")},
			true,
		},
		{
			"a taint that stays", "TaintToleration", pod(""),
			plugin.Event{Kind: plugin.NodeUpdated, OldNode: node(""), Node: node("spec: {taints: [{key: k, effect: NoSchedule}]}")},
			false,
		},
		{"a node is uncordoned", "NodeUnschedulable", pod(""), plugin.Event{Kind: plugin.NodeUpdated, OldNode: node("spec: {unschedulable: true}"), Node: node("")}, true},
		{"a node stays cordoned", "NodeUnschedulable", pod(""), plugin.Event{Kind: plugin.NodeUpdated, OldNode: node(""), Node: node("spec: {unschedulable: true}")}, false},
		{"a node of another name", "NodeName", pod("nodeName: b"), plugin.Event{Kind: plugin.NodeAdded, Node: node("")}, false},
		{"a node without the label", "NodeAffinity", pod("nodeSelector: {disk: ssd}"), plugin.Event{Kind: plugin.NodeAdded, Node: node("")}, false},
		{"a node with it", "NodeAffinity", pod("nodeSelector: {kubernetes.io/hostname: a}"), plugin.Event{Kind: plugin.NodeAdded, Node: node("")}, true},
		{"a volume", "VolumeBinding", pod(""), plugin.Event{Kind: plugin.VolumesChanged}, true},
		{"a pod of the group", "PodTopologySpread", pod(""), plugin.Event{Kind: plugin.PodRemoved, Pod: pod("")}, true},
		{
			"the friend that a pod waits for", "InterPodAffinity",
			pod("affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchLabels: {app: web}}}]}}"),
			plugin.Event{Kind: plugin.PodAssigned, Pod: pod("")},
			true,
		},
		{
			"a stranger", "InterPodAffinity",
			pod("affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: zone, labelSelector: {matchLabels: {app: db}}}]}}"),
			plugin.Event{Kind: plugin.PodAssigned, Pod: pod("")},
			false,
		},
	} {
		t.Run(test.plugin+"/"+test.rule, func(t *testing.T) {
			w := world{}
			for _, p := range w.plugins(t) {
				if p.Name() == test.plugin {
					if got := p.Plugin.(plugin.Hint).Helps(test.event, test.pod); got != test.helps {
						t.Errorf("helps: %t, want %t", got, test.helps)
					}
					return
				}
			}
			t.Fatalf("no plugin %s", test.plugin)
		})
	}
}
