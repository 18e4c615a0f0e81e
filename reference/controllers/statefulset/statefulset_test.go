package statefulset

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func statefulSet(replicas int32, change ...func(*appsv1.StatefulSet)) *appsv1.StatefulSet {
	labels := map[string]string{"app": "db"}
	set := &appsv1.StatefulSet{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "db"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: &replicas, ServiceName: "db", Selector: &metav1.LabelSelector{MatchLabels: labels},
			PodManagementPolicy: appsv1.OrderedReadyPodManagement,
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "one"}}},
			},
			VolumeClaimTemplates: []corev1.PersistentVolumeClaim{{ObjectMeta: metav1.ObjectMeta{Name: "data"}}},
			UpdateStrategy: appsv1.StatefulSetUpdateStrategy{
				Type: appsv1.RollingUpdateStatefulSetStrategyType, RollingUpdate: &appsv1.RollingUpdateStatefulSetStrategy{},
			},
			RevisionHistoryLimit: new(int32(10)),
		},
	}
	for _, f := range change {
		f(set)
	}
	return set
}

type bench struct {
	*controllertest.Bench
	log *[]string // names of pods as they come and go
}

func start(t *testing.T, set *appsv1.StatefulSet) bench {
	t.Helper()
	client := controllertest.NewClient(set)
	b := bench{controllertest.NewBench(t, client), &[]string{}}
	c, err := New(b.Env)
	if err != nil {
		t.Fatal(err)
	}
	watcher, err := client.CoreV1().Pods("ns").Watch(b.Ctx, metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watcher.Stop)
	go func() {
		for e := range watcher.ResultChan() {
			switch e.Type {
			case watch.Added:
				*b.log = append(*b.log, "+"+e.Object.(*corev1.Pod).Name)
			case watch.Deleted:
				*b.log = append(*b.log, "-"+e.Object.(*corev1.Pod).Name)
			}
		}
	}()
	b.RunPods(2*time.Second, func(p *corev1.Pod) bool { return p.Spec.Containers[0].Image == "broken" })
	b.Run(c)
	b.Settle(time.Minute)
	return b
}

// events returns what came and went since the last call.
func (b bench) events() string {
	out := strings.Join(*b.log, " ")
	*b.log = nil
	return out
}

func (b bench) get() *appsv1.StatefulSet {
	b.Helper()
	set, err := b.Client.AppsV1().StatefulSets("ns").Get(b.Ctx, "db", metav1.GetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return set
}

func (b bench) update(change func(*appsv1.StatefulSet)) {
	b.Helper()
	set := b.get()
	change(set)
	if _, err := b.Client.AppsV1().StatefulSets("ns").Update(b.Ctx, set, metav1.UpdateOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Settle(time.Minute)
}

func image(name string) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) { s.Spec.Template.Spec.Containers[0].Image = name }
}

func scale(n int32) func(*appsv1.StatefulSet) {
	return func(s *appsv1.StatefulSet) { s.Spec.Replicas = &n }
}

// "Pods are created sequentially, in order from {0..N-1}"; "terminated in reverse order, from {N-1..0}".
func TestPodsComeAndGoInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(3))
		if got := b.events(); got != "+db-0 +db-1 +db-2" {
			t.Errorf("created %q", got)
		}
		set := b.get()
		if s := set.Status; s.Replicas != 3 || s.ReadyReplicas != 3 || s.AvailableReplicas != 3 || s.CurrentReplicas != 3 || s.CurrentRevision != s.UpdateRevision {
			t.Errorf("status %+v", s)
		}
		pod := b.Pods("ns")[1]
		if pod.Spec.Hostname != pod.Name || pod.Spec.Subdomain != "db" || pod.Labels[appsv1.PodIndexLabel] != "1" || pod.Spec.Volumes[0].PersistentVolumeClaim.ClaimName != "data-db-1" {
			t.Errorf("identity %+v", pod)
		}
		b.update(scale(1))
		if got := b.events(); got != "-db-2 -db-1" {
			t.Errorf("deleted %q", got)
		}
		claims, _ := b.Client.CoreV1().PersistentVolumeClaims("ns").List(t.Context(), metav1.ListOptions{})
		if len(claims.Items) != 3 || len(claims.Items[0].OwnerReferences) != 0 {
			t.Errorf("%d claims; want all 3 to outlive their pods", len(claims.Items))
		}
		b.Steady()
	})
}

