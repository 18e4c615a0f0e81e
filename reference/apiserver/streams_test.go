package apiserver_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/httpstream"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/util/exec"
	serveforward "k8s.io/cri-streaming/pkg/streaming/portforward"
	servecommand "k8s.io/cri-streaming/pkg/streaming/remotecommand"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/apiserver/apiservertest"
)

// fakeKubelet answers as a kubelet does: exec echoes its input and then its
// request, ends with 7 when the command is "fail"; ports answer with their number.
type fakeKubelet struct{}

func (fakeKubelet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.HasPrefix(r.URL.Path, "/exec/"):
		o, err := servecommand.NewOptions(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		servecommand.ServeExec(w, r, command{r.URL.Path}, "", "", "", r.URL.Query()["command"], o, time.Minute, time.Minute, servecommand.SupportedStreamingProtocols)
	case strings.HasPrefix(r.URL.Path, "/portForward/"):
		o, err := serveforward.NewV4Options(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		serveforward.ServePortForward(w, r, forwarder{}, "", "", o, time.Minute, time.Minute, []string{"portforward.k8s.io"})
	default:
		fmt.Fprintf(w, "%s?%s", r.URL.Path, r.URL.RawQuery)
	}
}

type command struct{ path string }

type exitError struct{ exec.CodeExitError }

func (c command) ExecInContainer(_ context.Context, _, _, _ string, cmd []string, in io.Reader, out, _ io.WriteCloser, _ bool, _ <-chan servecommand.TerminalSize, _ time.Duration) error {
	if in != nil {
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
	}
	fmt.Fprint(out, c.path, cmd)
	if cmd[0] == "fail" {
		return exitError{exec.CodeExitError{Err: errors.New("failed"), Code: 7}}
	}
	return nil
}

type forwarder struct{}

func (forwarder) PortForward(_ context.Context, _, _ string, port int32, stream io.ReadWriteCloser) error {
	defer stream.Close()
	_, err := fmt.Fprint(stream, port)
	return err
}

// withKubelet runs a server with one running pod on a node with a fake kubelet.
func withKubelet(t *testing.T) (*rest.Config, kubernetes.Interface) {
	t.Helper()
	kubelet := httptest.NewTLSServer(fakeKubelet{})
	t.Cleanup(kubelet.Close)
	config := apiservertest.StartTLS(t, apiserver.Options{})
	client := kubernetes.NewForConfigOrDie(config)
	host, port, err := net.SplitHostPort(kubelet.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n"},
		Status: corev1.NodeStatus{
			Addresses:       []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: host}},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(number)}},
		},
	}
	must[*corev1.Node](t)(client.CoreV1().Nodes().Create(t.Context(), node, metav1.CreateOptions{}))
	running(t, client, "p")
	return config, client
}

func execURL(client kubernetes.Interface, cmd string) *url.URL {
	return client.CoreV1().RESTClient().Post().Namespace("default").Resource("pods").Name("p").SubResource("exec").
		Param("command", cmd).Param("stdin", "true").Param("stdout", "true").URL()
}

func TestExecOverBothProtocols(t *testing.T) {
	config, client := withKubelet(t)
	overWebSocket := func(u *url.URL) (remotecommand.Executor, error) {
		return remotecommand.NewWebSocketExecutor(config, http.MethodGet, u.String())
	}
	overSPDY := func(u *url.URL) (remotecommand.Executor, error) {
		return remotecommand.NewSPDYExecutor(config, http.MethodPost, u)
	}
	for name, executor := range map[string]func(*url.URL) (remotecommand.Executor, error){"websocket": overWebSocket, "spdy": overSPDY} {
		t.Run(name, func(t *testing.T) {
			e, err := executor(execURL(client, "ls"))
			if err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			err = e.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader("hello "), Stdout: &out})
			if err != nil || out.String() != "hello /exec/default/p/c[ls]" {
				t.Errorf("got %q, %v", out.String(), err)
			}
			if e, err = executor(execURL(client, "fail")); err != nil {
				t.Fatal(err)
			}
			err = e.StreamWithContext(t.Context(), remotecommand.StreamOptions{Stdin: strings.NewReader(""), Stdout: io.Discard})
			var exit exec.CodeExitError
			if !errors.As(err, &exit) || exit.Code != 7 {
				t.Errorf("exit of a failing command: %v", err)
			}
		})
	}
}

func TestPortForwardOverBothProtocols(t *testing.T) {
	config, client := withKubelet(t)
	u := client.CoreV1().RESTClient().Post().Namespace("default").Resource("pods").Name("p").SubResource("portforward").URL()
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(u, config)
	if err != nil {
		t.Fatal(err)
	}
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		t.Fatal(err)
	}
	plain := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, u)
	for name, dialer := range map[string]httpstream.Dialer{"tunnel": tunnel, "spdy": plain} {
		t.Run(name, func(t *testing.T) {
			stop, ready := make(chan struct{}), make(chan struct{})
			defer close(stop)
			f, err := portforward.NewOnAddresses(dialer, []string{"127.0.0.1"}, []string{"0:8080"}, stop, ready, io.Discard, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- f.ForwardPorts() }()
			select {
			case <-ready:
			case err := <-ended:
				t.Fatal(err)
			}
			ports, err := f.GetPorts()
			if err != nil {
				t.Fatal(err)
			}
			conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", ports[0].Local))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if got, err := io.ReadAll(conn); err != nil || string(got) != "8080" {
				t.Errorf("port answers %q, %v", got, err)
			}
		})
	}
}

func TestLogAndNodeProxyAskTheKubelet(t *testing.T) {
	_, client := withKubelet(t)
	log, err := client.CoreV1().Pods("default").GetLogs("p", &corev1.PodLogOptions{TailLines: new(int64(3))}).DoRaw(t.Context())
	if err != nil || string(log) != "/containerLogs/default/p/c?tailLines=3" {
		t.Errorf("log: %q, %v", log, err)
	}
	raw, err := client.CoreV1().RESTClient().Get().Resource("nodes").Name("n").SubResource("proxy").Suffix("pods").Param("a", "b").DoRaw(t.Context())
	if err != nil || string(raw) != "/pods?a=b" {
		t.Errorf("nodes/proxy: %q, %v", raw, err)
	}
}
