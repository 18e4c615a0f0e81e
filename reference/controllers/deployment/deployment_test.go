package deployment

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/seatrial/seatrial/reference/controller/controllertest"
	"github.com/seatrial/seatrial/reference/controllers/replicaset"
)

func deployment(replicas int32) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	return &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: "one"}}},
			},
			Strategy: appsv1.DeploymentStrategy{
				Type: appsv1.RollingUpdateDeploymentStrategyType,
				RollingUpdate: &appsv1.RollingUpdateDeployment{
					MaxSurge: new(intstr.FromString("25%")), MaxUnavailable: new(intstr.FromString("25%")),
				},
			},
			RevisionHistoryLimit: new(int32(10)), ProgressDeadlineSeconds: new(int32(600)),
		},
	}
}

type bench struct{ *controllertest.Bench }

// start runs the controllers of Deployments and ReplicaSets over pods that get ready, except those of the image "broken".
func start(t *testing.T, d *appsv1.Deployment) bench {
	t.Helper()
	b := bench{controllertest.NewBench(t, controllertest.NewClient(d))}
	sets, err := replicaset.New(b.Env)
	if err != nil {
		t.Fatal(err)
	}
	deployments, err := New(b.Env)
	if err != nil {
		t.Fatal(err)
	}
	b.RunPods(2*time.Second, func(p *corev1.Pod) bool { return p.Spec.Containers[0].Image == "broken" })
	b.Run(sets, deployments)
	b.Settle(time.Minute)
	return b
}

func (b bench) get() *appsv1.Deployment {
	b.Helper()
	d, err := b.Client.AppsV1().Deployments("ns").Get(b.Ctx, "web", metav1.GetOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

func (b bench) update(change func(*appsv1.Deployment)) {
	b.Helper()
	d := b.get()
	change(d)
	if _, err := b.Client.AppsV1().Deployments("ns").Update(b.Ctx, d, metav1.UpdateOptions{}); err != nil {
		b.Fatal(err)
	}
	b.Settle(time.Minute)
}

// sizes maps the image of each ReplicaSet to its size.
func (b bench) sizes() map[string]int32 {
	b.Helper()
	sizes := map[string]int32{}
	for _, rs := range b.sets() {
		sizes[rs.Spec.Template.Spec.Containers[0].Image] = *rs.Spec.Replicas
	}
	return sizes
}

func (b bench) sets() []appsv1.ReplicaSet {
	b.Helper()
	list, err := b.Client.AppsV1().ReplicaSets("ns").List(b.Ctx, metav1.ListOptions{})
	if err != nil {
		b.Fatal(err)
	}
	return list.Items
}

func image(name string) func(*appsv1.Deployment) {
	return func(d *appsv1.Deployment) { d.Spec.Template.Spec.Containers[0].Image = name }
}

func reason(d *appsv1.Deployment, t appsv1.DeploymentConditionType) string {
	if c := find(&d.Status, t); c != nil {
		return string(c.Status) + " " + c.Reason
	}
	return ""
}

// "Deployment ensures that only a certain number of Pods are down while they are being updated",
// and "that only a certain number of Pods are created above the desired number of Pods". It rations what it asks of its ReplicaSets:
// those that are told to shrink may still have Pods when others have grown.
func TestRollingUpdateStaysWithinItsBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, deployment(10))
		ctx, cancel := context.WithCancel(t.Context())
		watcher, err := b.Client.CoreV1().Pods("ns").Watch(ctx, metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		most, least, done := 0, 10, make(chan struct{})
		go func() {
			defer close(done)
			defer watcher.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-watcher.ResultChan():
				}
				ready, asked := 0, 0
				for _, p := range b.Pods("ns") {
					if len(p.Status.Conditions) > 0 {
						ready++
					}
				}
				for _, size := range b.sizes() {
					asked += int(size)
				}
				most, least = max(most, asked), min(least, ready)
			}
		}()
		b.update(image("two"))
		cancel()
		<-done
		if most > 13 || least < 8 {
			t.Errorf("at most %d pods asked for and at least %d ready; want 13 and 8", most, least)
		}
		d := b.get()
		if s := b.sizes(); s["one"] != 0 || s["two"] != 10 || d.Status.UpdatedReplicas != 10 || d.Status.AvailableReplicas != 10 || d.Status.UnavailableReplicas != 0 {
			t.Errorf("sizes %v, status %+v", s, d.Status)
		}
		if got := reason(d, appsv1.DeploymentProgressing); got != "True NewReplicaSetAvailable" {
			t.Errorf("Progressing = %q", got)
		}
		if d.Annotations[revision] != "2" || d.Status.ObservedGeneration != d.Generation {
			t.Errorf("revision %q, observed generation %d of %d", d.Annotations[revision], d.Status.ObservedGeneration, d.Generation)
		}
		b.Steady()
	})
}

func TestBrokenRevisionStopsTheRolloutAndRunsIntoTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, deployment(10))
		b.update(image("broken"))
		if s := b.sizes(); s["one"] != 8 || s["broken"] != 5 {
			t.Errorf("sizes %v; want 8 old and 5 new", s)
		}
		if got := reason(b.get(), appsv1.DeploymentAvailable); got != "True MinimumReplicasAvailable" {
			t.Errorf("Available = %q", got)
		}
		b.Settle(10 * time.Minute)
		if got := reason(b.get(), appsv1.DeploymentProgressing); got != "False ProgressDeadlineExceeded" {
			t.Errorf("Progressing = %q", got)
		}
		b.update(image("one"))
		d := b.get()
		if s := b.sizes(); s["one"] != 10 || s["broken"] != 0 || d.Annotations[revision] != "3" {
			t.Errorf("after the rollback: sizes %v, revision %q", s, d.Annotations[revision])
		}
		for _, rs := range b.sets() {
			if rs.Spec.Template.Spec.Containers[0].Image == "one" && rs.Annotations[revisionHistory] != "1" {
				t.Errorf("history of the old revision %q, want 1", rs.Annotations[revisionHistory])
			}
		}
		b.Steady()
	})
}

