package pods

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
)

const sandboxFailures = "/sandbox"

// createSandbox makes the sandbox of a pod: its cgroup, its network and its first process.
func (w *worker) createSandbox(ctx context.Context, pod *corev1.Pod, attempt uint32) {
	err := w.runSandbox(ctx, pod, attempt)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		delete(w.shared.failures, sandboxFailures)
		return
	}
	failures := w.shared.failures[sandboxFailures]
	w.shared.failures[sandboxFailures] = failures + 1
	w.shared.sandboxFor = w.Clock.Now().Add(min(time.Second<<min(failures, 10), 30*time.Second))
	if ctx.Err() == nil {
		w.log.Warn("create sandbox", "err", err)
	}
}

func (w *worker) runSandbox(ctx context.Context, pod *corev1.Pod, attempt uint32) error {
	if err := w.stopSandboxes(ctx); err != nil {
		return err
	}
	if err := w.Cgroups.Create(pod); err != nil {
		return err
	}
	config, err := w.sandboxConfig(pod, attempt)
	if err != nil {
		w.event(corev1.EventTypeWarning, "FailedCreatePodSandBox", err.Error())
		return err
	}
	if err := os.MkdirAll(config.LogDirectory, 0o755); err != nil {
		return fmt.Errorf("make log directory: %w", err)
	}
	handler, err := w.runtimeHandler(ctx, pod)
	if err == nil {
		err = w.callRunSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: config, RuntimeHandler: handler})
	}
	if err != nil {
		if ctx.Err() == nil {
			w.event(corev1.EventTypeWarning, "FailedCreatePodSandBox", "Failed to create pod sandbox: "+describe(err))
		}
		return fmt.Errorf("run sandbox: %w", err)
	}
	return nil
}

func (w *worker) callRunSandbox(ctx context.Context, request *runtimeapi.RunPodSandboxRequest) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), criTimeout)
	defer cancel()
	_, err := w.CRI.Runtime.RunPodSandbox(ctx, request)
	return err
}

func (w *worker) sandboxConfig(pod *corev1.Pod, attempt uint32) (*runtimeapi.PodSandboxConfig, error) {
	host, err := w.Names.HostOf(pod)
	if err != nil {
		return nil, err
	}
	dns, err := w.Names.DNS(pod)
	if err != nil {
		return nil, err
	}
	users, err := w.Users.Of(pod)
	if err != nil {
		return nil, err
	}
	source := pod.Annotations[cri.SourceAnnotation]
	if source == "" {
		source = "api"
	}
	return criconfig.Sandbox{
		Attempt: attempt, Hostname: host.Kernel, LogDirectory: w.logDirectory(pod), CgroupParent: w.Cgroups.Parent(pod),
		DNS: dns, Source: source, Users: users,
	}.Config(pod), nil
}

// logDirectory is where tools expect the logs of a pod.
func (w *worker) logDirectory(pod *corev1.Pod) string {
	return filepath.Join(w.LogDir, pod.Namespace+"_"+pod.Name+"_"+string(pod.UID))
}

// stopSandboxes stops what is left of earlier sandboxes, so that their addresses are free.
func (w *worker) stopSandboxes(ctx context.Context) error {
	observed, err := w.CRI.Observe(ctx, w.uid)
	if err != nil {
		return err
	}
	for _, sandbox := range observed.Sandboxes {
		if _, err := w.CRI.Runtime.StopPodSandbox(ctx, &runtimeapi.StopPodSandboxRequest{PodSandboxId: sandbox.Id}); err != nil && !cri.IsNotFound(err) {
			return fmt.Errorf("stop sandbox %q: %w", sandbox.Id, err)
		}
	}
	return nil
}

// describe is the message of an error of the runtime, without the wrapping of the protocol.
func describe(err error) string {
	if s, ok := status.FromError(err); ok {
		return s.Message()
	}
	return err.Error()
}
