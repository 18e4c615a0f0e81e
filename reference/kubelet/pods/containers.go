package pods

import (
	"context"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/images"
	"github.com/seatrial/seatrial/reference/kubelet/probes"
)

// Reasons for which a container waits that could not be made.
const (
	createContainerConfigError = "CreateContainerConfigError"
	createContainerError       = "CreateContainerError"
)

// startError is why a container did not start. Reason becomes the reason for which it waits.
type startError struct {
	reason, message string
	retry           time.Duration // 0 = the usual back-off
}

func (e *startError) Error() string { return e.reason + ": " + e.message }

// startContainers starts containers in order. One that fails does not keep those after it.
func (w *worker) startContainers(ctx context.Context, pod *corev1.Pod, starts []start) {
	observed, err := w.CRI.Observe(ctx, w.uid)
	if err != nil || observed.ReadySandbox() == nil {
		return // the loop looks again
	}
	pod = withAddresses(pod, observed.IPs(), w.HostIPs)
	config, err := w.sandboxConfig(pod, observed.Sandbox().Metadata.Attempt)
	if err != nil {
		return
	}
	if err := w.writeHosts(pod); err != nil {
		w.log.Warn("write hosts file", "err", err)
		return
	}
	for _, s := range starts {
		err := w.startContainer(ctx, pod, observed, config, s)
		w.started(s.container.Name, err)
		if ctx.Err() != nil {
			return
		}
		w.wakeUp() // one more container to tell of
	}
}

// started records how a start went.
func (w *worker) started(name string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		delete(w.shared.waiting, name)
		delete(w.shared.retry, name)
		delete(w.shared.failures, name)
		return
	}
	var failed *startError
	if !errors.As(err, &failed) {
		failed = &startError{reason: createContainerError, message: err.Error()}
	}
	if errors.Is(err, context.Canceled) {
		return
	}
	failures := w.shared.failures[name]
	w.shared.failures[name] = failures + 1
	if failed.retry == 0 {
		failed.retry = min(time.Second<<min(failures, 10), 30*time.Second)
	}
	w.shared.waiting[name] = corev1.ContainerStateWaiting{Reason: failed.reason, Message: failed.message}
	w.shared.retry[name] = w.Clock.Now().Add(failed.retry)
	w.log.Info("container does not start", "container", name, "reason", failed.reason, "err", failed.message)
}

func (w *worker) startContainer(ctx context.Context, pod *corev1.Pod, observed *cri.Pod, sandbox *runtimeapi.PodSandboxConfig, s start) error {
	image, err := w.ensureImage(ctx, pod, sandbox, s.container)
	if err != nil {
		return err
	}
	if s.remains != "" {
		if _, err := w.CRI.Runtime.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: s.remains}); err != nil && !cri.IsNotFound(err) {
			return fmt.Errorf("remove container that never ran: %w", err)
		}
	}
	config, err := w.containerConfig(ctx, pod, observed, sandbox, s, image)
	if err != nil {
		w.recordContainer(s.container, corev1.EventTypeWarning, "Failed", "Error: "+err.Error())
		return &startError{reason: createContainerConfigError, message: err.Error()}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	created, err := w.createContainer(ctx, &runtimeapi.CreateContainerRequest{
		PodSandboxId: observed.Sandbox().Id, Config: config, SandboxConfig: sandbox,
	})
	if err != nil {
		w.recordContainer(s.container, corev1.EventTypeWarning, "Failed", "Error: "+describe(err))
		return &startError{reason: createContainerError, message: describe(err)}
	}
	w.recordContainer(s.container, corev1.EventTypeNormal, "Created", "Container created")
	if err := ctx.Err(); err != nil {
		return err
	}
	return w.launch(ctx, pod, s, created.ContainerId)
}

// criTimeout bounds the calls that make something. They are not cancelled when the pod is: a runtime
// that is interrupted while it makes a container may leave half of one behind.
const criTimeout = 4 * time.Minute

func (w *worker) createContainer(ctx context.Context, request *runtimeapi.CreateContainerRequest) (*runtimeapi.CreateContainerResponse, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), criTimeout)
	defer cancel()
	return w.CRI.Runtime.CreateContainer(ctx, request)
}

func (w *worker) startCreated(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), criTimeout)
	defer cancel()
	_, err := w.CRI.Runtime.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: id})
	return err
}

