package daemonset

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func node(name string, labels map[string]string, taints ...corev1.Taint) *corev1.Node {
	return &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}, Spec: corev1.NodeSpec{Taints: taints}}
}

func daemonSet() *appsv1.DaemonSet {
	labels := map[string]string{"app": "agent"}
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "agent"},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "one"}}},
			},
			UpdateStrategy: appsv1.DaemonSetUpdateStrategy{
				Type:          appsv1.RollingUpdateDaemonSetStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDaemonSet{MaxUnavailable: new(intstr.FromInt32(1)), MaxSurge: new(intstr.FromInt32(0))},
			},
			RevisionHistoryLimit: new(int32(10)),
		},
	}
}

func TestFits(t *testing.T) {
	taint := func(effect corev1.TaintEffect) corev1.Taint { return corev1.Taint{Key: "dedicated", Effect: effect} }
	ssd := map[string]string{"disk": "ssd"}
	for _, tt := range []struct {
		name      string
		node      *corev1.Node
		change    func(*corev1.PodSpec)
		run, stay bool
	}{
		{"plain", node("n", nil), nil, true, true},
		{"selector matches", node("n", ssd), func(s *corev1.PodSpec) { s.NodeSelector = ssd }, true, true},
		{"selector does not match", node("n", nil), func(s *corev1.PodSpec) { s.NodeSelector = ssd }, false, false},
		{"NoSchedule keeps away", node("n", nil, taint(corev1.TaintEffectNoSchedule)), nil, false, true},
		{"NoExecute drives out", node("n", nil, taint(corev1.TaintEffectNoExecute)), nil, false, false},
		{"cordoned", node("n", nil, corev1.Taint{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}), nil, true, true},
		{"unreachable", node("n", nil, corev1.Taint{Key: corev1.TaintNodeUnreachable, Effect: corev1.TaintEffectNoExecute}), nil, true, true},
		{"other node named", node("n", nil), func(s *corev1.PodSpec) { s.NodeName = "m" }, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ds := daemonSet()
			if tt.change != nil {
				tt.change(&ds.Spec.Template.Spec)
			}
			if run, stay := fits((&view{ds: ds}).newPod(tt.node), tt.node); run != tt.run || stay != tt.stay {
				t.Errorf("fits = %t, %t; want %t, %t", run, stay, tt.run, tt.stay)
			}
		})
	}
}

type bench struct{ *controllertest.Bench }

func start(t *testing.T, ds *appsv1.DaemonSet, nodes int) bench {
	t.Helper()
	client := controllertest.NewClient(ds)
	b := bench{controllertest.NewBench(t, client)}
	for i := range nodes {
		if _, err := client.CoreV1().Nodes().Create(t.Context(), node(fmt.Sprintf("n%d", i), nil), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	c, err := New(b.Env)
	if err != nil {
		t.Fatal(err)
	}
	b.RunPods(time.Second, func(p *corev1.Pod) bool { return p.Spec.Containers[0].Image == "broken" })
	b.Run(c)
	b.Settle(time.Minute)
	return b
}

func (b bench) get() *appsv1.DaemonSet {
	b.Helper()
	ds, err := b.Client.AppsV1().DaemonSets("ns").Get(b.Ctx, "agent", metav1.GetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return ds
}

// images maps nodes to the images of their pods.
func (b bench) images() map[string][]string {
	b.Helper()
	out := map[string][]string{}
	for _, p := range b.Pods("ns") {
		out[nodeOf(&p)] = append(out[nodeOf(&p)], p.Spec.Containers[0].Image)
	}
	return out
}

func (b bench) roll(image string) {
	b.Helper()
	ds := b.get()
	ds.Spec.Template.Spec.Containers[0].Image = image
	if _, err := b.Client.AppsV1().DaemonSets("ns").Update(b.Ctx, ds, metav1.UpdateOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Settle(time.Minute)
}

func TestOnePodOnEveryNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, daemonSet(), 3)
		if got := b.images(); len(got) != 3 || len(got["n0"]) != 1 {
			t.Fatalf("pods %v", got)
		}
		if s := b.get().Status; s.DesiredNumberScheduled != 3 || s.CurrentNumberScheduled != 3 || s.NumberAvailable != 3 || s.UpdatedNumberScheduled != 3 || s.NumberUnavailable != 0 {
			t.Errorf("status %+v", s)
		}
		if _, err := b.Client.CoreV1().Nodes().Create(t.Context(), node("late", nil), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		if got := b.images(); len(got["late"]) != 1 {
			t.Errorf("new node has %v", got["late"])
		}
		pod := b.Pods("ns")[0]
		pod.Status.Phase = corev1.PodFailed
		if _, err := b.Client.CoreV1().Pods("ns").UpdateStatus(t.Context(), &pod, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		if pods := b.Pods("ns"); len(pods) != 4 || slices.ContainsFunc(pods, func(p corev1.Pod) bool { return p.Status.Phase == corev1.PodFailed }) {
			t.Errorf("failed pod was not replaced")
		}
		b.Steady()
	})
}

func TestRollingUpdateReplacesOneNodeAfterTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, daemonSet(), 3)
		b.roll("two")
		for node, images := range b.images() {
			if !slices.Equal(images, []string{"two"}) {
				t.Errorf("node %s has %v", node, images)
			}
		}
		b.roll("broken")
		if s := b.get().Status; s.UpdatedNumberScheduled != 1 || s.NumberAvailable != 2 {
			t.Errorf("broken update: %+v; want it to stop at one node", s)
		}
		b.roll("two")
		list, _ := b.Client.AppsV1().ControllerRevisions("ns").List(t.Context(), metav1.ListOptions{})
		newest := int64(0)
		for _, r := range list.Items {
			newest = max(newest, r.Revision)
		}
		if s := b.get().Status; s.UpdatedNumberScheduled != 3 || s.NumberAvailable != 3 || len(list.Items) != 3 || newest != 4 {
			t.Errorf("after the rollback: %+v, %d revisions up to %d", s, len(list.Items), newest)
		}
		b.Steady()
	})
}