// https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#proportional-scaling has these very numbers.
func TestScalingDuringARolloutIsProportional(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deployment(10)
		d.Spec.Strategy.RollingUpdate.MaxSurge = new(intstr.FromInt32(3))
		d.Spec.Strategy.RollingUpdate.MaxUnavailable = new(intstr.FromInt32(2))
		b := start(t, d)
		b.update(image("broken"))
		b.update(func(d *appsv1.Deployment) { d.Spec.Replicas = new(int32(15)) })
		if s := b.sizes(); s["one"] != 11 || s["broken"] != 7 {
			t.Errorf("sizes %v; want 11 old and 7 new", s)
		}
		b.Steady()
	})
}

func TestPausedDeploymentScalesButDoesNotRollOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, deployment(2))
		b.update(func(d *appsv1.Deployment) { d.Spec.Paused = true; image("two")(d) })
		b.update(func(d *appsv1.Deployment) { d.Spec.Replicas = new(int32(4)) })
		if s := b.sizes(); len(s) != 1 || s["one"] != 4 {
			t.Errorf("paused: sizes %v; want 4 of one", s)
		}
		if got := reason(b.get(), appsv1.DeploymentProgressing); got != "Unknown DeploymentPaused" {
			t.Errorf("Progressing = %q", got)
		}
		b.update(func(d *appsv1.Deployment) { d.Spec.Paused = false })
		if s := b.sizes(); s["one"] != 0 || s["two"] != 4 {
			t.Errorf("resumed: sizes %v; want 4 of two", s)
		}
		b.Steady()
	})
}

// "All existing Pods are killed before new ones are created when .spec.strategy.type==Recreate."
func TestRecreateKillsBeforeItCreates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deployment(3)
		d.Spec.Strategy = appsv1.DeploymentStrategy{Type: appsv1.RecreateDeploymentStrategyType}
		b := start(t, d)
		stay := b.Pods("ns")[0]
		stay.Finalizers = []string{"test/stay"}
		if _, err := b.Client.CoreV1().Pods("ns").Update(t.Context(), &stay, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.update(image("two"))
		if n := len(b.Pods("ns")); n != 1 {
			t.Fatalf("%d pods while one is terminating, want only that one", n)
		}
		pod, _ := b.Client.CoreV1().Pods("ns").Get(t.Context(), stay.Name, metav1.GetOptions{})
		pod.Finalizers = []string{}
		if _, err := b.Client.CoreV1().Pods("ns").Update(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Minute)
		if s := b.sizes(); s["one"] != 0 || s["two"] != 3 || b.get().Status.AvailableReplicas != 3 {
			t.Errorf("sizes %v, status %+v", s, b.get().Status)
		}
		b.Steady()
	})
}

// The status counts an old ReplicaSet once, as old, also in the step that scales it down before there is a new one.
func TestScalingAnOldReplicaSetDoesNotMakeItTheCurrentOne(t *testing.T) {
	d := deployment(1)
	old := &appsv1.ReplicaSet{ObjectMeta: metav1.ObjectMeta{Name: "old", UID: "old"}, Spec: appsv1.ReplicaSetSpec{Replicas: new(int32(1))}}
	old.Status = appsv1.ReplicaSetStatus{Replicas: 1, ReadyReplicas: 1, AvailableReplicas: 1}
	ro := newRollout(d, []*appsv1.ReplicaSet{old})
	saved := old.DeepCopy()
	saved.Spec.Replicas = new(int32(0))
	ro.replace(saved)
	s, _ := ro.status(nil, time.Now())
	if s.Replicas != 1 || s.UpdatedReplicas != 0 || s.ReadyReplicas != 1 || ro.old[0] != saved {
		t.Errorf("status %+v", s)
	}
}

func TestOldRevisionsBeyondTheLimitAreDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deployment(1)
		d.Spec.RevisionHistoryLimit = new(int32(1))
		b := start(t, d)
		for _, name := range []string{"two", "three", "four"} {
			b.update(image(name))
		}
		if s := b.sizes(); len(s) != 2 || s["four"] != 1 {
			t.Errorf("sizes %v; want four and its predecessor", s)
		}
	})
}

func TestForeignReplicaSetOfTheNameGivesAnotherHash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := deployment(1)
		taken := "web-" + templateHash(&d.Spec.Template, nil)
		b := bench{controllertest.NewBench(t, controllertest.NewClient(d, &appsv1.ReplicaSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: taken},
			Spec:       appsv1.ReplicaSetSpec{Replicas: new(int32(0)), Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}},
		}))}
		c, err := New(b.Env)
		if err != nil {
			t.Fatal(err)
		}
		b.Run(c)
		sets := b.sets()
		if len(sets) != 2 || *b.get().Status.CollisionCount != 1 {
			t.Errorf("%d sets, status %+v", len(sets), b.get().Status)
		}
	})
}

func TestEventsTellTheScaling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := start(t, deployment(3))
		events := b.Reasons()
		ok := slices.ContainsFunc(events, func(e string) bool {
			return strings.HasPrefix(e, "Normal ScalingReplicaSet Scaled up replica set web-") && strings.HasSuffix(e, " from 0 to 3")
		})
		if !ok {
			t.Errorf("events %q", events)
		}
	})
}