func TestBrokenPodHoldsUpItsSuccessors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(3, image("broken")))
		if got := b.events(); got != "+db-0" {
			t.Errorf("created %q; want only the first", got)
		}
		b.Steady()
	})
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(3, image("broken"), func(s *appsv1.StatefulSet) { s.Spec.PodManagementPolicy = appsv1.ParallelPodManagement }))
		if n := len(b.Pods("ns")); n != 3 {
			t.Errorf("Parallel: %d pods, want 3", n)
		}
	})
}

func TestRollingUpdateGoesFromTheLastToTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(3))
		b.events()
		b.update(image("two"))
		if got := b.events(); got != "-db-2 +db-2 -db-1 +db-1 -db-0 +db-0" {
			t.Errorf("events %q", got)
		}
		if s := b.get().Status; s.CurrentRevision != s.UpdateRevision || s.CurrentReplicas != 3 || s.UpdatedReplicas != 3 {
			t.Errorf("status %+v", s)
		}
		b.Steady()
	})
}

// "If a partition is specified, all Pods with an ordinal that is greater than or equal to the partition will be updated";
// "even if they are deleted, [the others] will be recreated at the previous version."
func TestPartitionHoldsPodsAtTheFormerRevision(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(3, func(s *appsv1.StatefulSet) { s.Spec.UpdateStrategy.RollingUpdate.Partition = new(int32(2)) }))
		b.update(image("two"))
		if err := b.Client.CoreV1().Pods("ns").Delete(t.Context(), "db-0", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		var images []string
		for _, p := range b.Pods("ns") {
			images = append(images, p.Name+"="+p.Spec.Containers[0].Image)
		}
		slices.Sort(images)
		if !slices.Equal(images, []string{"db-0=one", "db-1=one", "db-2=two"}) {
			t.Errorf("images %v", images)
		}
		if s := b.get().Status; s.CurrentRevision == s.UpdateRevision || s.CurrentReplicas != 2 || s.UpdatedReplicas != 1 {
			t.Errorf("status %+v", s)
		}
		b.Steady()
	})
}

func TestOnDeleteWaitsForTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(2, func(s *appsv1.StatefulSet) {
			s.Spec.UpdateStrategy = appsv1.StatefulSetUpdateStrategy{Type: appsv1.OnDeleteStatefulSetStrategyType}
		}))
		b.events()
		b.update(image("two"))
		if got := b.events(); got != "" {
			t.Errorf("events %q; want none", got)
		}
		if err := b.Client.CoreV1().Pods("ns").Delete(t.Context(), "db-1", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		pod, err := b.Client.CoreV1().Pods("ns").Get(t.Context(), "db-1", metav1.GetOptions{})
		if err != nil || pod.Spec.Containers[0].Image != "two" {
			t.Errorf("recreated as %v, %v", pod, err)
		}
	})
}

func TestFailedPodIsReplacedUnderItsName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, statefulSet(2))
		b.events()
		pod, _ := b.Client.CoreV1().Pods("ns").Get(t.Context(), "db-0", metav1.GetOptions{})
		pod.Status.Phase = corev1.PodFailed
		if _, err := b.Client.CoreV1().Pods("ns").UpdateStatus(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		if got := b.events(); got != "-db-0 +db-0" {
			t.Errorf("events %q", got)
		}
		b.Steady()
	})
}

func TestClaimsAreOwnedAsTheRetentionPolicySays(t *testing.T) {
	const remove, retain = appsv1.DeletePersistentVolumeClaimRetentionPolicyType, appsv1.RetainPersistentVolumeClaimRetentionPolicyType
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "db-1", UID: "pod"}}
	for _, tt := range []struct {
		deleted, scaled appsv1.PersistentVolumeClaimRetentionPolicyType
		condemned       bool
		want            string
	}{
		{retain, retain, true, ""},
		{remove, retain, false, "set"},
		{remove, retain, true, "set"},
		{retain, remove, false, ""},
		{retain, remove, true, "pod"},
		{remove, remove, false, "set"},
		{remove, remove, true, "pod"},
	} {
		set := statefulSet(1)
		set.UID = "set"
		set.Spec.PersistentVolumeClaimRetentionPolicy = &appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{WhenDeleted: tt.deleted, WhenScaled: tt.scaled}
		old := []metav1.OwnerReference{{Kind: "Other", UID: "other"}, {Kind: "StatefulSet", UID: "set"}, {Kind: "Pod", Name: "db-1", UID: "former"}}
		got := ""
		for _, r := range owners(set, pod, old, tt.condemned)[1:] {
			got += string(r.UID)
		}
		if got != tt.want {
			t.Errorf("whenDeleted %s, whenScaled %s, condemned %t: owners %q, want %q", tt.deleted, tt.scaled, tt.condemned, got, tt.want)
		}
	}
}
