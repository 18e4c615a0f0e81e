package status

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// ran makes a container: code < 0 means it still runs.
func ran(name string, attempt uint32, code int32) *runtimeapi.ContainerStatus {
	container := &runtimeapi.ContainerStatus{
		Id: name + "-id", Metadata: &runtimeapi.ContainerMetadata{Name: name, Attempt: attempt},
		State: runtimeapi.ContainerState_CONTAINER_RUNNING, StartedAt: epoch.UnixNano(),
	}
	if code >= 0 {
		container.State, container.ExitCode, container.FinishedAt = runtimeapi.ContainerState_CONTAINER_EXITED, code, epoch.UnixNano()
	}
	return container
}

func observedPod(containers ...*runtimeapi.ContainerStatus) *cri.Pod {
	return &cri.Pod{Containers: containers, Sandboxes: []*runtimeapi.PodSandboxStatus{{
		Id: "s", State: runtimeapi.PodSandboxState_SANDBOX_READY,
		Network: &runtimeapi.PodSandboxNetworkStatus{Ip: "10.0.0.1"},
	}}}
}

func testPod(policy corev1.RestartPolicy, main ...string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Generation: 3}, Spec: corev1.PodSpec{RestartPolicy: policy}}
	for _, name := range main {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: name, Image: "image"})
	}
	return pod
}

func withInit(pod *corev1.Pod, containers ...corev1.Container) *corev1.Pod {
	pod.Spec.InitContainers = containers
	return pod
}

func sidecar(name string) corev1.Container {
	return corev1.Container{Name: name, RestartPolicy: new(corev1.ContainerRestartPolicyAlways)}
}

func compute(pod *corev1.Pod, observed *cri.Pod, change func(*Input)) corev1.PodStatus {
	yes := func(*runtimeapi.ContainerStatus) bool { return true }
	in := Input{Pod: pod, Observed: observed, Ready: yes, Started: yes, HostIPs: []string{"192.0.2.1"}, Now: epoch}
	if change != nil {
		change(&in)
	}
	return Compute(in)
}

func stopped(in *Input) { in.Stopped = true }

// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-phase
func TestPhase(t *testing.T) {
	always, onFailure, never := corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever
	crashing := func(in *Input) {
		in.Waiting = map[string]corev1.ContainerStateWaiting{"a": {Reason: "CrashLoopBackOff"}}
	}
	for _, tt := range []struct {
		name     string
		pod      *corev1.Pod
		observed *cri.Pod
		change   func(*Input)
		want     corev1.PodPhase
	}{
		{"nothing yet", testPod(always, "a"), &cri.Pod{}, nil, corev1.PodPending},
		{"one of two runs", testPod(always, "a", "b"), observedPod(ran("a", 0, -1)), nil, corev1.PodPending},
		{"all run", testPod(always, "a", "b"), observedPod(ran("a", 0, -1), ran("b", 0, -1)), nil, corev1.PodRunning},
		{"ended, runs again", testPod(always, "a"), observedPod(ran("a", 0, 0)), nil, corev1.PodRunning},
		{"in a crash loop", testPod(always, "a"), observedPod(ran("a", 4, 1)), crashing, corev1.PodRunning},
		{"OnFailure, failed", testPod(onFailure, "a"), observedPod(ran("a", 0, 1)), nil, corev1.PodRunning},
		{"OnFailure, succeeded", testPod(onFailure, "a"), observedPod(ran("a", 0, 0)), stopped, corev1.PodSucceeded},
		{"Never, failed", testPod(never, "a"), observedPod(ran("a", 0, 1)), stopped, corev1.PodFailed},
		{"Never, one failed and one runs", testPod(never, "a", "b"), observedPod(ran("a", 0, 1), ran("b", 0, -1)), nil, corev1.PodRunning},
		{"Never, one failed and one succeeded", testPod(never, "a", "b"), observedPod(ran("a", 0, 1), ran("b", 0, 0)), stopped, corev1.PodFailed},
		{"deleted while it ran well", testPod(always, "a"), observedPod(ran("a", 0, 0)), stopped, corev1.PodSucceeded},
		{"deleted and killed", testPod(always, "a"), observedPod(ran("a", 0, 137)), stopped, corev1.PodFailed},
		{"init container runs", withInit(testPod(always, "a"), corev1.Container{Name: "i"}), observedPod(ran("i", 0, -1)), nil, corev1.PodPending},
		{"init container failed for good", withInit(testPod(never, "a"), corev1.Container{Name: "i"}), observedPod(ran("i", 0, 1)), stopped, corev1.PodFailed},
		{"init container failed, runs again", withInit(testPod(always, "a"), corev1.Container{Name: "i"}), observedPod(ran("i", 0, 1)), nil, corev1.PodPending},
		{"sidecar still runs after the main container", withInit(testPod(never, "a"), sidecar("s")), observedPod(ran("s", 0, -1), ran("a", 0, 0)), nil, corev1.PodRunning},
		{"sidecar killed at the end does not fail the pod", withInit(testPod(never, "a"), sidecar("s")), observedPod(ran("s", 0, 137), ran("a", 0, 0)), stopped, corev1.PodSucceeded},
		{"refused", testPod(always, "a"), &cri.Pod{}, func(in *Input) {
			in.Stopped, in.Verdict = true, Verdict{Phase: corev1.PodFailed, Reason: "OutOfcpu"}
		}, corev1.PodFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status := compute(tt.pod, tt.observed, tt.change)
			if status.Phase != tt.want {
				t.Errorf("phase = %s; want %s", status.Phase, tt.want)
			}
			again := tt.pod.DeepCopy()
			again.Status = status
			if repeated := compute(again, tt.observed, tt.change); repeated.Phase != tt.want {
				t.Errorf("phase the second time = %s; want still %s", repeated.Phase, tt.want)
			}
		})
	}
}