// launch starts a container that was created and runs its postStart hook.
func (w *worker) launch(ctx context.Context, pod *corev1.Pod, s start, id string) error {
	hook := s.container.Lifecycle != nil && s.container.Lifecycle.PostStart != nil
	if hook {
		w.setHooking(id, true)
		defer w.setHooking(id, false)
	}
	if err := w.startCreated(ctx, id); err != nil {
		w.recordContainer(s.container, corev1.EventTypeWarning, "Failed", "Error: "+describe(err))
		return &startError{reason: "RunContainerError", message: describe(err)}
	}
	w.recordContainer(s.container, corev1.EventTypeNormal, "Started", "Container started")
	w.removeOld(ctx, s.container.Name)
	if !hook {
		return nil
	}
	target := probes.Target{Container: s.container, ContainerID: id, PodIP: pod.Status.PodIP}
	if err := w.Hooks.Run(ctx, s.container.Lifecycle.PostStart, target); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		w.recordContainer(s.container, corev1.EventTypeWarning, "FailedPostStartHook", "PostStartHook failed")
		w.stopOne(ctx, stopRequest{container: s.container, id: id, message: "FailedPostStartHook", grace: gracePeriod(pod)})
		return &startError{reason: "PostStartHookError", message: err.Error(), retry: time.Millisecond}
	}
	return nil
}

func (w *worker) setHooking(id string, on bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if on {
		w.shared.hooking[id] = true
	} else {
		delete(w.shared.hooking, id)
	}
}

// removeOld keeps the last dead run of a container, for its logs, and removes older ones.
func (w *worker) removeOld(ctx context.Context, name string) {
	observed, err := w.CRI.Observe(ctx, w.uid)
	if err != nil {
		return // tried again at the next restart
	}
	dead := 0
	for _, container := range observed.Containers {
		if cri.Name(container) != name || container.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
			continue
		}
		if dead++; dead > 1 {
			w.removeContainer(ctx, container)
		}
	}
}

func (w *worker) removeContainer(ctx context.Context, container *runtimeapi.ContainerStatus) {
	if _, err := w.CRI.Runtime.RemoveContainer(ctx, &runtimeapi.RemoveContainerRequest{ContainerId: container.Id}); err != nil && !cri.IsNotFound(err) {
		w.log.Warn("remove container", "container", cri.Name(container), "err", err)
		return
	}
	removeLogs(container.LogPath)
}

func (w *worker) ensureImage(ctx context.Context, pod *corev1.Pod, sandbox *runtimeapi.PodSandboxConfig, container *corev1.Container) (*runtimeapi.Image, error) {
	return w.pullImage(ctx, pod, sandbox, container, container.Image, container.ImagePullPolicy)
}

func (w *worker) pullImage(ctx context.Context, pod *corev1.Pod, sandbox *runtimeapi.PodSandboxConfig, container *corev1.Container, name string, policy corev1.PullPolicy) (*runtimeapi.Image, error) {
	image, err := w.Images.Ensure(ctx, images.Request{
		Image: name, Policy: policy, Sandbox: sandbox, Key: string(pod.UID),
		Secrets: func() []corev1.Secret { return w.pullSecrets(ctx, pod) },
		Record: func(kind, reason, message string) {
			if ctx.Err() == nil {
				w.recordContainer(container, kind, reason, message)
			}
		},
	})
	if missing, ok := errors.AsType[*images.Error](err); ok {
		return nil, &startError{reason: missing.Reason, message: missing.Message, retry: missing.Retry}
	}
	return image, err
}

// pullSecrets returns those that exist; a missing one is told, and the pull tried without.
func (w *worker) pullSecrets(ctx context.Context, pod *corev1.Pod) []corev1.Secret {
	var secrets []corev1.Secret
	for _, ref := range pod.Spec.ImagePullSecrets {
		secret, err := w.Client.CoreV1().Secrets(pod.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			if ctx.Err() == nil {
				w.event(corev1.EventTypeWarning, "FailedToRetrieveImagePullSecret", fmt.Sprintf(
					"Unable to retrieve some image pull secrets (%s); attempting to pull the image may not succeed.", ref.Name))
			}
			continue
		}
		secrets = append(secrets, *secret)
	}
	return secrets
}
