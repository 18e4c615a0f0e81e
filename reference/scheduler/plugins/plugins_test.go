package plugins

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"sigs.k8s.io/yaml"

	"github.com/seatrial/seatrial/reference/scheduler/plugin"
	"github.com/seatrial/seatrial/reference/scheduler/snapshot"
)

// world is a cluster and a pod that looks for a node in it.
type world struct {
	Nodes   []corev1.Node
	Pods    []corev1.Pod // of a node
	Pod     corev1.Pod   // that looks for one
	Claims  []corev1.PersistentVolumeClaim
	Volumes []corev1.PersistentVolume
	Classes []storagev1.StorageClass
}

func parse(t *testing.T, text string) world {
	t.Helper()
	var w world
	if err := yaml.UnmarshalStrict([]byte(strings.ReplaceAll(text, "\t", "  ")), &w); err != nil {
		t.Fatal(err)
	}
	for i := range w.Nodes {
		n := &w.Nodes[i]
		if n.Labels == nil {
			n.Labels = map[string]string{}
		}
		n.Labels[corev1.LabelHostname] = n.Name
		if n.Status.Allocatable == nil {
			n.Status.Allocatable = corev1.ResourceList{}
		}
		for name, quantity := range map[corev1.ResourceName]string{"cpu": "4", "memory": "8Gi", "pods": "10"} {
			if _, ok := n.Status.Allocatable[name]; !ok {
				n.Status.Allocatable[name] = resource.MustParse(quantity)
			}
		}
	}
	return w
}

func (w *world) snapshot(t *testing.T) (*snapshot.Snapshot, *snapshot.Pod) {
	t.Helper()
	var nodes []*snapshot.Node
	for i := range w.Nodes {
		node := snapshot.NewNode(&w.Nodes[i])
		for j := range w.Pods {
			if w.Pods[j].Spec.NodeName == node.Name {
				node = node.With(parsed(t, &w.Pods[j]))
			}
		}
		nodes = append(nodes, node)
	}
	return snapshot.New(nodes...), parsed(t, &w.Pod)
}

func parsed(t *testing.T, pod *corev1.Pod) *snapshot.Pod {
	t.Helper()
	if pod.Namespace == "" {
		pod.Namespace = "default"
	}
	pod.UID = types.UID(pod.Name)
	p, err := snapshot.NewPod(pod)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (w *world) plugins(t *testing.T) []Weighted {
	t.Helper()
	factory := informers.NewSharedInformerFactory(fake.NewClientset(), 0)
	core, storage := factory.Core().V1(), factory.Storage().V1()
	add := func(store interface{ Add(any) error }, object runtime.Object) {
		if err := store.Add(object); err != nil {
			t.Fatal(err)
		}
	}
	for i := range w.Claims {
		w.Claims[i].Namespace = "default"
		add(core.PersistentVolumeClaims().Informer().GetStore(), &w.Claims[i])
	}
	for i := range w.Volumes {
		add(core.PersistentVolumes().Informer().GetStore(), &w.Volumes[i])
	}
	for i := range w.Classes {
		add(storage.StorageClasses().Informer().GetStore(), &w.Classes[i])
	}
	return Default(Sources{
		Claims:  core.PersistentVolumeClaims().Lister(),
		Volumes: core.PersistentVolumes().Lister(),
		Classes: storage.StorageClasses().Lister(),
		NamespaceLabels: func(name string) labels.Set {
			return labels.Set{corev1.LabelMetadataName: name, "team": name + "-team"}
		},
	})
}

// filter returns "<plugin>: <reasons>" for every node, "" where the pod fits.
func (w *world) filter(t *testing.T) map[string]string {
	t.Helper()
	cluster, pod := w.snapshot(t)
	result := map[string]string{}
	for _, node := range cluster.Nodes() {
		result[node.Name] = ""
	}
	say := func(node string, p Weighted, r *plugin.Rejection) {
		if result[node] == "" {
			result[node] = p.Name() + ": " + strings.Join(slices.Sorted(slices.Values(r.Reasons)), ", ")
			if r.Permanent {
				result[node] += " (permanent)"
			}
		}
	}
	for _, p := range w.plugins(t) {
		filter, ok := p.Plugin.(plugin.Filter)
		if !ok {
			continue
		}
		check, err := filter.Filter(pod, cluster)
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range cluster.Nodes() {
			switch {
			case check.Reject != nil:
				say(node.Name, p, check.Reject)
			case check.Test != nil:
				if r := check.Test(node); r != nil {
					say(node.Name, p, r)
				} else if check.Nodes != nil && !check.Nodes.Has(node.Name) {
					t.Errorf("plugin %s leaves out node %s although it passes", p.Name(), node.Name)
				}
			}
		}
	}
	return result
}

// best returns the nodes with the highest weighted sum of scores.
func (w *world) best(t *testing.T) []string {
	t.Helper()
	cluster, pod := w.snapshot(t)
	nodes := cluster.Nodes()
	total := make([]int64, len(nodes))
	for _, p := range w.plugins(t) {
		scorer, ok := p.Plugin.(plugin.Score)
		if !ok {
			continue
		}
		scores := make([]int64, len(nodes))
		if !scorer.Score(pod, cluster, nodes, scores) {
			continue
		}
		for i, s := range scores {
			if s < 0 || s > plugin.MaxScore {
				t.Errorf("plugin %s gives node %s a score of %d", p.Name(), nodes[i].Name, s)
			}
			total[i] += p.Weight * s
		}
	}
	var best []string
	for i := range nodes {
		if total[i] == slices.Max(total) {
			best = append(best, nodes[i].Name)
		}
	}
	return best
}

func check(t *testing.T, w world, want map[string]string) {
	t.Helper()
	if diff := cmp.Diff(want, w.filter(t)); diff != "" {
		t.Errorf("rejections by node (-want +got):\n%s", diff)
	}
}

func TestEveryPluginWithAFilterHasAHint(t *testing.T) {
	for _, p := range Default(Sources{}) {
		_, filters := p.Plugin.(plugin.Filter)
		_, hints := p.Plugin.(plugin.Hint)
		if filters && !hints {
			t.Errorf("plugin %s filters without a hint: its pods are tried at every event", p.Name())
		}
	}
}

func TestPluginNamesAreUnique(t *testing.T) {
	names := map[string]int{}
	for _, p := range Default(Sources{}) {
		names[p.Name()]++
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if names[name] > 1 {
			t.Errorf("%d plugins are called %s", names[name], name)
		}
	}
}
