package server_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	utilexec "k8s.io/client-go/util/exec"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/utils/clock"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/kubelettest"
	"github.com/seatrial/seatrial/reference/kubelet/server"
)

// node is a server over one pod "web" with a container "main" on a fake runtime.
type node struct {
	runtime *kubelettest.Runtime
	config  *rest.Config
	logDir  string
	pod     *corev1.Pod
	asked   []string // what the authorizer was asked
}

type pods struct{ n *node }

func (p pods) List() []*corev1.Pod { return []*corev1.Pod{p.n.pod} }

func (p pods) Get(namespace, name string) *corev1.Pod {
	if namespace == p.n.pod.Namespace && name == p.n.pod.Name {
		return p.n.pod
	}
	return nil
}

func (pods) Subscribe(types.UID) (<-chan struct{}, func()) { return nil, func() {} }

func startNode(t *testing.T) *node {
	t.Helper()
	n := &node{runtime: kubelettest.New("app"), logDir: t.TempDir(), pod: &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "web", UID: "uid"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main"}, {Name: "late"}}},
		Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "late", State: corev1.ContainerState{
			Waiting: &corev1.ContainerStateWaiting{Reason: "ErrImagePull"},
		}}}},
	}}
	n.runtime.ServeStreams(t)
	client := cri.NewClient(n.runtime.Serve(t))
	n.runPod(t, client)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := server.New(server.Options{
		NodeName: "node-1", Listener: listener, Certificate: certificate(t), Pods: pods{n}, CRI: client, Access: n.access(),
		Metrics: map[string]http.Handler{"/metrics": http.NotFoundHandler()}, Config: map[string]any{"maxPods": 110},
		LogDir: n.logDir, Clock: clock.RealClock{}, Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	n.config = &rest.Config{Host: "https://" + listener.Addr().String(), BearerToken: "good", TLSClientConfig: rest.TLSClientConfig{Insecure: true}}
	return n
}

func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	borrowed := httptest.NewTLSServer(nil)
	defer borrowed.Close()
	return borrowed.TLS.Certificates[0]
}

// access knows the token "good", and refuses user "good" nothing but nodes/log.
func (n *node) access() server.Access {
	return server.Access{
		Authenticator: authenticator.RequestFunc(func(r *http.Request) (*authenticator.Response, bool, error) {
			if r.Header.Get("Authorization") != "Bearer good" {
				return nil, false, nil
			}
			return &authenticator.Response{User: &user.DefaultInfo{Name: "good"}}, true, nil
		}),
		Authorizer: authorizer.AuthorizerFunc(func(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
			n.asked = append(n.asked, a.GetVerb()+" "+a.GetResource()+"/"+a.GetSubresource()+" "+a.GetName())
			if a.GetSubresource() == "log" || a.GetSubresource() == "healthz" {
				return authorizer.DecisionNoOpinion, "", nil
			}
			return authorizer.DecisionAllow, "", nil
		}),
	}
}

