package probes

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"
)

// rig probes one container in fake time; answers says how each kind of probe, told by its period, ends.
type rig struct {
	pod     *Pod
	status  *runtimeapi.ContainerStatus
	spec    *corev1.Container
	mu      sync.Mutex
	answers map[*corev1.Probe]Outcome
	asked   map[*corev1.Probe]int
	events  []string
	changes int
}

func bubble(t *testing.T, spec *corev1.Container, test func(t *testing.T, r *rig)) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{spec: spec, answers: map[*corev1.Probe]Outcome{}, asked: map[*corev1.Probe]int{}}
		r.status = &runtimeapi.ContainerStatus{Id: "c", StartedAt: time.Now().UnixNano()}
		r.pod = New(Options{
			Clock: clock.RealClock{},
			Check: func(_ context.Context, probe *corev1.Probe, _ Target) (Outcome, string) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.asked[probe]++
				return r.answers[probe], "output"
			},
			Record: func(_ *corev1.Container, _, reason, message string) {
				r.mu.Lock()
				defer r.mu.Unlock()
				r.events = append(r.events, reason+" "+message)
			},
			Changed: func() { r.mu.Lock(); defer r.mu.Unlock(); r.changes++ },
		})
		defer r.pod.Close()
		r.sync(false)
		test(t, r)
	})
}

func (r *rig) sync(ending bool) {
	r.pod.Sync([]Running{{Spec: r.spec, Status: r.status}}, "10.0.0.1", ending)
	synctest.Wait()
}

func (r *rig) set(probe *corev1.Probe, outcome Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[probe] = outcome
}

func (r *rig) count(probe *corev1.Probe) int {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked[probe]
}

func probe(period, failures int32) *corev1.Probe {
	return &corev1.Probe{PeriodSeconds: period, FailureThreshold: failures, SuccessThreshold: 1}
}

func TestContainerWithoutProbesIsStartedAndReady(t *testing.T) {
	bubble(t, &corev1.Container{}, func(t *testing.T, r *rig) {
		if !r.pod.Started(r.status) || !r.pod.Ready(r.status) || len(r.pod.Failed()) != 0 {
			t.Error("not started or not ready")
		}
	})
}

func TestReadinessFollowsTheThresholds(t *testing.T) {
	readiness := probe(10, 3)
	readiness.SuccessThreshold = 2
	bubble(t, &corev1.Container{ReadinessProbe: readiness}, func(t *testing.T, r *rig) {
		if r.pod.Ready(r.status) {
			t.Error("ready before the first answer")
		}
		r.set(readiness, Success)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if r.pod.Ready(r.status) {
			t.Error("ready after one success; the threshold is 2")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !r.pod.Ready(r.status) {
			t.Error("not ready after two successes")
		}
		r.set(readiness, Failure)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if !r.pod.Ready(r.status) {
			t.Error("not ready after two failures; the threshold is 3")
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if r.pod.Ready(r.status) || len(r.pod.Failed()) != 0 {
			t.Error("still ready after three failures, or to be stopped")
		}
		if !slices.Contains(r.events, "Unhealthy Readiness probe failed: output") {
			t.Errorf("events = %q", r.events)
		}
	})
}

func TestLivenessFailureStopsTheContainerOnce(t *testing.T) {
	liveness := probe(1, 2)
	liveness.InitialDelaySeconds = 5
	liveness.TerminationGracePeriodSeconds = new(int64(7))
	bubble(t, &corev1.Container{LivenessProbe: liveness}, func(t *testing.T, r *rig) {
		if r.count(liveness) != 0 {
			t.Error("asked before the initial delay")
		}
		time.Sleep(5*time.Second + time.Second)
		synctest.Wait()
		verdicts := r.pod.Failed()
		if len(verdicts) != 1 || verdicts[0].Kind != Liveness || *verdicts[0].Grace != 7 {
			t.Fatalf("verdicts = %+v; want one of liveness with its own grace period", verdicts)
		}
		time.Sleep(time.Hour)
		if got := r.count(liveness); got != 2 {
			t.Errorf("asked %d times; want no more after the verdict", got)
		}
	})
}

// While the startup probe has not succeeded, the others are not asked.
func TestStartupHoldsBackTheOthers(t *testing.T) {
	startup, liveness, readiness := probe(10, 30), probe(1, 1), probe(1, 1)
	bubble(t, &corev1.Container{StartupProbe: startup, LivenessProbe: liveness, ReadinessProbe: readiness}, func(t *testing.T, r *rig) {
		time.Sleep(100 * time.Second)
		if r.count(liveness) != 0 || r.count(readiness) != 0 || r.pod.Started(r.status) {
			t.Error("asked before the start")
		}
		r.set(startup, Success)
		r.set(liveness, Success)
		r.set(readiness, Success)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if !r.pod.Started(r.status) || !r.pod.Ready(r.status) {
			t.Error("not started or not ready right after the startup probe")
		}
		asked := r.count(startup)
		time.Sleep(time.Hour)
		if r.count(startup) != asked {
			t.Error("the startup probe is asked after its success")
		}
	})
}

func TestStartupFailureStopsTheContainer(t *testing.T) {
	startup := probe(10, 3)
	bubble(t, &corev1.Container{StartupProbe: startup}, func(t *testing.T, r *rig) {
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if verdicts := r.pod.Failed(); len(verdicts) != 1 || verdicts[0].Kind != Startup {
			t.Errorf("verdicts = %+v", verdicts)
		}
	})
}

// A pod that ends is not killed for its liveness, but traffic still leaves it.
func TestEndingPodIsOnlyAskedForReadiness(t *testing.T) {
	liveness, readiness := probe(1, 2), probe(1, 1)
	bubble(t, &corev1.Container{LivenessProbe: liveness, ReadinessProbe: readiness}, func(t *testing.T, r *rig) {
		r.set(liveness, Success)
		r.set(readiness, Success)
		time.Sleep(2 * time.Second)
		r.sync(true)
		asked := r.count(liveness)
		r.set(liveness, Failure)
		r.set(readiness, Failure)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if r.count(liveness) != asked || len(r.pod.Failed()) != 0 {
			t.Error("liveness is asked while the pod ends")
		}
		if r.pod.Ready(r.status) {
			t.Error("still ready")
		}
	})
}

func TestContainerThatWasReadyBeforeARestartOfTheAgentStaysReady(t *testing.T) {
	readiness := probe(1000, 1)
	bubble(t, &corev1.Container{}, func(t *testing.T, r *rig) {
		adopted := &runtimeapi.ContainerStatus{Id: "old", StartedAt: time.Now().UnixNano()}
		r.pod.Sync([]Running{{Spec: &corev1.Container{ReadinessProbe: readiness, StartupProbe: probe(1, 1)}, Status: adopted, Ready: true}}, "", false)
		if !r.pod.Ready(adopted) || !r.pod.Started(adopted) {
			t.Error("not ready or not started")
		}
	})
}
