package server

import (
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/logs"
)

func (s *Server) containerLogs(w http.ResponseWriter, r *http.Request) {
	options, err := s.logOptions(r.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	pod, err := s.pod(r)
	if err != nil {
		fail(w, err)
		return
	}
	container, err := s.logged(r, pod)
	if err != nil {
		fail(w, err)
		return
	}
	if options.Follow && container.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
		ended, cancel := s.watchEnd(r, pod.UID, container.Id)
		defer cancel()
		options.Ended = ended
	}
	out := &flusher{w: w}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	stdout, stderr := streams(r.URL.Query().Get("stream"), out)
	if options.Follow {
		out.flush() // the caller waits for the answer to begin
	}
	if err := logs.Read(r.Context(), container.LogPath, options, stdout, stderr); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return // nothing was written yet
		}
		if !out.written {
			fail(w, err)
		}
	}
}

// logged finds the run of a container whose log is wanted.
func (s *Server) logged(r *http.Request, pod *corev1.Pod) (*runtimeapi.ContainerStatus, error) {
	name := r.PathValue("container")
	if !hasContainer(pod, name) {
		return nil, failure(http.StatusNotFound, "container %q not found in pod %q", name, pod.Name)
	}
	observed, err := s.CRI.Observe(r.Context(), pod.UID)
	if err != nil {
		return nil, err
	}
	if r.URL.Query().Get("previous") == "true" {
		if container := observed.Previous(name); container != nil {
			return container, nil
		}
		if container := observed.Latest(name); container != nil && waits(pod, name) {
			return container, nil // the last run; the next has not begun
		}
		return nil, failure(http.StatusBadRequest, "previous terminated container %q in pod %q not found", name, pod.Name)
	}
	container := observed.Latest(name)
	if container == nil || container.State == runtimeapi.ContainerState_CONTAINER_CREATED {
		if previous := observed.Previous(name); previous != nil {
			return previous, nil
		}
		return nil, failure(http.StatusBadRequest, "container %q in pod %q is waiting to start: %s", name, pod.Name, reasonOf(pod, name))
	}
	return container, nil
}

func hasContainer(pod *corev1.Pod, name string) bool {
	for i := range pod.Spec.EphemeralContainers {
		if pod.Spec.EphemeralContainers[i].Name == name {
			return true
		}
	}
	for _, list := range [][]corev1.Container{pod.Spec.InitContainers, pod.Spec.Containers} {
		for i := range list {
			if list[i].Name == name {
				return true
			}
		}
	}
	return false
}

func stateOf(pod *corev1.Pod, name string) corev1.ContainerState {
	for _, list := range [][]corev1.ContainerStatus{pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses, pod.Status.EphemeralContainerStatuses} {
		for i := range list {
			if list[i].Name == name {
				return list[i].State
			}
		}
	}
	return corev1.ContainerState{}
}

func waits(pod *corev1.Pod, name string) bool { return stateOf(pod, name).Waiting != nil }

func reasonOf(pod *corev1.Pod, name string) string {
	waiting := stateOf(pod, name).Waiting
	switch {
	case waiting == nil:
		return "ContainerCreating"
	case waiting.Reason == "ErrImagePull":
		return "image can't be pulled"
	case waiting.Reason == "ImagePullBackOff":
		return "trying and failing to pull image"
	}
	return waiting.Reason
}

func (s *Server) logOptions(query url.Values) (logs.Options, error) {
	options := logs.Options{Follow: query.Get("follow") == "true", Timestamps: query.Get("timestamps") == "true", Tail: -1}
	var err error
	if options.Tail, err = number(query, "tailLines", -1); err != nil {
		return options, err
	}
	if options.Limit, err = number(query, "limitBytes", 0); err != nil {
		return options, err
	}
	seconds, err := number(query, "sinceSeconds", -1)
	if err != nil {
		return options, err
	}
	if seconds >= 0 {
		options.Since = s.Clock.Now().Add(-time.Duration(seconds) * time.Second)
	}
	if text := query.Get("sinceTime"); text != "" {
		if options.Since, err = time.Parse(time.RFC3339, text); err != nil {
			return options, failure(http.StatusBadRequest, "sinceTime: %v", err)
		}
	}
	return options, nil
}

func number(query url.Values, name string, missing int64) (int64, error) {
	text := query.Get(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, failure(http.StatusUnprocessableEntity, "%s: %q must be a number that is not negative", name, text)
	}
	return n, nil
}

func streams(stream string, out *flusher) (stdout, stderr writer) {
	switch stream {
	case corev1.LogStreamStdout:
		return out, nil
	case corev1.LogStreamStderr:
		return nil, out
	}
	return out, out
}

// writer is io.Writer; a nil one leaves a stream out.
type writer interface{ Write(p []byte) (int, error) }

// watchEnd returns a channel that is closed when the container runs no more.
func (s *Server) watchEnd(r *http.Request, uid types.UID, id string) (ended <-chan struct{}, cancel func()) {
	changed, unsubscribe := s.Pods.Subscribe(uid)
	done, stop := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			answer, err := s.CRI.Runtime.ContainerStatus(r.Context(), &runtimeapi.ContainerStatusRequest{ContainerId: id})
			if cri.IsNotFound(err) || err == nil && answer.Status.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
				return
			}
			select {
			case <-changed:
			case <-stop:
				return
			case <-r.Context().Done():
				return
			}
		}
	}()
	return done, func() { close(stop); unsubscribe(); <-done }
}

// flusher sends each write at once.
type flusher struct {
	w       http.ResponseWriter
	written bool
}

func (f *flusher) Write(p []byte) (int, error) {
	f.written = true
	n, err := f.w.Write(p)
	f.flush()
	return n, err
}

func (f *flusher) flush() {
	if flush, ok := f.w.(http.Flusher); ok {
		flush.Flush()
	}
}
