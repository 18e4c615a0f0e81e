package pods

import (
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

// The first restart is at once, then the wait doubles. It starts anew after a run of ten minutes.
//
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts
const (
	firstCrashWait = 10 * time.Second
	lastCrashWait  = 300 * time.Second
	stableRun      = 10 * time.Minute
)

// crash is how a container fares that ends again and again.
type crash struct {
	id    string // of the run counted last
	exits int
	wait  time.Duration
	until time.Time
}

// add counts the end of a run.
func (c *crash) add(container *runtimeapi.ContainerStatus) {
	if c.id == container.Id {
		return
	}
	finished := time.Unix(0, container.FinishedAt)
	if finished.Sub(time.Unix(0, container.StartedAt)) >= stableRun && container.StartedAt > 0 {
		*c = crash{}
	}
	c.id = container.Id
	c.exits++
	if c.exits > 1 {
		c.wait = min(max(2*c.wait, firstCrashWait), lastCrashWait)
	}
	c.until = finished.Add(c.wait)
}

func (c *crash) describe(pod *corev1.Pod, name string) string {
	return fmt.Sprintf("back-off %v restarting failed container=%s pod=%s_%s(%s)", c.wait, name, pod.Name, pod.Namespace, pod.UID)
}

// noteExits counts the containers that ended since the last look.
func (w *worker) noteExits() {
	if w.end != nil {
		return
	}
	for _, container := range w.observed.Containers {
		name := cri.Name(container)
		if container.State != runtimeapi.ContainerState_CONTAINER_EXITED || w.observed.Latest(name) != container {
			continue
		}
		spec := specOf(w.pod, name)
		if spec == nil || !status.ShouldRestart(w.pod, spec, container.ExitCode) {
			continue
		}
		c := w.crashes[name]
		if c == nil {
			c = &crash{}
			w.crashes[name] = c
		}
		if c.id == container.Id {
			continue
		}
		c.add(container)
		if c.wait > 0 {
			w.recordContainer(spec, corev1.EventTypeWarning, "BackOff", fmt.Sprintf("Back-off restarting failed container %s in pod %s_%s(%s)",
				name, w.pod.Name, w.pod.Namespace, w.pod.UID))
		}
	}
}

// specOf finds a container that may be restarted.
func specOf(pod *corev1.Pod, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}
