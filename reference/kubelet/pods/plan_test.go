package pods

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
)

// world is a pod and what the runtime has of it, in few words: containers are "name state", where the
// state is running, created, or the exit code; "old:" before it puts the container into an earlier sandbox.
type world struct {
	policy     corev1.RestartPolicy
	init       []string // a name with a star is a sidecar
	main       []string
	ephemeral  []string
	sandbox    string // none, ready, dead
	containers []string
	notStarted string // a running container whose startup probe has not succeeded
	failed     string // a container that failed its liveness probe
	stopping   string
	wait       map[string]time.Duration
	changed    string // a container whose image changed
}

func (w world) situation() situation {
	pod := &corev1.Pod{Spec: corev1.PodSpec{RestartPolicy: w.policy}}
	for _, name := range w.init {
		container := corev1.Container{Name: strings.TrimSuffix(name, "*")}
		if strings.HasSuffix(name, "*") {
			container.RestartPolicy = new(corev1.ContainerRestartPolicyAlways)
		}
		pod.Spec.InitContainers = append(pod.Spec.InitContainers, container)
	}
	for _, name := range w.main {
		pod.Spec.Containers = append(pod.Spec.Containers, corev1.Container{Name: name})
	}
	for _, name := range w.ephemeral {
		pod.Spec.EphemeralContainers = append(pod.Spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: name}})
	}
	s := situation{
		pod: pod, observed: w.observed(), failed: map[string]probes.Verdict{}, stopping: map[string]bool{w.stopping + "-id": true},
		started: func(c *runtimeapi.ContainerStatus) bool { return cri.Name(c) != w.notStarted },
		wait:    func(name string) time.Duration { return w.wait[name] },
	}
	if w.failed != "" {
		s.failed[w.failed+"-id"] = probes.Verdict{ContainerID: w.failed + "-id", Kind: probes.Liveness}
	}
	return s
}

func (w world) observed() *cri.Pod {
	pod := &cri.Pod{SandboxOf: map[string]string{}}
	switch w.sandbox {
	case "ready":
		pod.Sandboxes = []*runtimeapi.PodSandboxStatus{{Id: "now", Metadata: &runtimeapi.PodSandboxMetadata{Attempt: 1}}}
	case "dead":
		pod.Sandboxes = []*runtimeapi.PodSandboxStatus{{Id: "now", Metadata: &runtimeapi.PodSandboxMetadata{Attempt: 1}, State: runtimeapi.PodSandboxState_SANDBOX_NOTREADY}}
	}
	for _, text := range w.containers {
		text, old := strings.CutPrefix(text, "old:")
		name, state, _ := strings.Cut(text, " ")
		container := &runtimeapi.ContainerStatus{Id: name + "-id", Metadata: &runtimeapi.ContainerMetadata{Name: name}, Annotations: map[string]string{
			cri.HashAnnotation: criconfig.Hash(&corev1.Container{Name: name}),
		}}
		if name == w.changed {
			container.Annotations[cri.HashAnnotation] = "other"
		}
		switch state {
		case "running":
			container.State = runtimeapi.ContainerState_CONTAINER_RUNNING
		case "created":
		default:
			container.State = runtimeapi.ContainerState_CONTAINER_EXITED
			_, _ = fmt.Sscan(state, &container.ExitCode)
		}
		pod.Containers = append(pod.Containers, container)
		if !old {
			pod.SandboxOf[container.Id] = "now"
		}
	}
	return pod
}

// words of a plan: "sandbox 1", "start a 2" (with its attempt), "stop a", "again 5s", "done".
func words(p plan) string {
	var out []string
	if p.sandbox {
		out = append(out, fmt.Sprint("sandbox ", p.attempt))
	}
	for _, s := range p.start {
		out = append(out, fmt.Sprint("start ", s.container.Name, " ", s.attempt))
	}
	for _, s := range p.stop {
		out = append(out, "stop "+s.container.Name)
	}
	if p.again > 0 {
		out = append(out, "again "+p.again.String())
	}
	if p.done {
		out = append(out, "done")
	}
	return strings.Join(out, ", ")
}