func (n *node) runPod(t *testing.T, client *cri.Client) {
	t.Helper()
	ctx := t.Context()
	config := &runtimeapi.PodSandboxConfig{Metadata: &runtimeapi.PodSandboxMetadata{Name: "web", Uid: "uid", Namespace: "ns"}, Labels: cri.PodLabels(n.pod), LogDirectory: n.logDir}
	sandbox, err := client.Runtime.RunPodSandbox(ctx, &runtimeapi.RunPodSandboxRequest{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	for attempt := range uint32(2) {
		log := []string{"0.log", "1.log"}[attempt]
		created, err := client.Runtime.CreateContainer(ctx, &runtimeapi.CreateContainerRequest{PodSandboxId: sandbox.PodSandboxId, Config: &runtimeapi.ContainerConfig{
			Metadata: &runtimeapi.ContainerMetadata{Name: "main", Attempt: attempt}, Labels: cri.ContainerLabels(n.pod, "main"), LogPath: log,
		}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.Runtime.StartContainer(ctx, &runtimeapi.StartContainerRequest{ContainerId: created.ContainerId}); err != nil {
			t.Fatal(err)
		}
		text := "2026-01-01T00:00:00Z stdout F run " + log + "\n2026-01-01T00:00:01Z stderr F end\n"
		if err := os.WriteFile(filepath.Join(n.logDir, log), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if attempt == 0 {
			n.runtime.Container("main").Exit(1)
		}
	}
}

func (n *node) get(t *testing.T, path, token string) (int, string) {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, n.config.Host+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := transport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestAccess(t *testing.T) {
	n := startNode(t)
	for _, tt := range []struct {
		path, token string
		code        int
		asked       string
	}{
		{"/healthz", "", http.StatusUnauthorized, ""},
		{"/pods", "bad", http.StatusUnauthorized, ""},
		{"/pods", "good", http.StatusOK, "get nodes/pods node-1"},
		{"/healthz", "good", http.StatusOK, "get nodes/healthz node-1,get nodes/proxy node-1"},
		{"/logs/", "good", http.StatusForbidden, "get nodes/log node-1"},
		{"/metrics", "good", http.StatusNotFound, "get nodes/metrics node-1"},
		{"/configz", "good", http.StatusOK, "get nodes/configz node-1"},
		{"/containerLogs/ns/web/main", "good", http.StatusOK, "get nodes/proxy node-1"},
		{"/podsandmore", "good", http.StatusNotFound, "get nodes/proxy node-1"},
	} {
		n.asked = nil
		code, body := n.get(t, tt.path, tt.token)
		if code != tt.code || strings.Join(n.asked, ",") != tt.asked {
			t.Errorf("%s by %q: %d %q after asking %q; want %d after %q", tt.path, tt.token, code, body, n.asked, tt.code, tt.asked)
		}
	}
}

func TestContainerLogs(t *testing.T) {
	n := startNode(t)
	for _, tt := range []struct {
		path string
		code int
		want string
	}{
		{"/containerLogs/ns/web/main", 200, "run 1.log\nend\n"},
		{"/containerLogs/ns/web/main?previous=true", 200, "run 0.log\nend\n"},
		{"/containerLogs/ns/web/main?tailLines=1", 200, "end\n"},
		{"/containerLogs/ns/web/main?stream=Stdout", 200, "run 1.log\n"},
		{"/containerLogs/ns/web/main?limitBytes=3", 200, "run"},
		{"/containerLogs/ns/web/main?tailLines=-1", 422, "tailLines"},
		{"/containerLogs/ns/web/main?sinceTime=noon", 400, "sinceTime"},
		{"/containerLogs/ns/none/main", 404, `pod "ns/none" not found`},
		{"/containerLogs/ns/web/none", 404, `container "none" not found in pod "web"`},
		{"/containerLogs/ns/web/late", 400, `container "late" in pod "web" is waiting to start: image can't be pulled`},
		{"/containerLogs/ns/web/late?previous=true", 400, `previous terminated container "late" in pod "web" not found`},
	} {
		code, body := n.get(t, tt.path, "good")
		if code != tt.code || !strings.Contains(body, tt.want) || code == 200 && body != tt.want {
			t.Errorf("%s: %d %q; want %d %q", tt.path, code, body, tt.code, tt.want)
		}
	}
}

func (n *node) executor(t *testing.T, protocol, path string) remotecommand.Executor {
	t.Helper()
	location, err := url.Parse(n.config.Host + path)
	if err != nil {
		t.Fatal(err)
	}
	var executor remotecommand.Executor
	if protocol == "SPDY" {
		executor, err = remotecommand.NewSPDYExecutor(n.config, http.MethodPost, location)
	} else {
		executor, err = remotecommand.NewWebSocketExecutor(n.config, http.MethodGet, location.String())
	}
	if err != nil {
		t.Fatal(err)
	}
	return executor
}

// Clients speak SPDY or WebSocket; the runtime speaks SPDY only.
func TestExecAndAttach(t *testing.T) {
	n := startNode(t)
	for _, protocol := range []string{"SPDY", "WebSocket"} {
		for _, path := range []string{"/exec/ns/web/main?command=cat&input=1&output=1", "/exec/ns/web/uid/main?command=cat&stdin=true&stdout=true", "/attach/ns/web/main?input=1&output=1"} {
			var out bytes.Buffer
			err := n.executor(t, protocol, path).StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader("typed"), Stdout: &out})
			if err != nil || out.String() != "typed" {
				t.Errorf("%s %s: %q, %v; want what was typed", protocol, path, out.String(), err)
			}
		}
		var errOut bytes.Buffer
		err := n.executor(t, protocol, "/exec/ns/web/main?command=exit&error=1").StreamWithContext(t.Context(), remotecommand.StreamOptions{Stderr: &errOut})
		var code utilexec.CodeExitError
		if !errors.As(err, &code) || code.Code != 3 || errOut.String() != "bye" {
			t.Errorf("%s exit: %q, %v; want exit code 3", protocol, errOut.String(), err)
		}
		err = n.executor(t, protocol, "/exec/ns/web/late?command=cat&output=1").StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdout: &bytes.Buffer{}})
		if err == nil {
			t.Errorf("%s exec in a container that does not run succeeds", protocol)
		}
	}
}

func TestPortForward(t *testing.T) {
	n := startNode(t)
	location, err := url.Parse(n.config.Host + "/portForward/ns/web")
	if err != nil {
		t.Fatal(err)
	}
	transport, upgrader, err := spdy.RoundTripperFor(n.config)
	if err != nil {
		t.Fatal(err)
	}
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(location, n.config)
	if err != nil {
		t.Fatal(err)
	}
	for protocol, dialer := range map[string]httpstream.Dialer{"SPDY": spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, location), "WebSocket": tunnel} {
		stop, ready := make(chan struct{}), make(chan struct{})
		forwarder, err := portforward.New(dialer, []string{"0:80"}, stop, ready, io.Discard, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- forwarder.ForwardPorts() }()
		select {
		case <-ready:
		case err := <-ended:
			t.Fatalf("%s: %v", protocol, err)
		}
		ports, err := forwarder.GetPorts()
		if err != nil {
			t.Fatal(err)
		}
		conn, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(ports[0].Local))))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write([]byte("ping")); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 4)
		if _, err := io.ReadFull(conn, answer); err != nil || string(answer) != "ping" {
			t.Errorf("%s: %q, %v", protocol, answer, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		close(stop)
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", protocol, err)
		}
	}
}
