package pods_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/kubelet/kubelettest"
)

func TestPodRunsAndTellsItsStatus(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		pod := r.expectPhase("web", corev1.PodRunning)
		if pod.Status.PodIP == "" || pod.Status.HostIP != "192.0.2.1" || pod.Status.StartTime == nil {
			t.Errorf("addresses or start time are missing: %+v", pod.Status)
		}
		state := pod.Status.ContainerStatuses[0]
		if !state.Ready || state.State.Running == nil || !strings.HasPrefix(state.ContainerID, "containerd://") {
			t.Errorf("container status = %+v; want ready and running", state)
		}
		for _, condition := range pod.Status.Conditions {
			if condition.Status != corev1.ConditionTrue {
				t.Errorf("condition %s = %s; want True", condition.Type, condition.Status)
			}
		}
		if want := "RunPodSandbox web\nCreateContainer main\nStartContainer main"; r.dialogue() != want {
			t.Errorf("calls:\n%s\nwant:\n%s", r.dialogue(), want)
		}
	})
}

// The last status is written before the API object goes, and the object goes only after the sandbox.
func TestDeletedPodStopsGracefullyAndLeavesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		r.expectPhase("web", corev1.PodRunning)
		r.remove("web", 30)
		if pod := r.get("web"); pod != nil {
			t.Fatalf("pod is still there: %+v", pod.Status)
		}
		calls := r.runtime.Calls()
		for _, call := range []string{"StopContainer main", "StopPodSandbox web", "RemovePodSandbox web"} {
			if !slices.Contains(calls, call) {
				t.Errorf("no call %q in:\n%s", call, r.dialogue())
			}
		}
		if r.pods.Has("uid-web") {
			t.Error("the worker is still there")
		}
	})
}

func TestContainerThatIgnoresTheSignalIsKilledAfterTheGracePeriod(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.runtime.OnStop = func(*kubelettest.Container) bool { return false }
		r.create(newPod("web", nil))
		begin := time.Now()
		r.remove("web", 30)
		time.Sleep(29 * time.Second)
		if r.get("web") == nil {
			t.Fatalf("pod went after %v; want 30s", time.Since(begin))
		}
		time.Sleep(2 * time.Second)
		if pod := r.get("web"); pod != nil {
			t.Fatalf("pod is still there after %v: %+v", time.Since(begin), pod.Status)
		}
	})
}

func TestSecondDeleteShortensTheGracePeriod(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.runtime.OnStop = func(*kubelettest.Container) bool { return false }
		r.create(newPod("web", func(pod *corev1.Pod) { pod.Spec.TerminationGracePeriodSeconds = new(int64(600)) }))
		r.remove("web", 600)
		time.Sleep(5 * time.Second)
		r.remove("web", 3)
		time.Sleep(4 * time.Second)
		if pod := r.get("web"); pod != nil {
			t.Fatalf("pod is still there: %+v\n%s", pod.Status, r.dialogue())
		}
	})
}

func TestPodWithRestartPolicyNeverSucceedsOrFails(t *testing.T) {
	for _, tt := range []struct {
		code int32
		want corev1.PodPhase
	}{{0, corev1.PodSucceeded}, {3, corev1.PodFailed}} {
		bubble(t, func(t *testing.T, r *rig) {
			r.create(newPod("job", func(pod *corev1.Pod) { pod.Spec.RestartPolicy = corev1.RestartPolicyNever }))
			r.expectPhase("job", corev1.PodRunning)
			r.runtime.Container("main").Exit(tt.code)
			pod := r.expectPhase("job", tt.want)
			state := pod.Status.ContainerStatuses[0].State.Terminated
			if state == nil || state.ExitCode != tt.code {
				t.Errorf("state = %+v; want terminated with %d", pod.Status.ContainerStatuses[0].State, tt.code)
			}
			r.remove("job", 30)
			if r.get("job") != nil {
				t.Error("finished pod is not removed at once")
			}
		})
	}
}