func TestTerminalPhaseNeverChanges(t *testing.T) {
	pod := testPod(corev1.RestartPolicyAlways, "a")
	pod.Status.Phase = corev1.PodSucceeded
	if got := compute(pod, observedPod(ran("a", 0, -1)), nil).Phase; got != corev1.PodSucceeded {
		t.Errorf("phase = %s; want Succeeded", got)
	}
}

func TestContainerStatus(t *testing.T) {
	pod := testPod(corev1.RestartPolicyAlways, "a")
	old := ran("a", 0, 7)
	old.Id = "old"
	status := compute(pod, observedPod(ran("a", 1, -1), old), nil).ContainerStatuses[0]
	if status.RestartCount != 1 || status.State.Running == nil || !status.Ready || status.LastTerminationState.Terminated.ExitCode != 7 {
		t.Errorf("restarted: %+v", status)
	}
	status = compute(pod, observedPod(ran("a", 1, 1)), func(in *Input) {
		in.Waiting = map[string]corev1.ContainerStateWaiting{"a": {Reason: "CrashLoopBackOff"}}
	}).ContainerStatuses[0]
	if status.State.Waiting == nil || status.LastTerminationState.Terminated == nil || status.Ready {
		t.Errorf("in back-off: %+v", status)
	}
	status = compute(withInit(pod.DeepCopy(), corev1.Container{Name: "i"}), observedPod(), nil).ContainerStatuses[0]
	if status.State.Waiting.Reason != "PodInitializing" {
		t.Errorf("before init: %+v", status.State)
	}
	status = compute(pod, observedPod(ran("a", 0, -1)), func(in *Input) { in.Started = func(*runtimeapi.ContainerStatus) bool { return false } }).ContainerStatuses[0]
	if status.Ready || *status.Started {
		t.Errorf("before its startup probe: %+v", status)
	}
}

// The runtime forgot a container whose end the API was told of: the story stays the same.
func TestEndedContainerThatIsGoneKeepsItsState(t *testing.T) {
	pod := testPod(corev1.RestartPolicyNever, "a")
	pod.Status = compute(pod, observedPod(ran("a", 0, 5)), stopped)
	status := compute(pod, &cri.Pod{}, stopped)
	if status.Phase != corev1.PodFailed || status.ContainerStatuses[0].State.Terminated.ExitCode != 5 {
		t.Errorf("status = %+v", status)
	}
	pod = testPod(corev1.RestartPolicyNever, "a")
	pod.Status = compute(pod, observedPod(ran("a", 0, -1)), nil)
	status = compute(pod, &cri.Pod{}, stopped)
	if state := status.ContainerStatuses[0].State.Terminated; state == nil || state.Reason != "ContainerStatusUnknown" || state.ExitCode != 137 {
		t.Errorf("lost while it ran: %+v", status.ContainerStatuses[0].State)
	}
}

