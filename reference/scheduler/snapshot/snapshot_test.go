package snapshot

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func node(name, zone string) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"zone": zone}}}
}

func pod(t *testing.T, name, on string, change ...func(*corev1.Pod)) *Pod {
	t.Helper()
	object := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name, UID: types.UID(name)},
		Spec: corev1.PodSpec{NodeName: on, Containers: []corev1.Container{{
			Ports: []corev1.ContainerPort{{HostPort: 80}},
			Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("100m"), "example.com/gpu": resource.MustParse("1"),
			}},
		}}},
	}
	for _, f := range change {
		f(object)
	}
	p, err := NewPod(object)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// summary writes what a snapshot says of each node.
func summary(s *Snapshot) []string {
	var lines []string
	for _, n := range s.Nodes() {
		var pods []string
		for _, p := range n.Pods {
			pods = append(pods, p.Name)
		}
		slices.Sort(pods)
		lines = append(lines, fmt.Sprintf("%s %v cpu %d gpu %d ports %d terms %d",
			n.Name, pods, n.Requested.MilliCPU, n.Requested.Scalar["example.com/gpu"], len(n.Ports), len(n.WithTerms)))
	}
	slices.Sort(lines)
	return lines
}

func TestAssumptionHoldsUntilTheAPIServerSaysOtherwise(t *testing.T) {
	c, s := NewCache(), New()
	want := func(step string, lines ...string) {
		t.Helper()
		c.Update(s)
		if diff := cmp.Diff(lines, summary(s)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step, diff)
		}
	}
	c.SetNode(node("a", "west"))
	c.SetNode(node("b", "east"))
	c.Assume(pod(t, "web", ""), "a")
	want("assumed", "a [web] cpu 100 gpu 1 ports 1 terms 0", "b [] cpu 0 gpu 0 ports 0 terms 0")
	c.SetPod(pod(t, "web", "b"))
	want("bound elsewhere", "a [] cpu 0 gpu 0 ports 0 terms 0", "b [web] cpu 100 gpu 1 ports 1 terms 0")
	c.Forget("web")
	want("too late to forget", "a [] cpu 0 gpu 0 ports 0 terms 0", "b [web] cpu 100 gpu 1 ports 1 terms 0")
	c.Assume(pod(t, "db", ""), "a")
	c.Forget("db")
	want("forgotten", "a [] cpu 0 gpu 0 ports 0 terms 0", "b [web] cpu 100 gpu 1 ports 1 terms 0")
	c.RemoveNode("b")
	want("a node is gone", "a [] cpu 0 gpu 0 ports 0 terms 0")
	c.SetNode(node("b", "east"))
	want("and back with its pods", "a [] cpu 0 gpu 0 ports 0 terms 0", "b [web] cpu 100 gpu 1 ports 1 terms 0")
	c.RemovePod("web")
	want("until they are gone", "a [] cpu 0 gpu 0 ports 0 terms 0", "b [] cpu 0 gpu 0 ports 0 terms 0")
}

