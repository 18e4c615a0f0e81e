// Package standin is a very small API server in memory, for the tests of the kit: it stores, lists, watches, patches and refuses, and
// knows nothing of what the kinds mean.
package standin

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// Server is the API server.
type Server struct {
	// Refuse may answer a request instead of the server. Nil means to go on.
	Refuse func(r *http.Request) *metav1.Status
	// Created may change an object before it is stored, as defaults and controllers would.
	Created func(resource string, object map[string]any)

	http    *httptest.Server
	mu      sync.Mutex
	version int
	objects map[string]map[string]any // by path
	log     []event
	changed chan struct{}
}

// event is one change, for watches.
type event struct {
	version    int
	kind, path string
	object     json.RawMessage
}

// resources are the kinds of the server, all of the core group. The value tells whether they are namespaced.
func resources() map[string]metav1.APIResource {
	list := map[string]metav1.APIResource{}
	for plural, kind := range map[string]string{
		"configmaps": "ConfigMap", "secrets": "Secret", "pods": "Pod", "events": "Event", "serviceaccounts": "ServiceAccount",
		"services": "Service", "endpointslices": "EndpointSlice",
	} {
		list[plural] = metav1.APIResource{Name: plural, Kind: kind, Namespaced: true, Verbs: metav1.Verbs{"list"}}
	}
	for plural, kind := range map[string]string{
		"namespaces": "Namespace", "nodes": "Node", "certificatesigningrequests": "CertificateSigningRequest",
		"customresourcedefinitions": "CustomResourceDefinition",
	} {
		list[plural] = metav1.APIResource{Name: plural, Kind: kind, Verbs: metav1.Verbs{"list"}}
	}
	return list
}

// Start runs a server until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]map[string]any{}, changed: make(chan struct{})}
	s.http = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Kill)
	return s
}

// Config is how to reach the server.
func (s *Server) Config() *rest.Config { return &rest.Config{Host: s.http.URL} }

// Kill ends the server as a crash would.
func (s *Server) Kill() {
	s.http.CloseClientConnections()
	_ = s.http.Listener.Close()
	go s.http.Close() // waits for watches, which end with their connections
}

// Objects lists the paths of all objects.
func (s *Server) Objects() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var paths []string
	for path := range s.objects {
		paths = append(paths, path)
	}
	return paths
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	if s.Refuse != nil {
		if status := s.Refuse(r); status != nil {
			reply(w, int(status.Code), status)
			return
		}
	}
	switch r.URL.Path {
	case "/version":
		reply(w, http.StatusOK, map[string]any{"gitVersion": "v1.36.3"})
	case "/readyz":
		_, _ = w.Write([]byte("ok"))
	case "/api":
		reply(w, http.StatusOK, metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}})
	case "/apis":
		reply(w, http.StatusOK, metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList"}})
	case "/api/v1":
		list := metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList"}, GroupVersion: "v1"}
		for _, resource := range resources() {
			list.APIResources = append(list.APIResources, resource)
		}
		reply(w, http.StatusOK, list)
	default:
		s.resource(w, r)
	}
}

// resource serves the objects. A path is that of an object when the part before its last one is the name of a resource.
func (s *Server) resource(w http.ResponseWriter, r *http.Request) {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	kinds := resources()
	last := parts[len(parts)-1]
	if kind, ok := kinds[last]; ok && len(parts) != 4 {
		s.collection(w, r, kind)
		return
	}
	if _, ok := kinds[parts[len(parts)-2]]; ok {
		s.object(w, r)
		return
	}
	fail(w, http.StatusNotFound, metav1.StatusReasonNotFound, "the server could not find the requested resource")
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, code int, reason metav1.StatusReason, message string) {
	reply(w, code, Status(code, reason, message))
}

// Status makes the answer to a request that is refused.
func Status(code int, reason metav1.StatusReason, message string) *metav1.Status {
	return &metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure,
		Code: int32(code), Reason: reason, Message: message, //nolint:gosec // an HTTP status code
	}
}
