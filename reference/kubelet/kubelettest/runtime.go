// Package kubelettest is a container runtime without containers, for tests of the node agent: it keeps
// the promises of CRI v1 and does what the test says where a real container would act.
package kubelettest

import (
	"context"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/cri-streaming/pkg/streaming"
)

// Runtime implements the runtime and the image service of CRI v1 in memory.
type Runtime struct {
	runtimeapi.UnimplementedRuntimeServiceServer
	runtimeapi.UnimplementedImageServiceServer

	// OnExec answers ExecSync; nil = every command succeeds.
	OnExec func(container *Container, command []string) (stdout string, exitCode int32)
	// OnStop decides how a container takes its stop signal; nil = it ends at once with code 0. An
	// answer of false means it ignores the signal until the timeout.
	OnStop func(container *Container) bool
	// OnStart is called when a container starts, outside of all locks; it may let the container exit.
	OnStart func(container *Container)
	// Fail, if not nil, is asked before each call by name and may fail it.
	Fail func(call string) error
	// FailVersion, if not nil, may fail Version: the runtime is not up.
	FailVersion func() error

	mu         sync.Mutex
	sandboxes  map[string]*sandbox
	containers map[string]*Container
	images     map[string]*runtimeapi.Image
	pullable   map[string]bool
	listeners  map[chan *runtimeapi.ContainerEventResponse]bool
	calls      []string
	next       int
	streams    streaming.Server
}

type sandbox struct {
	id     string
	config *runtimeapi.PodSandboxConfig
	ready  bool
	ip     string
	made   time.Time
}

// Container is a container of the runtime.
type Container struct {
	ID      string
	Config  *runtimeapi.ContainerConfig
	runtime *Runtime
	sandbox *sandbox
	state   runtimeapi.ContainerState
	made    time.Time
	started time.Time
	ended   time.Time
	code    int32
	reason  string
	exited  chan struct{}
}

// New returns a runtime that has the images.
func New(images ...string) *Runtime {
	r := &Runtime{
		sandboxes: map[string]*sandbox{}, containers: map[string]*Container{}, images: map[string]*runtimeapi.Image{},
		pullable: map[string]bool{}, listeners: map[chan *runtimeapi.ContainerEventResponse]bool{},
	}
	for _, image := range images {
		r.AddImage(image)
	}
	return r
}

// Serve serves the runtime over a connection in memory until the test ends.
func (r *Runtime) Serve(t testing.TB) *grpc.ClientConn {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	runtimeapi.RegisterRuntimeServiceServer(server, r)
	runtimeapi.RegisterImageServiceServer(server, r)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(listener); err != nil {
			t.Errorf("serve fake runtime: %v", err)
		}
	}()
	conn, err := grpc.NewClient("passthrough:///runtime", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
		<-done
	})
	return conn
}

// Calls returns the calls that changed something, in order, such as "StartContainer web".
func (r *Runtime) Calls() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string(nil), r.calls...)
}

// Container returns the newest container of a name, or nil.
func (r *Runtime) Container(name string) *Container {
	r.mu.Lock()
	defer r.mu.Unlock()
	var newest *Container
	for _, c := range r.containers {
		if c.Config.Metadata.Name == name && (newest == nil || c.Config.Metadata.Attempt > newest.Config.Metadata.Attempt) {
			newest = c
		}
	}
	return newest
}

// Exit ends the container as if its process had.
func (c *Container) Exit(code int32) { c.end(code, reasonOf(code)) }

func reasonOf(code int32) string {
	if code == 0 {
		return "Completed"
	}
	return "Error"
}

func (c *Container) end(code int32, reason string) {
	r := c.runtime
	r.mu.Lock()
	if c.state != runtimeapi.ContainerState_CONTAINER_RUNNING {
		r.mu.Unlock()
		return
	}
	c.state, c.code, c.reason, c.ended = runtimeapi.ContainerState_CONTAINER_EXITED, code, reason, time.Now()
	close(c.exited)
	r.mu.Unlock()
	r.tell(c.sandbox, runtimeapi.ContainerEventType_CONTAINER_STOPPED_EVENT)
}

// KillSandbox ends a pod's sandbox and all in it, as a crash of the machine would.
func (r *Runtime) KillSandbox(pod string) {
	r.mu.Lock()
	var victim *sandbox
	var containers []*Container
	for _, s := range r.sandboxes {
		if s.config.Metadata.Name == pod && s.ready {
			victim, s.ready = s, false
		}
	}
	for _, c := range r.containers {
		if c.sandbox == victim {
			containers = append(containers, c)
		}
	}
	r.mu.Unlock()
	if victim == nil {
		return
	}
	for _, c := range containers {
		c.end(137, "Error")
	}
	r.tell(victim, runtimeapi.ContainerEventType_CONTAINER_STOPPED_EVENT)
}

func (r *Runtime) tell(s *sandbox, kind runtimeapi.ContainerEventType) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for listener := range r.listeners {
		listener <- &runtimeapi.ContainerEventResponse{
			ContainerId: s.id, ContainerEventType: kind, CreatedAt: time.Now().UnixNano(), PodSandboxStatus: s.status(),
		}
	}
}

func (r *Runtime) called(call, name string) error {
	if r.Fail != nil {
		if err := r.Fail(call); err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, call+" "+name)
	return nil
}

func notFound(kind, id string) error {
	return status.Error(codes.NotFound, fmt.Sprintf("%s %q not found", kind, id))
}