func TestPodsMayComeBeforeTheirNode(t *testing.T) {
	c, s := NewCache(), New()
	c.SetPod(pod(t, "web", "a"))
	c.Update(s)
	if len(s.Nodes()) > 0 {
		t.Errorf("snapshot has %v, a node that nobody has seen", summary(s))
	}
	c.SetNode(node("a", "west"))
	c.Update(s)
	if diff := cmp.Diff([]string{"a [web] cpu 100 gpu 1 ports 1 terms 0"}, summary(s)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestImaginedSnapshotLeavesTheRealOneAlone(t *testing.T) {
	s := New(NewNode(node("a", "west"), pod(t, "web", "a")), NewNode(node("b", "east")))
	before := summary(s)
	imagined := s.With(s.Node("a").Without("web"), s.Node("b").With(pod(t, "db", "b", withTerms)))
	want := []string{"a [] cpu 0 gpu 0 ports 0 terms 0", "b [db] cpu 100 gpu 1 ports 1 terms 1"}
	if diff := cmp.Diff(want, summary(imagined)); diff != "" {
		t.Errorf("imagined (-want +got):\n%s", diff)
	}
	if len(imagined.WithTerms()) != 1 || len(s.WithTerms()) != 0 {
		t.Errorf("nodes with terms: %d imagined, %d real, want 1 and 0", len(imagined.WithTerms()), len(s.WithTerms()))
	}
	if diff := cmp.Diff(before, summary(s)); diff != "" {
		t.Errorf("real (-want +got):\n%s", diff)
	}
}

func withTerms(p *corev1.Pod) {
	p.Spec.Affinity = &corev1.Affinity{PodAntiAffinity: &corev1.PodAntiAffinity{
		RequiredDuringSchedulingIgnoredDuringExecution: []corev1.PodAffinityTerm{{TopologyKey: "zone"}},
	}}
}

// TestRandomHistory compares a snapshot that followed a random history, and a
// tally that did, with those made from the outcome.
func TestRandomHistory(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	c, s := NewCache(), New()
	var tallies Tallies
	group := Group{
		Name:    "even",
		Matches: func(p *Pod) bool { return len(p.Name)%2 == 0 },
		Domain:  func(n *Node) (string, bool) { return n.Labels["zone"], n.Labels["zone"] != "" },
	}
	nodes := map[string]*corev1.Node{}
	pods := map[types.UID]*Pod{}
	for step := range 2000 {
		name := fmt.Sprintf("n%d", random.IntN(12))
		uid := fmt.Sprintf("p%d", random.IntN(40))
		switch random.IntN(6) {
		case 0:
			nodes[name] = node(name, []string{"", "west", "east", "north"}[random.IntN(4)])
			c.SetNode(nodes[name])
		case 1:
			delete(nodes, name)
			c.RemoveNode(name)
		case 2:
			delete(pods, types.UID(uid))
			c.RemovePod(types.UID(uid))
		default:
			p := pod(t, uid, name)
			if random.IntN(3) == 0 {
				p = pod(t, uid, name, withTerms)
			}
			pods[p.UID] = p
			c.SetPod(p)
		}
		if random.IntN(3) > 0 {
			continue
		}
		c.Update(s)
		fresh := New()
		for _, object := range nodes {
			n := NewNode(object)
			for _, p := range pods {
				if p.Spec.NodeName == object.Name {
					n = n.With(p)
				}
			}
			fresh.set(n)
		}
		if diff := cmp.Diff(summary(fresh), summary(s)); diff != "" {
			t.Fatalf("step %d: snapshot (-want +got):\n%s", step, diff)
		}
		if diff := cmp.Diff(slices.Sorted(maps.Keys(fresh.WithTerms())), slices.Sorted(maps.Keys(s.WithTerms()))); diff != "" {
			t.Fatalf("step %d: nodes with terms (-want +got):\n%s", step, diff)
		}
		view := s
		if random.IntN(2) == 0 && len(s.Nodes()) > 0 { // as preemption does
			changed := s.Nodes()[random.IntN(len(s.Nodes()))].With(pod(t, "imagined", ""))
			view, fresh = s.With(changed), fresh.With(changed)
		}
		want := new(Tallies).Count(group, fresh).Domains
		if diff := cmp.Diff(want, tallies.Count(group, view).Domains); diff != "" {
			t.Fatalf("step %d: tally (-want +got):\n%s", step, diff)
		}
	}
}

func TestTalliesForgetTheGroupsThatWereNotUsed(t *testing.T) {
	var tallies Tallies
	s := New(NewNode(node("a", "west"), pod(t, "web", "a")))
	for i := range 3 * keep {
		group := Group{
			Name:    fmt.Sprint(i),
			Matches: func(*Pod) bool { return i%2 == 0 },
			Domain:  func(*Node) (string, bool) { return "", true },
		}
		if got, want := tallies.Count(group, s).At(0), 1-i%2; got != want {
			t.Fatalf("group %d has %d pods, want %d", i, got, want)
		}
	}
	if len(tallies.recent) != keep {
		t.Errorf("%d groups are remembered, want %d", len(tallies.recent), keep)
	}
}
