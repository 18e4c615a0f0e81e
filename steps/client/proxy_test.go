package client_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/standin"
)

// proxyVariable makes the program of the tests stand in for kubectl proxy.
const proxyVariable = "TEST_KUBECTL_PROXY"

// serveProxy listens where the arguments say, tells so in its first line, and answers with the path, the arguments and the kubeconfig.
func serveProxy() error {
	network, address := "tcp", "127.0.0.1:0"
	if socket, ok := strings.CutPrefix(os.Args[len(os.Args)-1], "--unix-socket="); ok {
		network, address = "unix", socket
	}
	listener, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	_, _ = os.Stdout.WriteString("Starting to serve on " + listener.Addr().String() + "\n")
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kubeconfig, _ := os.ReadFile(os.Getenv("KUBECONFIG"))
		_, _ = w.Write([]byte(r.URL.Path + " " + r.Header.Get("Authorization") + strings.Join(os.Args[1:], " ") + "\n" + string(kubeconfig)))
	})
	return http.Serve(listener, handler) //nolint:gosec // it ends with the test
}

func TestAProxyAsksForNoCredentialsAndEndsWithItsFiles(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(proxyVariable, "yes")
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	robot, err := open(t, standin.Start(t)).WithToken("the robot", "secret")
	if err != nil {
		t.Fatal(err)
	}
	for door, argument := range map[client.Door]string{client.LocalPort: "--port=0", client.Socket: "--unix-socket="} {
		proxy, err := client.NewKubectl([]string{program, "kubectl"}, dir).Proxy(t.Context(), robot, door)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := proxy.Get(t.Context(), "/api/")
		if text := string(answer.Body); err != nil || !strings.HasPrefix(text, "/api/ kubectl proxy "+argument) || !strings.Contains(text, "token: secret") {
			t.Errorf("%s: got %q, %v", door, text, err)
		}
		proxy.Close()
		if _, err := proxy.Get(t.Context(), "/api/"); err == nil {
			t.Errorf("%s: it answers after its end", door)
		}
	}
	for _, folder := range []string{dir, os.Getenv("TMPDIR")} {
		if left, err := filepath.Glob(filepath.Join(folder, "*")); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestAProxyThatDoesNotListenIsToldOf(t *testing.T) {
	program := filepath.Join(t.TempDir(), "kubectl")
	if err := os.WriteFile(program, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, err := client.NewKubectl([]string{program}, dir).Proxy(t.Context(), open(t, standin.Start(t)).User, client.LocalPort)
	if err == nil || !strings.Contains(err.Error(), "start kubectl proxy: read where it listens") {
		t.Errorf("got %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