func TestPlan(t *testing.T) {
	const always, onFailure, never = corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever
	ab := []string{"a", "b"}
	for _, tt := range []struct {
		name  string
		world world
		want  string
	}{
		{"a new pod gets a sandbox", world{main: ab, sandbox: "none"}, "sandbox 0"},
		{"then its containers, in order", world{main: ab, sandbox: "ready"}, "start a 0, start b 0"},
		{"nothing to do", world{main: ab, sandbox: "ready", containers: []string{"a running", "b running"}}, ""},
		{"Always restarts what ended well", world{policy: always, main: ab, sandbox: "ready", containers: []string{"a running", "b 0"}}, "start b 1"},
		{"OnFailure does not", world{policy: onFailure, main: ab, sandbox: "ready", containers: []string{"a running", "b 0"}}, ""},
		{"OnFailure restarts what failed", world{policy: onFailure, main: ab, sandbox: "ready", containers: []string{"a running", "b 1"}}, "start b 1"},
		{"Never restarts nothing", world{policy: never, main: ab, sandbox: "ready", containers: []string{"a running", "b 1"}}, ""},
		{"all ended", world{policy: never, main: ab, sandbox: "ready", containers: []string{"a 0", "b 1"}}, "done"},
		{"back-off", world{policy: always, main: ab, sandbox: "ready", containers: []string{"a running", "b 1"}, wait: map[string]time.Duration{"b": 5 * time.Second}}, "again 5s"},
		{"created but never started, as after a crash of the agent", world{main: []string{"a"}, sandbox: "ready", containers: []string{"a created"}}, "start a 0"},

		{"init containers one by one", world{init: []string{"i", "j"}, main: ab, sandbox: "ready"}, "start i 0"},
		{"the second after the first", world{init: []string{"i", "j"}, main: ab, sandbox: "ready", containers: []string{"i 0"}}, "start j 0"},
		{"wait for a running one", world{init: []string{"i"}, main: ab, sandbox: "ready", containers: []string{"i running"}}, ""},
		{"main containers after all", world{init: []string{"i"}, main: ab, sandbox: "ready", containers: []string{"i 0"}}, "start a 0, start b 0"},
		{"a failed one runs again", world{policy: always, init: []string{"i"}, main: ab, sandbox: "ready", containers: []string{"i 1"}}, "start i 1"},
		{"a failed one ends a pod that never restarts", world{policy: never, init: []string{"i"}, main: ab, sandbox: "ready", containers: []string{"i 1"}}, "done"},
		{"init containers whose remains are collected do not run again", world{init: []string{"i"}, main: ab, sandbox: "ready", containers: []string{"a running", "b running"}}, ""},

		{"a sidecar first", world{init: []string{"s*"}, main: ab, sandbox: "ready"}, "start s 0"},
		{"wait until it started", world{init: []string{"s*"}, main: ab, sandbox: "ready", containers: []string{"s running"}, notStarted: "s"}, ""},
		{"then the others", world{init: []string{"s*"}, main: ab, sandbox: "ready", containers: []string{"s running"}}, "start a 0, start b 0"},
		{"a dead sidecar runs again beside the others", world{policy: never, init: []string{"s*"}, main: ab, sandbox: "ready", containers: []string{"s 1", "a running"}}, "start s 1, start b 0"},
		{"a sidecar does not keep the pod", world{policy: never, init: []string{"s*"}, main: ab, sandbox: "ready", containers: []string{"s running", "a 0", "b 0"}}, "done"},
		{"a sidecar fails its probe", world{init: []string{"s*"}, main: ab, sandbox: "ready", containers: []string{"s running", "a running", "b running"}, failed: "s"}, "stop s"},

		{"liveness", world{main: ab, sandbox: "ready", containers: []string{"a running", "b running"}, failed: "a"}, "stop a"},
		{"liveness, already being stopped", world{main: ab, sandbox: "ready", containers: []string{"a running", "b running"}, failed: "a", stopping: "a"}, ""},
		{"a new image", world{main: ab, sandbox: "ready", containers: []string{"a running", "b running"}, changed: "b"}, "stop b"},

		{"the sandbox died", world{policy: always, main: ab, sandbox: "dead", containers: []string{"a 137", "b 137"}}, "sandbox 2"},
		{"the sandbox of a pod that never restarts died", world{policy: never, main: ab, sandbox: "dead", containers: []string{"a 137", "b 137"}}, "done"},
		{"the sandbox of a pod that ended well died", world{policy: onFailure, main: ab, sandbox: "dead", containers: []string{"a 0", "b 0"}}, "done"},
		{"a sandbox that failed before any container", world{policy: never, main: ab, sandbox: "dead"}, "sandbox 2"},
		{"a new sandbox runs init containers again", world{policy: always, init: []string{"i"}, main: ab, sandbox: "ready", containers: []string{"old:i 0", "old:a 137"}}, "start i 1"},
		{"a new sandbox leaves alone what ended well", world{policy: onFailure, main: ab, sandbox: "ready", containers: []string{"old:a 0", "old:b 137"}}, "start b 1"},

		{"ephemeral containers do not wait", world{init: []string{"i"}, main: ab, ephemeral: []string{"e"}, sandbox: "ready", containers: []string{"i running"}}, "start e 0"},
		{"ephemeral containers run once", world{main: []string{"a"}, ephemeral: []string{"e"}, sandbox: "ready", containers: []string{"a running", "e 1"}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := words(makePlan(tt.world.situation())); got != tt.want {
				t.Errorf("plan = %q; want %q", got, tt.want)
			}
		})
	}
}

func TestStopOrder(t *testing.T) {
	w := world{
		init: []string{"i", "one*", "two*"}, main: []string{"a", "b"}, ephemeral: []string{"e"}, sandbox: "ready",
		containers: []string{"one running", "two running", "a running", "b 0", "e running"},
	}
	s := w.situation()
	var waves []string
	for _, wave := range stopOrder(s.pod, s.observed) {
		var names []string
		for _, container := range wave {
			names = append(names, cri.Name(container))
		}
		waves = append(waves, strings.Join(names, "+"))
	}
	if want := []string{"a+e", "two", "one"}; !slices.Equal(waves, want) {
		t.Errorf("waves = %q; want %q", waves, want)
	}
}

// A run of ten minutes makes the back-off start anew.
func TestCrashAfterALongRunIsTheFirst(t *testing.T) {
	begin := time.Unix(1000, 0)
	run := func(id string, length time.Duration) *runtimeapi.ContainerStatus {
		return &runtimeapi.ContainerStatus{Id: id, StartedAt: begin.UnixNano(), FinishedAt: begin.Add(length).UnixNano()}
	}
	c := &crash{}
	var waits []time.Duration
	for i, length := range []time.Duration{time.Second, time.Second, time.Second, 10 * time.Minute, time.Second} {
		c.add(run(fmt.Sprint(i), length))
		waits = append(waits, c.wait)
	}
	if want := []time.Duration{0, 10 * time.Second, 20 * time.Second, 0, 10 * time.Second}; !slices.Equal(waits, want) {
		t.Errorf("waits = %v; want %v", waits, want)
	}
	for i := range 20 {
		c.add(run(fmt.Sprint("more", i), time.Second))
	}
	if c.wait != 300*time.Second {
		t.Errorf("longest wait = %v; want 300s", c.wait)
	}
}
