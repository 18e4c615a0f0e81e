package pods

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/kubectl/pkg/util/qos"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/status"
)

// admitOnce decides whether the node takes the pod. A pod that already runs is not asked again.
func (w *worker) admitOnce() {
	if w.admitted {
		return
	}
	w.admitted = true
	if len(w.observed.Sandboxes) > 0 || w.pod.DeletionTimestamp != nil || w.gone || status.IsTerminal(w.pod.Status.Phase) {
		return
	}
	w.admission.Lock()
	defer w.admission.Unlock()
	rejection := w.Admit.Check(w.pod, w.active(w.uid), w.Node())
	if rejection == nil {
		w.mu.Lock()
		w.latest = w.podWithStatus() // from now on it holds what it asks for
		w.mu.Unlock()
		return
	}
	w.verdict = status.Verdict{Phase: corev1.PodFailed, Reason: rejection.Reason, Message: "Pod was rejected: " + rejection.Message}
	w.event(corev1.EventTypeWarning, rejection.Reason, rejection.Message)
}

// checkDeadline ends a pod that ran longer than it may.
//
// https://kubernetes.io/docs/concepts/workloads/controllers/job/#job-termination-and-cleanup
func (w *worker) checkDeadline(next *alarm) {
	limit := w.pod.Spec.ActiveDeadlineSeconds
	start := w.podWithStatus().Status.StartTime
	if limit == nil || start == nil || w.verdict.Phase != "" || w.end != nil {
		return
	}
	left := start.Add(time.Duration(*limit) * time.Second).Sub(w.Clock.Now())
	if left > 0 {
		next.in(left)
		return
	}
	w.verdict = status.Verdict{
		Phase: corev1.PodFailed, Reason: "DeadlineExceeded",
		Message: "Pod was active on the node longer than the specified deadline",
	}
	w.event(corev1.EventTypeNormal, "DeadlineExceeded", w.verdict.Message)
}

// visible is what the runtime shows, but a container whose postStart hook runs does not count as running yet.
func (w *worker) visible() *cri.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.shared.hooking) == 0 {
		return w.observed
	}
	out := *w.observed
	out.Containers = nil
	for _, container := range w.observed.Containers {
		if w.shared.hooking[container.Id] && container.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
			container = &runtimeapi.ContainerStatus{
				Id: container.Id, Metadata: container.Metadata, State: runtimeapi.ContainerState_CONTAINER_CREATED,
				Image: container.Image, ImageRef: container.ImageRef, Labels: container.Labels, Annotations: container.Annotations,
			}
		}
		out.Containers = append(out.Containers, container)
	}
	return &out
}

// runtimeHandler is the one that the pod's runtime class names.
func (w *worker) runtimeHandler(ctx context.Context, pod *corev1.Pod) (string, error) {
	if pod.Spec.RuntimeClassName == nil || *pod.Spec.RuntimeClassName == "" {
		return "", nil
	}
	class, err := w.Client.NodeV1().RuntimeClasses().Get(ctx, *pod.Spec.RuntimeClassName, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("read runtime class %q: %w", *pod.Spec.RuntimeClassName, err)
	}
	return class.Handler, nil
}

func qosClass(pod *corev1.Pod) corev1.PodQOSClass { return qos.GetPodQOS(pod) }
