package server

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/proxy"
	apiserverproxy "k8s.io/apiserver/pkg/util/proxy"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/streaming/pkg/httpstream/wsstream"
)

// runTimeout bounds a command without streams.
const runTimeout = 2 * time.Minute

// streamOptions are the streams that a caller of exec or attach wants.
type streamOptions struct{ stdin, stdout, stderr, tty bool }

// parseStreams takes the names that API servers send (input, output, error) and those of the API (stdin, ...).
func parseStreams(query url.Values) (streamOptions, error) {
	flag := func(names ...string) bool {
		for _, name := range names {
			if on, err := strconv.ParseBool(query.Get(name)); err == nil && on {
				return true
			}
		}
		return false
	}
	o := streamOptions{
		stdin: flag(corev1.ExecStdinParam, "stdin"), stdout: flag(corev1.ExecStdoutParam, "stdout"),
		stderr: flag(corev1.ExecStderrParam, "stderr"), tty: flag(corev1.ExecTTYParam),
	}
	if o.tty {
		o.stderr = false // a terminal has one output
	}
	if !o.stdin && !o.stdout && !o.stderr {
		return o, failure(http.StatusBadRequest, "you must specify at least 1 of stdin, stdout, stderr")
	}
	return o, nil
}

func (s *Server) exec(w http.ResponseWriter, r *http.Request) {
	options, err := parseStreams(r.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	container, err := s.container(r)
	if err != nil {
		fail(w, err)
		return
	}
	answer, err := s.CRI.Runtime.Exec(r.Context(), &runtimeapi.ExecRequest{
		ContainerId: container.Id, Cmd: r.URL.Query()[corev1.ExecCommandParam],
		Tty: options.tty, Stdin: options.stdin, Stdout: options.stdout, Stderr: options.stderr,
	})
	if err != nil {
		fail(w, err)
		return
	}
	s.command(w, r, answer.Url, options)
}

func (s *Server) attach(w http.ResponseWriter, r *http.Request) {
	options, err := parseStreams(r.URL.Query())
	if err != nil {
		fail(w, err)
		return
	}
	container, err := s.container(r)
	if err != nil {
		fail(w, err)
		return
	}
	answer, err := s.CRI.Runtime.Attach(r.Context(), &runtimeapi.AttachRequest{
		ContainerId: container.Id, Tty: options.tty, Stdin: options.stdin, Stdout: options.stdout, Stderr: options.stderr,
	})
	if err != nil {
		fail(w, err)
		return
	}
	s.command(w, r, answer.Url, options)
}

// command joins the caller with the runtime's stream. The runtime speaks SPDY; a caller that speaks
// the newest WebSocket protocol is translated, older ones the runtime understands itself.
func (s *Server) command(w http.ResponseWriter, r *http.Request, target string, options streamOptions) {
	location, err := url.Parse(target)
	if err != nil {
		fail(w, err)
		return
	}
	if wsstream.IsWebSocketRequestWithStreamCloseProtocol(r) {
		apiserverproxy.NewStreamTranslatorHandler(location, nil, 0, apiserverproxy.Options{
			Stdin: options.stdin, Stdout: options.stdout, Stderr: options.stderr, Tty: options.tty,
		}).ServeHTTP(w, r)
		return
	}
	s.upgrade(location).ServeHTTP(w, r)
}

func (s *Server) portForward(w http.ResponseWriter, r *http.Request) {
	pod, err := s.pod(r)
	if err != nil {
		fail(w, err)
		return
	}
	ports, err := parsePorts(r.URL.Query()["port"])
	if err != nil {
		fail(w, err)
		return
	}
	observed, err := s.CRI.Observe(r.Context(), pod.UID)
	if err != nil {
		fail(w, err)
		return
	}
	sandbox := observed.ReadySandbox()
	if sandbox == nil {
		fail(w, failure(http.StatusNotFound, "sandbox for pod %q not found", pod.Namespace+"/"+pod.Name))
		return
	}
	answer, err := s.CRI.Runtime.PortForward(r.Context(), &runtimeapi.PortForwardRequest{PodSandboxId: sandbox.Id, Port: ports})
	if err != nil {
		fail(w, err)
		return
	}
	location, err := url.Parse(answer.Url)
	if err != nil {
		fail(w, err)
		return
	}
	if wsstream.IsWebSocketRequestWithTunnelingProtocol(r) {
		apiserverproxy.NewTunnelingHandler(s.upgrade(location)).ServeHTTP(w, r)
		return
	}
	s.upgrade(location).ServeHTTP(w, r)
}

func parsePorts(texts []string) ([]int32, error) {
	var ports []int32
	for _, text := range texts {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return nil, failure(http.StatusBadRequest, "unable to parse %q as a port", text)
		}
		ports = append(ports, int32(port))
	}
	return ports, nil
}

// upgrade passes the connection on as it is.
func (s *Server) upgrade(location *url.URL) http.Handler {
	return proxy.NewUpgradeAwareHandler(location, nil, false, true, responder{})
}

type responder struct{}

// Error implements proxy.ErrorResponder.
func (responder) Error(w http.ResponseWriter, _ *http.Request, err error) {
	http.Error(w, err.Error(), http.StatusInternalServerError)
}

// run runs a command to its end and answers with what it wrote.
func (s *Server) run(w http.ResponseWriter, r *http.Request) {
	container, err := s.container(r)
	if err != nil {
		fail(w, err)
		return
	}
	answer, err := s.CRI.Runtime.ExecSync(r.Context(), &runtimeapi.ExecSyncRequest{
		ContainerId: container.Id, Cmd: r.URL.Query()["cmd"], Timeout: int64(runTimeout / time.Second),
	})
	if err != nil {
		fail(w, err)
		return
	}
	if answer.ExitCode != 0 {
		w.WriteHeader(http.StatusInternalServerError)
	}
	_, _ = w.Write(append(answer.Stdout, answer.Stderr...)) // a caller that went away
}
