package probes

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

func portOf(t *testing.T, address string) int32 {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.ParseInt(port, 10, 32)
	if err != nil {
		t.Fatal(err)
	}
	return int32(n)
}

func TestHTTPProbe(t *testing.T) {
	mux := http.NewServeMux()
	var agent, custom, host string
	mux.HandleFunc("/ok", func(_ http.ResponseWriter, r *http.Request) {
		agent, custom, host = r.UserAgent(), r.Header.Get("X-Custom"), r.Host
	})
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.Handle("/local", http.RedirectHandler("/bad", http.StatusFound))
	mux.Handle("/away", http.RedirectHandler("http://0.0.0.0/bad", http.StatusFound))
	mux.Handle("/loop", http.RedirectHandler("/loop", http.StatusFound))
	mux.HandleFunc("/no-location", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	plain, secure := httptest.NewServer(mux), httptest.NewTLSServer(mux)
	defer plain.Close()
	defer secure.Close()
	for _, tt := range []struct {
		path   string
		scheme corev1.URIScheme
		want   Outcome
		output string
	}{
		{"/ok", "", Success, ""},
		{"/ok", corev1.URISchemeHTTPS, Success, ""},
		{"/bad", "", Failure, "HTTP probe failed with statuscode: 500"},
		{"/none", "", Failure, "HTTP probe failed with statuscode: 404"},
		{"/local", "", Failure, "HTTP probe failed with statuscode: 500"},
		{"/away", "", Warning, "Probe terminated redirects"},
		{"/loop", "", Failure, "stopped after 10 redirects"},
		{"/no-location", "", Warning, "Probe terminated redirects"},
		{"/slow", "", Failure, "deadline exceeded"},
	} {
		server := plain
		if tt.scheme == corev1.URISchemeHTTPS {
			server = secure
		}
		location, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		container := &corev1.Container{Ports: []corev1.ContainerPort{{Name: "web", ContainerPort: portOf(t, location.Host)}}}
		probe := &corev1.Probe{TimeoutSeconds: 1, ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Path: tt.path, Scheme: tt.scheme, Port: intstr.FromString("web"), HTTPHeaders: []corev1.HTTPHeader{{Name: "X-Custom", Value: "yes"}, {Name: "Host", Value: "example.com"}},
		}}}
		got, output := Checker{}.Check(t.Context(), probe, Target{Container: container, PodIP: "127.0.0.1"})
		if got != tt.want || !strings.Contains(output, tt.output) {
			t.Errorf("%s %s = %v, %q; want %v, %q", tt.scheme, tt.path, got, output, tt.want, tt.output)
		}
	}
	if agent != "kube-probe/1.36" || custom != "yes" || host != "example.com" {
		t.Errorf("request had agent %q, header %q, host %q", agent, custom, host)
	}
}

func TestTCPProbe(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := portOf(t, listener.Addr().String())
	probe := &corev1.Probe{TimeoutSeconds: 1, ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromInt32(port)}}}
	target := Target{Container: &corev1.Container{}, PodIP: "127.0.0.1"}
	if got, output := (Checker{}).Check(t.Context(), probe, target); got != Success {
		t.Errorf("open port: %v, %q", got, output)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	if got, output := (Checker{}).Check(t.Context(), probe, target); got != Failure || !strings.Contains(output, "connection refused") {
		t.Errorf("closed port: %v, %q", got, output)
	}
	probe.TCPSocket.Port = intstr.FromString("none")
	if got, _ := (Checker{}).Check(t.Context(), probe, target); got != Failure {
		t.Error("a port that is not there succeeds")
	}
}

func TestGRPCProbe(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, service := grpc.NewServer(), health.NewServer()
	healthv1.RegisterHealthServer(server, service)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()
	service.SetServingStatus("bad", healthv1.HealthCheckResponse_NOT_SERVING)
	for name, want := range map[string]Outcome{"": Success, "bad": Failure, "unknown": Failure} {
		probe := &corev1.Probe{TimeoutSeconds: 5, ProbeHandler: corev1.ProbeHandler{GRPC: &corev1.GRPCAction{Port: portOf(t, listener.Addr().String()), Service: &name}}}
		if got, output := (Checker{}).Check(t.Context(), probe, Target{PodIP: "127.0.0.1"}); got != want {
			t.Errorf("service %q = %v, %q; want %v", name, got, output, want)
		}
	}
}

type execRuntime struct {
	runtimeapi.RuntimeServiceClient
	answer *runtimeapi.ExecSyncResponse
	err    error
	got    *runtimeapi.ExecSyncRequest
}

func (e *execRuntime) ExecSync(_ context.Context, request *runtimeapi.ExecSyncRequest, _ ...grpc.CallOption) (*runtimeapi.ExecSyncResponse, error) {
	e.got = request
	return e.answer, e.err
}

func TestExecProbe(t *testing.T) {
	probe := &corev1.Probe{TimeoutSeconds: 3, ProbeHandler: corev1.ProbeHandler{Exec: &corev1.ExecAction{Command: []string{"check", "it"}}}}
	for _, tt := range []struct {
		name    string
		runtime *execRuntime
		want    Outcome
		output  string
	}{
		{"good", &execRuntime{answer: &runtimeapi.ExecSyncResponse{Stdout: []byte("fine")}}, Success, "fine"},
		{"bad", &execRuntime{answer: &runtimeapi.ExecSyncResponse{ExitCode: 2, Stderr: []byte("broken")}}, Failure, "broken"},
		{"slow", &execRuntime{err: status.Error(codes.DeadlineExceeded, "timeout")}, Failure, "timed out after 3s"},
		{"gone", &execRuntime{err: status.Error(codes.NotFound, "no such container")}, Failure, "no such container"},
	} {
		got, output := Checker{Runtime: tt.runtime}.Check(t.Context(), probe, Target{ContainerID: "id"})
		if got != tt.want || !strings.Contains(output, tt.output) {
			t.Errorf("%s = %v, %q; want %v, %q", tt.name, got, output, tt.want, tt.output)
		}
		if tt.runtime.got.ContainerId != "id" || tt.runtime.got.Timeout != int64(3*time.Second/time.Second) {
			t.Errorf("%s: request = %+v", tt.name, tt.runtime.got)
		}
	}
}