// The first restart is at once, the second after 10 s, then 20 s (container restarts, pod lifecycle).
func TestCrashLoopBacksOff(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", nil))
		for i, wait := range []time.Duration{0, 10 * time.Second, 20 * time.Second, 40 * time.Second} {
			r.runtime.Container("main").Exit(1)
			synctest.Wait()
			if wait > 0 {
				time.Sleep(wait - time.Second)
				state := r.get("web").Status.ContainerStatuses[0]
				if state.State.Waiting == nil || state.State.Waiting.Reason != "CrashLoopBackOff" || state.LastTerminationState.Terminated == nil {
					t.Fatalf("restart %d: state = %+v; want CrashLoopBackOff", i+1, state)
				}
				time.Sleep(time.Second + time.Millisecond)
			}
			state := r.get("web").Status.ContainerStatuses[0]
			if state.State.Running == nil || int(state.RestartCount) != i+1 {
				t.Fatalf("restart %d after %v: %+v", i+1, wait, state)
			}
		}
		r.expectPhase("web", corev1.PodRunning)
	})
}

func TestInitContainersRunInOrderAndSidecarsStayAlive(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", func(pod *corev1.Pod) {
			side := container("side")
			side.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
			pod.Spec.InitContainers = []corev1.Container{container("first"), side, container("second")}
			pod.Spec.RestartPolicy = corev1.RestartPolicyNever
		}))
		r.expectPhase("web", corev1.PodPending)
		r.runtime.Container("first").Exit(0)
		synctest.Wait()
		if r.runtime.Container("side") == nil || r.runtime.Container("second") == nil || r.runtime.Container("main") != nil {
			t.Fatalf("calls:\n%s", r.dialogue())
		}
		r.runtime.Container("second").Exit(0)
		r.expectPhase("web", corev1.PodRunning)
		r.runtime.Container("side").Exit(1) // it runs again although the pod's policy is Never
		r.expectPhase("web", corev1.PodRunning)
		if got := r.runtime.Container("side").Config.Metadata.Attempt; got != 1 {
			t.Errorf("sidecar attempt = %d; want 1", got)
		}
		r.runtime.Container("main").Exit(0)
		r.expectPhase("web", corev1.PodSucceeded)
	})
}

func TestMissingImageTellsWhy(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", func(pod *corev1.Pod) { pod.Spec.Containers[0].Image = "example.com/none:1" }))
		waiting := func() string { return r.get("web").Status.ContainerStatuses[0].State.Waiting.Reason }
		if got := waiting(); got != "ErrImagePull" {
			t.Errorf("reason = %s; want ErrImagePull", got)
		}
		time.Sleep(11 * time.Second)
		r.runtime.AllowPull("example.com/none:1")
		time.Sleep(30 * time.Second)
		r.expectPhase("web", corev1.PodRunning)
	})
}

// A container that could not be configured is tried as soon as the pod changes, not when the back-off ends.
func TestChangedPodIsTriedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.create(newPod("web", func(pod *corev1.Pod) {
			pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "P", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['path']"}}}}
			pod.Spec.Containers[0].VolumeMounts = []corev1.VolumeMount{{Name: "data", MountPath: "/data", SubPathExpr: "/$(P)"}}
			pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}}}
		}))
		time.Sleep(10 * time.Minute)
		pod := r.get("web").DeepCopy()
		if waiting := pod.Status.ContainerStatuses[0].State.Waiting; waiting == nil || waiting.Reason != "CreateContainerConfigError" {
			t.Fatalf("state = %+v; want CreateContainerConfigError", pod.Status.ContainerStatuses[0].State)
		}
		pod.Spec.Containers[0].VolumeMounts[0].SubPathExpr = "$(P)" // a real API server lets only metadata change
		pod.Annotations = map[string]string{"path": "there"}
		r.update(pod)
		r.expectPhase("web", corev1.PodRunning)
	})
}
