package columns

import (
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
)

func TestPodSummary(t *testing.T) {
	for _, test := range []struct{ name, given, want string }{
		{
			"one of two runs", `
spec: {containers: [{name: a}, {name: b}]}
status: {phase: Running, containerStatuses: [{name: a, ready: true, restartCount: 3, state: {running: {}}}, {name: b, restartCount: 3}]}`,
			"1/2 Running 6",
		},
		{
			"crash loop", `
spec: {containers: [{name: a}]}
status:
  phase: Running
  containerStatuses:
  - {name: a, restartCount: 3, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, finishedAt: "1999-12-31T23:55:00Z"}}}`,
			"0/1 CrashLoopBackOff 3 (5m ago)",
		},
		{
			"the first container that does not run counts", `
spec: {containers: [{name: a}, {name: b}]}
status: {phase: Failed, containerStatuses: [{name: a, state: {terminated: {exitCode: 3}}}, {name: b, state: {terminated: {reason: Completed}}}]}`,
			"0/2 ExitCode:3 0",
		},
		{"killed by a signal", `
spec: {containers: [{name: a}]}
status: {phase: Failed, containerStatuses: [{name: a, state: {terminated: {exitCode: 137, signal: 9}}}]}`, "0/1 Signal:9 0"},
		{"completed", `
spec: {containers: [{name: a}]}
status: {phase: Succeeded, containerStatuses: [{name: a, state: {terminated: {reason: Completed}}}]}`, "0/1 Completed 0"},
		{"one completed, the other runs", `
spec: {containers: [{name: a}, {name: b}]}
status: {phase: Running, containerStatuses: [{name: a, state: {terminated: {reason: Completed}}}, {name: b, ready: true, state: {running: {}}}]}`, "1/2 NotReady 0"},
		{"one completed, the pod is ready", `
spec: {containers: [{name: a}, {name: b}]}
status:
  phase: Running
  conditions: [{type: Ready, status: "True"}]
  containerStatuses: [{name: a, state: {terminated: {reason: Completed}}}, {name: b, ready: true, state: {running: {}}}]`, "1/2 Running 0"},
		{"second init container runs", `
spec: {initContainers: [{name: i}, {name: j}], containers: [{name: a}]}
status:
  phase: Pending
  initContainerStatuses:
  - {name: i, restartCount: 2, state: {terminated: {exitCode: 0}}}
  - {name: j, restartCount: 3, state: {running: {}}, lastState: {terminated: {exitCode: 1, finishedAt: "1999-12-31T23:59:50Z"}}}
  containerStatuses: [{name: a, state: {waiting: {reason: PodInitializing}}}]`, "0/1 Init:1/2 5 (10s ago)"},
		{"init container fails", `
spec: {initContainers: [{name: i}], containers: [{name: a}]}
status: {phase: Pending, initContainerStatuses: [{name: i, state: {terminated: {reason: Error, exitCode: 1}}}]}`, "0/1 Init:Error 0"},
		{"init container waits", `
spec: {initContainers: [{name: i}], containers: [{name: a}]}
status: {phase: Pending, initContainerStatuses: [{name: i, state: {waiting: {reason: ImagePullBackOff}}}]}`, "0/1 Init:ImagePullBackOff 0"},
		{
			"restarts of init containers that are done do not count", `
spec: {initContainers: [{name: i}], containers: [{name: a}]}
status:
  phase: Running
  initContainerStatuses: [{name: i, restartCount: 2, state: {terminated: {exitCode: 0}}}]
  containerStatuses: [{name: a, restartCount: 4, state: {running: {}}, lastState: {terminated: {exitCode: 1, finishedAt: "1999-12-31T23:59:40Z"}}}]`,
			"0/1 Running 4 (20s ago)",
		},
		{"sidecar starts", `
spec: {initContainers: [{name: s, restartPolicy: Always}, {name: t, restartPolicy: Always}], containers: [{name: a}]}
status:
  phase: Pending
  conditions: [{type: Initialized, status: "False"}]
  initContainerStatuses: [{name: s, started: true, ready: true, state: {running: {}}}, {name: t, started: false, state: {running: {}}}]`, "1/3 Init:1/2 0"},
		{"sidecars count as containers", `
spec: {initContainers: [{name: s, restartPolicy: Always}], containers: [{name: a}]}
status:
  phase: Running
  conditions: [{type: Initialized, status: "True"}]
  initContainerStatuses: [{name: s, restartCount: 3, started: true, ready: true, state: {running: {}}}]
  containerStatuses: [{name: a, restartCount: 4, ready: true, state: {running: {}}}]`, "2/2 Running 7"},
		{"sidecar was killed at the end", `
spec: {initContainers: [{name: s, restartPolicy: Always}], containers: [{name: a}]}
status:
  phase: Succeeded
  conditions: [{type: Initialized, status: "True"}]
  initContainerStatuses: [{name: s, started: false, state: {terminated: {reason: Error, exitCode: 137}}}]
  containerStatuses: [{name: a, state: {terminated: {reason: Completed}}}]`, "0/2 Completed 0"},
		{"held back", `
spec: {containers: [{name: a}]}
status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: SchedulingGated}]}`, "0/1 SchedulingGated 0"},
		{"evicted", `
spec: {containers: [{name: a}]}
status: {phase: Failed, reason: Evicted}`, "0/1 Evicted 0"},
		{"being deleted", `
metadata: {deletionTimestamp: "1999-12-31T23:59:50Z"}
spec: {containers: [{name: a}]}
status: {phase: Running, containerStatuses: [{name: a, state: {running: {}}}]}`, "0/1 Terminating 0"},
		{"being deleted after it completed", `
metadata: {deletionTimestamp: "1999-12-31T23:59:50Z"}
spec: {containers: [{name: a}]}
status: {phase: Succeeded, containerStatuses: [{name: a, state: {terminated: {reason: Completed}}}]}`, "0/1 Completed 0"},
		{"node is lost", `
metadata: {deletionTimestamp: "1999-12-31T23:59:50Z"}
spec: {containers: [{name: a}]}
status: {phase: Running, reason: NodeLost}`, "0/1 Unknown 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pod := &corev1.Pod{}
				decode(t, test.given, pod)
				s := Summarize(pod)
				if got := s.Ready + " " + s.Status + " " + s.Restarts; got != test.want {
					t.Errorf("got %q, want %q", got, test.want)
				}
			})
		})
	}
}
