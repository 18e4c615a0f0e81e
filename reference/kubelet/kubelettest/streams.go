package kubelettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"testing"

	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
	"k8s.io/cri-streaming/pkg/streaming/remotecommand"
	utilexec "k8s.io/utils/exec"
)

// ServeStreams lets the runtime answer Exec, Attach and PortForward until the test ends: a command
// "cat" echoes what is typed, "exit" fails with code 3, and every port echoes.
func (r *Runtime) ServeStreams(t testing.TB) {
	t.Helper()
	handler := &forwarder{}
	server := httptest.NewServer(handler)
	base, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	config := streaming.DefaultConfig
	config.BaseURL = base
	streams, err := streaming.NewServer(config, echo{})
	if err != nil {
		t.Fatal(err)
	}
	handler.Server = streams
	r.mu.Lock()
	r.streams = streams
	r.mu.Unlock()
	t.Cleanup(server.Close)
}

// forwarder has its server set after its address is known.
type forwarder struct{ streaming.Server }

type echo struct{}

func (echo) Exec(_ context.Context, _ string, command []string, in io.Reader, out, errOut io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	switch command[0] {
	case "cat":
		_, err := io.Copy(out, in)
		return err
	case "exit":
		if _, err := fmt.Fprint(errOut, "bye"); err != nil {
			return err
		}
		return utilexec.CodeExitError{Err: errors.New("command terminated with exit code 3"), Code: 3}
	}
	return fmt.Errorf("no command %q", command)
}

func (echo) Attach(_ context.Context, _ string, in io.Reader, out, _ io.WriteCloser, _ bool, _ <-chan remotecommand.TerminalSize) error {
	_, err := io.Copy(out, in)
	return err
}

func (echo) PortForward(_ context.Context, _ string, _ int32, stream io.ReadWriteCloser) error {
	_, err := io.Copy(stream, stream)
	return err
}

func (r *Runtime) streamServer() (streaming.Server, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.streams == nil {
		return nil, errors.New("the runtime serves no streams")
	}
	return r.streams, nil
}

// Exec implements CRI.
func (r *Runtime) Exec(_ context.Context, request *runtimeapi.ExecRequest) (*runtimeapi.ExecResponse, error) {
	streams, err := r.streamServer()
	if err != nil {
		return nil, err
	}
	return streams.GetExec(request)
}

// Attach implements CRI.
func (r *Runtime) Attach(_ context.Context, request *runtimeapi.AttachRequest) (*runtimeapi.AttachResponse, error) {
	streams, err := r.streamServer()
	if err != nil {
		return nil, err
	}
	return streams.GetAttach(request)
}

// PortForward implements CRI.
func (r *Runtime) PortForward(_ context.Context, request *runtimeapi.PortForwardRequest) (*runtimeapi.PortForwardResponse, error) {
	streams, err := r.streamServer()
	if err != nil {
		return nil, err
	}
	return streams.GetPortForward(request)
}
