package pods_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/seatrial/seatrial/reference/kubelet/kubelettest"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

func TestPodDeletedByForceIsStoppedAndForgotten(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		if err := r.client.CoreV1().Pods("ns").Delete(context.Background(), "web", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if r.pods.Has("uid-web") || !slices.Contains(r.runtime.Calls(), "RemovePodSandbox web") {
			t.Errorf("calls:\n%s", r.dialogue())
		}
	})
}

func TestDeadlineEndsThePod(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", func(pod *corev1.Pod) { pod.Spec.ActiveDeadlineSeconds = new(int64(60)) }))
		time.Sleep(58 * time.Second)
		r.expectPhase("web", corev1.PodRunning)
		time.Sleep(3 * time.Second)
		pod := r.expectPhase("web", corev1.PodFailed)
		if pod.Status.Reason != "DeadlineExceeded" || pod.Status.ContainerStatuses[0].State.Terminated == nil {
			t.Errorf("status = %+v", pod.Status)
		}
	})
}

func TestEvictedPodFailsWithItsReason(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.runtime.OnStop = func(*kubelettest.Container) bool { return false }
		r.create(newPod("web", nil))
		r.pods.Evict("uid-web", status.Verdict{
			Phase: corev1.PodFailed, Reason: "Evicted", Message: "too much",
			Condition: corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: corev1.PodReasonTerminationByKubelet},
		})
		time.Sleep(3 * time.Second) // evicted pods get one second, and the runtime rounds
		pod := r.expectPhase("web", corev1.PodFailed)
		if pod.Status.Reason != "Evicted" || pod.Status.Message != "too much" || condition(pod, corev1.DisruptionTarget) == nil {
			t.Errorf("status = %+v", pod.Status)
		}
	})
}

// A sandbox that dies takes its containers with it: all start anew in a new one.
func TestDeadSandboxIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		before := r.get("web").Status.PodIP
		r.runtime.KillSandbox("web")
		time.Sleep(time.Second)
		pod := r.expectPhase("web", corev1.PodRunning)
		if pod.Status.PodIP == before || pod.Status.ContainerStatuses[0].RestartCount != 1 || !pod.Status.ContainerStatuses[0].Ready {
			t.Errorf("status = %+v\n%s", pod.Status, r.dialogue())
		}
	})
}

// The preStop hook runs within the grace period, before the signal.
func TestPreStopRunsBeforeTheStop(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{
				PostStart: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"hello"}}},
				PreStop:   &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 10}},
			}
		}))
		r.remove("web", 30)
		time.Sleep(9 * time.Second)
		if strings.Contains(r.dialogue(), "StopContainer") {
			t.Fatal("stopped before the hook was done")
		}
		time.Sleep(2 * time.Second)
		if r.get("web") != nil {
			t.Errorf("still there:\n%s", r.dialogue())
		}
	})
}

// The status says Running only after the postStart hook, and a hook that fails restarts the container.
func TestFailedPostStartRestartsTheContainer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var code atomic.Int32
		code.Store(1)
		r.runtime.OnExec = func(*kubelettest.Container, []string) (string, int32) { return "", code.Load() }
		r.create(newPod("web", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PostStart: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"hello"}}}}
		}))
		if pod := r.get("web"); pod.Status.ContainerStatuses[0].Ready || !slices.ContainsFunc(r.told(), func(e string) bool { return strings.Contains(e, "FailedPostStartHook") }) {
			t.Errorf("status = %+v", pod.Status)
		}
		code.Store(0)
		time.Sleep(time.Minute)
		pod := r.expectPhase("web", corev1.PodRunning)
		if got := pod.Status.ContainerStatuses[0]; !got.Ready || got.RestartCount == 0 {
			t.Errorf("status = %+v", got)
		}
	})
}

func TestLivenessRestartsTheContainer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var code atomic.Int32
		r.runtime.OnExec = func(*kubelettest.Container, []string) (string, int32) { return "sick", code.Load() }
		r.create(newPod("web", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].LivenessProbe = &corev1.Probe{
				PeriodSeconds: 10, FailureThreshold: 3, TimeoutSeconds: 1,
				ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"check"}}},
			}
		}))
		time.Sleep(time.Minute)
		code.Store(1)
		time.Sleep(31 * time.Second)
		code.Store(0)
		pod := r.expectPhase("web", corev1.PodRunning)
		if got := pod.Status.ContainerStatuses[0]; got.RestartCount != 1 {
			t.Errorf("restarts = %d; want 1\n%s", got.RestartCount, r.dialogue())
		}
		if events := r.told(); !slices.Contains(events, "Normal Killing Container main failed liveness probe, will be restarted") {
			t.Errorf("events = %q", events)
		}
	})
}

func TestPodWaitsForItsConfigMap(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", func(pod *corev1.Pod) {
			pod.Spec.Volumes = []corev1.Volume{{Name: "conf", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{
				LocalObjectReference: corev1.LocalObjectReference{Name: "conf"},
			}}}}
		}))
		time.Sleep(10 * time.Minute)
		r.expectPhase("web", corev1.PodPending)
		if events := r.told(); !slices.ContainsFunc(events, func(e string) bool {
			return strings.Contains(e, `FailedMount MountVolume.SetUp failed for volume "conf" : configmaps "conf" not found`)
		}) {
			t.Errorf("events = %q", events)
		}
		if _, err := r.client.CoreV1().ConfigMaps("ns").Create(context.Background(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "conf"}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		r.expectPhase("web", corev1.PodRunning) // at once: the object is watched
	})
}

// A pod that is deleted while its image is pulled does not wait for the pull.
func TestDeletionDoesNotWaitForAPull(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		release := make(chan struct{})
		r.runtime.Fail = func(call string) error {
			if call == "PullImage" {
				<-release
			}
			return nil
		}
		r.create(newPod("web", func(pod *corev1.Pod) { pod.Spec.Containers[0].Image = "example.com/slow:1" }))
		r.remove("web", 30)
		if r.get("web") != nil {
			t.Errorf("still there:\n%s", r.dialogue())
		}
		close(release)
	})
}

// The runtime is down for a while: nothing is lost, and what was asked meanwhile is done after.
func TestRuntimeThatIsDownComesBack(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		var down atomic.Bool
		down.Store(true)
		r.runtime.Fail = func(string) error {
			if down.Load() {
				return context.DeadlineExceeded
			}
			return nil
		}
		r.create(newPod("new", nil))
		r.remove("web", 1)
		time.Sleep(10 * time.Minute)
		if r.get("web") == nil {
			t.Error("a pod went although nobody could stop it")
		}
		down.Store(false)
		time.Sleep(time.Minute)
		r.expectPhase("new", corev1.PodRunning)
		if r.get("web") != nil {
			t.Errorf("still there:\n%s", r.dialogue())
		}
	})
}

// A second look changes nothing: no call, no write.
func TestRunningPodIsSteady(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		r.expectPhase("web", corev1.PodRunning)
		calls, writes := len(r.runtime.Calls()), len(r.client.Actions())
		for range 10 {
			r.pods.Changed("uid-web")
			time.Sleep(10 * time.Minute)
		}
		synctest.Wait()
		if len(r.runtime.Calls()) != calls || len(r.client.Actions()) != writes {
			t.Errorf("calls %q, writes %v", r.runtime.Calls()[calls:], r.client.Actions()[writes:])
		}
	})
}
