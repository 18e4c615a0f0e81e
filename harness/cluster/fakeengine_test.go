package cluster

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
)

// fakeEngine is a Docker engine with at most one container and one volume.
type fakeEngine struct {
	mu       sync.Mutex
	hasImage bool
	refuse   func(container.HostConfig) string // why a container does not start; empty when it does
	node     *fakeContainer
	volume   map[string]string // the volume's labels; nil when there is none
	created  []container.HostConfig
	stdout   string // what a node writes
	stderr   string
}

type fakeContainer struct {
	container.Config
	HostConfig container.HostConfig
	running    bool
}

// newFakeEngine listens where DOCKER_HOST says.
func newFakeEngine(t *testing.T) *fakeEngine {
	e := &fakeEngine{hasImage: true, stdout: `{"step":"one"}` + "\n" + `{"ready":true}` + "\n"}
	socket := filepath.Join(t.TempDir(), "engine.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: e.handler()}} //nolint:gosec // a test
	server.Start()
	t.Cleanup(server.Close)
	t.Setenv("DOCKER_HOST", "unix://"+socket)
	return e
}

func (e *fakeEngine) handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, answer := range map[string]http.HandlerFunc{
		"GET /containers/json":           e.list,
		"POST /containers/create":        e.create,
		"GET /containers/{name}/json":    e.inspect,
		"POST /containers/{name}/start":  e.start,
		"DELETE /containers/{name}":      e.remove,
		"GET /containers/{name}/logs":    e.logs,
		"GET /containers/{name}/archive": e.archive,
		"GET /volumes":                   e.volumes,
		"POST /volumes/create":           e.createVolume,
		"DELETE /volumes/{name}":         e.removeVolume,
	} {
		mux.HandleFunc(pattern, answer)
	}
	mux.HandleFunc("/_ping", func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Api-Version", "1.41") })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.mu.Lock()
		defer e.mu.Unlock()
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/v1.41")
		mux.ServeHTTP(w, r)
	})
}

func answer(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, code int, message string) {
	answer(w, code, map[string]string{"message": message})
}

func (e *fakeEngine) list(w http.ResponseWriter, _ *http.Request) {
	found := []container.Summary{}
	if e.node != nil {
		summary := container.Summary{Labels: e.node.Labels, State: container.StateExited}
		if e.node.running {
			summary.State = container.StateRunning
			summary.Ports = []container.PortSummary{{PrivatePort: apiPort, PublicPort: 7777, Type: "tcp"}}
		}
		found = append(found, summary)
	}
	answer(w, http.StatusOK, found)
}

func (e *fakeEngine) create(w http.ResponseWriter, r *http.Request) {
	node := &fakeContainer{}
	body := struct {
		*container.Config
		HostConfig *container.HostConfig
	}{&node.Config, &node.HostConfig}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	switch {
	case !e.hasImage:
		refuse(w, http.StatusNotFound, "No such image: "+node.Image)
	case e.node != nil:
		refuse(w, http.StatusConflict, "name is in use")
	default:
		e.node = node
		e.created = append(e.created, node.HostConfig)
		answer(w, http.StatusCreated, map[string]string{"Id": "id"})
	}
}

func (e *fakeEngine) inspect(w http.ResponseWriter, _ *http.Request) {
	if e.node == nil {
		refuse(w, http.StatusNotFound, "No such container")
		return
	}
	answer(w, http.StatusOK, map[string]any{"Id": "id", "HostConfig": e.node.HostConfig})
}

func (e *fakeEngine) start(w http.ResponseWriter, _ *http.Request) {
	if e.refuse != nil {
		if why := e.refuse(e.node.HostConfig); why != "" {
			refuse(w, http.StatusInternalServerError, why)
			return
		}
	}
	e.node.running = true
	w.WriteHeader(http.StatusNoContent)
}

func (e *fakeEngine) remove(w http.ResponseWriter, _ *http.Request) {
	if e.node == nil {
		refuse(w, http.StatusNotFound, "No such container")
		return
	}
	e.node = nil
	w.WriteHeader(http.StatusNoContent)
}

// logs frames the streams as engines do for containers without a terminal.
func (e *fakeEngine) logs(w http.ResponseWriter, _ *http.Request) {
	for _, stream := range []struct {
		kind stdcopy.StdType
		text string
	}{{stdcopy.Stderr, e.stderr}, {stdcopy.Stdout, e.stdout}} {
		n := len(stream.text)
		_, _ = w.Write([]byte{byte(stream.kind), 0, 0, 0, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
		_, _ = w.Write([]byte(stream.text))
	}
}

func (e *fakeEngine) archive(w http.ResponseWriter, r *http.Request) {
	var content bytes.Buffer
	archive := tar.NewWriter(&content)
	file := r.URL.Query().Get("path")
	_ = archive.WriteHeader(&tar.Header{Name: filepath.Base(file), Size: int64(len(file)), Mode: 0o600})
	_, _ = archive.Write([]byte(file))
	_ = archive.Close()
	w.Header().Set("X-Docker-Container-Path-Stat", "e30=")
	_, _ = w.Write(content.Bytes())
}

func (e *fakeEngine) volumes(w http.ResponseWriter, _ *http.Request) {
	found := []map[string]any{}
	if e.volume != nil {
		found = append(found, map[string]any{"Name": "volume", "Labels": e.volume})
	}
	answer(w, http.StatusOK, map[string]any{"Volumes": found})
}

func (e *fakeEngine) createVolume(w http.ResponseWriter, r *http.Request) {
	var body struct{ Labels map[string]string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	e.volume = body.Labels
	answer(w, http.StatusCreated, map[string]any{"Name": "volume"})
}

func (e *fakeEngine) removeVolume(w http.ResponseWriter, _ *http.Request) {
	switch {
	case e.volume == nil:
		refuse(w, http.StatusNotFound, "no such volume")
	case e.node != nil:
		refuse(w, http.StatusConflict, "volume is in use")
	default:
		e.volume = nil
		w.WriteHeader(http.StatusNoContent)
	}
}

// command returns the arguments that the node was started with.
func (e *fakeEngine) command() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.node == nil {
		return nil
	}
	return slices.Clone(e.node.Cmd)
}
