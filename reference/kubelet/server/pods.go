package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func (s *Server) listPods(w http.ResponseWriter, _ *http.Request) {
	s.writePods(w, func(*corev1.Pod) bool { return true })
}

func (s *Server) runningPods(w http.ResponseWriter, _ *http.Request) {
	s.writePods(w, func(pod *corev1.Pod) bool { return pod.Status.Phase == corev1.PodRunning })
}

func (s *Server) writePods(w http.ResponseWriter, keep func(*corev1.Pod) bool) {
	list := &corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, Items: []corev1.Pod{}}
	for _, pod := range s.Pods.List() {
		if keep(pod) {
			list.Items = append(list.Items, *pod)
		}
	}
	writeJSON(w, list)
}

func (s *Server) configz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, map[string]any{"kubeletconfig": s.Config})
}

func writeJSON(w http.ResponseWriter, value any) {
	data, err := json.Marshal(value)
	if err != nil {
		http.Error(w, "encode answer: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(data) // a caller that went away
}

// httpError is an answer with a status code.
type httpError struct {
	code    int
	message string
}

func (e *httpError) Error() string { return e.message }

func failure(code int, format string, args ...any) error {
	return &httpError{code: code, message: fmt.Sprintf(format, args...)}
}

// pod finds the pod of a request.
func (s *Server) pod(r *http.Request) (*corev1.Pod, error) {
	namespace, name := r.PathValue("namespace"), r.PathValue("pod")
	pod := s.Pods.Get(namespace, name)
	if pod == nil || r.PathValue("uid") != "" && string(pod.UID) != r.PathValue("uid") {
		return nil, failure(http.StatusNotFound, "pod %q not found", namespace+"/"+name)
	}
	return pod, nil
}

// container finds a container that runs.
func (s *Server) container(r *http.Request) (*runtimeapi.ContainerStatus, error) {
	pod, err := s.pod(r)
	if err != nil {
		return nil, err
	}
	observed, err := s.CRI.Observe(r.Context(), pod.UID)
	if err != nil {
		return nil, err
	}
	name := r.PathValue("container")
	container := observed.Latest(name)
	if container == nil || container.State != runtimeapi.ContainerState_CONTAINER_RUNNING {
		return nil, failure(http.StatusNotFound, "container not found (%q)", name)
	}
	return container, nil
}

func fail(w http.ResponseWriter, err error) {
	if known, ok := errors.AsType[*httpError](err); ok {
		http.Error(w, known.message, known.code)
		return
	}
	http.Error(w, err.Error(), http.StatusInternalServerError)
}
