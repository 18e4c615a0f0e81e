package pods

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/logs"
)

// https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/
const (
	maxMessage  = 4096
	maxLogBytes = 2048
	maxLogLines = 80
)

// message returns the last words of a container. They are read once: the file goes with the pod's directory.
func (w *worker) message(container *runtimeapi.ContainerStatus) string {
	if message, known := w.messages[container.Id]; known {
		return message
	}
	message, found := readMessage(container)
	if !found {
		message = toldBefore(w.pod, container.Id)
	}
	if message == "" && container.ExitCode != 0 &&
		container.Annotations[cri.MessagePolicyAnnotation] == string(corev1.TerminationMessageFallbackToLogsOnError) {
		message = lastLog(container)
	}
	w.messages[container.Id] = message
	return message
}

func readMessage(container *runtimeapi.ContainerStatus) (string, bool) {
	path := container.Annotations[cri.MessageHostPathAnnotation]
	if path == "" {
		return "", true
	}
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
		return "", false
	}
	file, err := os.Open(path)
	if err != nil {
		return "read termination message: " + err.Error(), true
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxMessage))
	if err != nil {
		return "read termination message: " + err.Error(), true
	}
	return string(data), true
}

// toldBefore is the message that the API has for the same run, from before a restart of the node agent.
func toldBefore(pod *corev1.Pod, id string) string {
	statuses := slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses)
	for i := range statuses {
		for _, state := range []*corev1.ContainerStateTerminated{statuses[i].State.Terminated, statuses[i].LastTerminationState.Terminated} {
			if state != nil && state.ContainerID == "containerd://"+id {
				return state.Message
			}
		}
	}
	return ""
}

// lastLog is the end of the container's log.
func lastLog(container *runtimeapi.ContainerStatus) string {
	if container.LogPath == "" {
		return ""
	}
	var out bytes.Buffer
	if err := logs.Read(context.Background(), container.LogPath, logs.Options{Tail: maxLogLines}, &out, &out); err != nil {
		return "read log: " + err.Error()
	}
	text := out.Bytes()
	return string(text[max(len(text)-maxLogBytes, 0):])
}
