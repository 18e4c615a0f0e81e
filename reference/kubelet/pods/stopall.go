package pods

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

// stopAll stops all containers of a pod: first the main ones together, then the sidecars in the
// reverse order of their start. It returns when none runs any more.
//
// https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#termination-with-sidecars
func (w *worker) stopAll(ctx context.Context, pod *corev1.Pod, deadline time.Time) error {
	if err := w.idle(ctx, &w.shared.start); err != nil { // no container may appear later
		return err
	}
	observed, err := w.CRI.Observe(ctx, w.uid)
	if err != nil {
		return err
	}
	waves := stopOrder(pod, observed)
	for _, wave := range waves {
		var group sync.WaitGroup
		for _, container := range wave {
			group.Go(func() { w.stopOne(ctx, w.lastStop(pod, container, deadline)) })
		}
		group.Wait()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	after, err := w.CRI.Observe(ctx, w.uid)
	if err != nil {
		return err
	}
	if running := after.Running(); len(running) > 0 {
		return fmt.Errorf("%d containers still run", len(running))
	}
	return nil
}

func (w *worker) lastStop(pod *corev1.Pod, container *runtimeapi.ContainerStatus, deadline time.Time) stopRequest {
	name := cri.Name(container)
	spec := anySpecOf(pod, name)
	w.mu.Lock()
	defer w.mu.Unlock()
	request := stopRequest{
		container: spec, id: container.Id, grace: max(deadline.Sub(w.Clock.Now()), 0), skipHook: w.end.hooked[container.Id],
		hooked: func() {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.end.hooked[container.Id] = true
		},
	}
	if !w.end.told[container.Id] {
		request.message = "Stopping container " + name
		w.end.told[container.Id] = true
	}
	return request
}

// stopOrder returns the running containers in waves.
func stopOrder(pod *corev1.Pod, observed *cri.Pod) [][]*runtimeapi.ContainerStatus {
	var main []*runtimeapi.ContainerStatus
	sidecars := map[string]*runtimeapi.ContainerStatus{}
	for _, container := range observed.Running() {
		if spec := specOf(pod, cri.Name(container)); spec != nil && status.IsSidecar(spec) {
			sidecars[spec.Name] = container
			continue
		}
		main = append(main, container)
	}
	var waves [][]*runtimeapi.ContainerStatus
	if len(main) > 0 {
		waves = append(waves, main)
	}
	for _, spec := range slices.Backward(pod.Spec.InitContainers) {
		if container := sidecars[spec.Name]; container != nil {
			waves = append(waves, []*runtimeapi.ContainerStatus{container})
		}
	}
	return waves
}

// anySpecOf finds a container of any kind; one that the pod does not name has only its name.
func anySpecOf(pod *corev1.Pod, name string) *corev1.Container {
	if spec := specOf(pod, name); spec != nil {
		return spec
	}
	for i := range pod.Spec.EphemeralContainers {
		if pod.Spec.EphemeralContainers[i].Name == name {
			common := corev1.Container(pod.Spec.EphemeralContainers[i].EphemeralContainerCommon)
			return &common
		}
	}
	return &corev1.Container{Name: name}
}

// cleanUp removes what the pod had of the node. Containers and their logs stay for readers.
func (w *worker) cleanUp(ctx context.Context, pod *corev1.Pod) error {
	if err := w.idle(ctx, &w.shared.mount); err != nil {
		return err
	}
	if err := w.stopSandboxes(ctx); err != nil {
		return err
	}
	// The termination messages are in the directory that goes now.
	select {
	case <-w.end.reported:
	case <-ctx.Done():
		return ctx.Err()
	}
	return errors.Join(w.Volumes.TearDown(pod.UID), w.Cgroups.Remove(pod.UID))
}

// removeLogs removes the log of one run and what was rotated away from it.
func removeLogs(path string) {
	if path == "" {
		return
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return
	}
	for _, entry := range entries {
		if entry.Name() == filepath.Base(path) || strings.HasPrefix(entry.Name(), filepath.Base(path)+".") {
			_ = os.Remove(filepath.Join(filepath.Dir(path), entry.Name())) // removed with the pod otherwise
		}
	}
}

func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err != nil {
		return fmt.Errorf("remove directory: %w", err)
	}
	return nil
}