func TestConditions(t *testing.T) {
	find := func(status corev1.PodStatus, kind corev1.PodConditionType) corev1.PodCondition {
		for _, condition := range status.Conditions {
			if condition.Type == kind {
				return condition
			}
		}
		return corev1.PodCondition{}
	}
	gated := testPod(corev1.RestartPolicyAlways, "a")
	gated.Spec.ReadinessGates = []corev1.PodReadinessGate{{ConditionType: "example.com/gate"}}
	open := gated.DeepCopy()
	open.Status.Conditions = []corev1.PodCondition{{Type: "example.com/gate", Status: corev1.ConditionTrue}}
	unready := func(in *Input) { in.Ready = func(*runtimeapi.ContainerStatus) bool { return false } }
	for _, tt := range []struct {
		name     string
		pod      *corev1.Pod
		observed *cri.Pod
		change   func(*Input)
		kind     corev1.PodConditionType
		want     corev1.ConditionStatus
		reason   string
	}{
		{"no sandbox", testPod("", "a"), &cri.Pod{}, nil, corev1.PodReadyToStartContainers, corev1.ConditionFalse, ""},
		{"sandbox", testPod("", "a"), observedPod(), nil, corev1.PodReadyToStartContainers, corev1.ConditionTrue, ""},
		{"init to run", withInit(testPod("", "a"), corev1.Container{Name: "i"}), observedPod(), nil, corev1.PodInitialized, corev1.ConditionFalse, "ContainersNotInitialized"},
		{"init done", withInit(testPod("", "a"), corev1.Container{Name: "i"}), observedPod(ran("i", 0, 0)), nil, corev1.PodInitialized, corev1.ConditionTrue, ""},
		{"probe fails", testPod("", "a"), observedPod(ran("a", 0, -1)), unready, corev1.PodReady, corev1.ConditionFalse, "ContainersNotReady"},
		{"ready", testPod("", "a"), observedPod(ran("a", 0, -1)), nil, corev1.PodReady, corev1.ConditionTrue, ""},
		{"gate closed", gated, observedPod(ran("a", 0, -1)), nil, corev1.PodReady, corev1.ConditionFalse, "ReadinessGatesNotReady"},
		{"gate closed, containers ready", gated, observedPod(ran("a", 0, -1)), nil, corev1.ContainersReady, corev1.ConditionTrue, ""},
		{"gate open", open, observedPod(ran("a", 0, -1)), nil, corev1.PodReady, corev1.ConditionTrue, ""},
		{"succeeded", testPod(corev1.RestartPolicyNever, "a"), observedPod(ran("a", 0, 0)), stopped, corev1.PodReady, corev1.ConditionFalse, "PodCompleted"},
		{"failed", testPod(corev1.RestartPolicyNever, "a"), observedPod(ran("a", 0, 1)), stopped, corev1.PodReady, corev1.ConditionFalse, "PodFailed"},
		{"scheduled by itself", testPod("", "a"), &cri.Pod{}, nil, corev1.PodScheduled, corev1.ConditionTrue, ""},
		{"resize deferred", testPod("", "a"), observedPod(), func(in *Input) { in.Resize.Pending = "Deferred" }, corev1.PodResizePending, corev1.ConditionTrue, "Deferred"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := find(compute(tt.pod, tt.observed, tt.change), tt.kind)
			if got.Status != tt.want || got.Reason != tt.reason || got.ObservedGeneration != 3 {
				t.Errorf("condition = %+v; want %s %q", got, tt.want, tt.reason)
			}
		})
	}
}

func TestTransitionTimeMovesOnlyWithTheStatus(t *testing.T) {
	pod := testPod(corev1.RestartPolicyAlways, "a")
	pod.Status = compute(pod, observedPod(ran("a", 0, -1)), nil)
	later := func(in *Input) { in.Now = epoch.Add(time.Hour) }
	status := compute(pod, observedPod(ran("a", 0, -1)), later)
	for i, condition := range status.Conditions {
		if !condition.LastTransitionTime.Equal(&pod.Status.Conditions[i].LastTransitionTime) {
			t.Errorf("%s moved", condition.Type)
		}
	}
	status = compute(pod, observedPod(ran("a", 0, 1)), later)
	moved := 0
	for _, condition := range status.Conditions {
		if condition.LastTransitionTime.Time.Equal(epoch.Add(time.Hour)) {
			moved++
		}
	}
	if moved != 2 { // Ready and ContainersReady
		t.Errorf("%d conditions moved; want 2", moved)
	}
}

func TestShouldRestart(t *testing.T) {
	rules := func(values ...int32) *corev1.Container {
		return &corev1.Container{Name: "a", RestartPolicy: new(corev1.ContainerRestartPolicyNever), RestartPolicyRules: []corev1.ContainerRestartRule{{
			Action: corev1.ContainerRestartRuleActionRestart, ExitCodes: &corev1.ContainerRestartRuleOnExitCodes{Operator: corev1.ContainerRestartRuleOnExitCodesOpIn, Values: values},
		}}}
	}
	plain := &corev1.Container{Name: "a"}
	for _, tt := range []struct {
		policy    corev1.RestartPolicy
		container *corev1.Container
		code      int32
		want      bool
	}{
		{corev1.RestartPolicyAlways, plain, 0, true},
		{corev1.RestartPolicyOnFailure, plain, 0, false},
		{corev1.RestartPolicyOnFailure, plain, 1, true},
		{corev1.RestartPolicyNever, plain, 1, false},
		{corev1.RestartPolicyNever, rules(42), 42, true},
		{corev1.RestartPolicyAlways, rules(42), 1, false},
	} {
		if got := ShouldRestart(testPod(tt.policy, "a"), tt.container, tt.code); got != tt.want {
			t.Errorf("ShouldRestart(%s, %v, %d) = %v", tt.policy, tt.container.RestartPolicyRules, tt.code, got)
		}
	}
}