func TestRevisionThatSomebodyElseMadeKeepsItsNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, daemonSet(), 1)
		revisions := b.Client.AppsV1().ControllerRevisions("ns")
		numbers := func() (all []int64, last string) {
			b.Settle(time.Minute)
			list, err := revisions.List(t.Context(), metav1.ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(list.Items, func(a, b appsv1.ControllerRevision) int { return int(a.Revision - b.Revision) })
			for _, r := range list.Items {
				all, last = append(all, r.Revision), r.Name
			}
			return all, last
		}
		_, name := numbers()
		first, err := revisions.Get(t.Context(), name, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		second := first.DeepCopy()
		second.ResourceVersion, second.UID = "", "second"
		second.Name, second.Revision = "second", 2
		if _, err := revisions.Create(t.Context(), second, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		if got, last := numbers(); !slices.Equal(got, []int64{1, 2}) || last != "second" {
			t.Errorf("two revisions of the same template have the numbers %v, %s the last", got, last)
		}
		if err := revisions.Delete(t.Context(), name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.roll("two")
		if got, _ := numbers(); !slices.Equal(got, []int64{2, 3}) {
			t.Errorf("after another template the revisions have the numbers %v, want 2 and 3", got)
		}
		b.Steady()
	})
}

func TestSurgeKeepsTheOldPodUntilTheNewOneIsAvailable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ds := daemonSet()
		ds.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateDaemonSet{MaxUnavailable: new(intstr.FromInt32(0)), MaxSurge: new(intstr.FromInt32(1))}
		b := start(t, ds, 3)
		b.roll("broken")
		if s := b.get().Status; s.NumberAvailable != 3 || len(b.Pods("ns")) != 4 {
			t.Errorf("%d pods, status %+v; want one more and all available", len(b.Pods("ns")), s)
		}
		b.roll("two")
		if s := b.get().Status; s.NumberAvailable != 3 || s.UpdatedNumberScheduled != 3 || len(b.Pods("ns")) != 3 {
			t.Errorf("%d pods, status %+v", len(b.Pods("ns")), s)
		}
		b.Steady()
	})
}

func TestOnDeleteWaitsForTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ds := daemonSet()
		ds.Spec.UpdateStrategy = appsv1.DaemonSetUpdateStrategy{Type: appsv1.OnDeleteDaemonSetStrategyType}
		b := start(t, ds, 2)
		b.roll("two")
		if s := b.get().Status; s.UpdatedNumberScheduled != 0 {
			t.Errorf("status %+v; want no pod replaced", s)
		}
		if err := b.Client.CoreV1().Pods("ns").Delete(t.Context(), b.Pods("ns")[0].Name, metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		if s := b.get().Status; s.UpdatedNumberScheduled != 1 {
			t.Errorf("status %+v; want the deleted pod replaced by a new one", s)
		}
	})
}
