package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"

	"github.com/containerd/containerd/v2/client"
	"github.com/containerd/containerd/v2/defaults"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/platforms"
	"github.com/containerd/plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"
)

const (
	listenerID  = "seatrial"
	listenerURI = string(plugins.ServerPlugin) + "." + listenerID
	// criNamespace is the containerd namespace that CRI keeps its images and containers in.
	criNamespace = "k8s.io"
)

// listener is the containerd plugin that serves the gRPC services of all others: in memory for this process, and on a unix socket
// for crictl and ctr.
type listener struct {
	socket string
	server *grpc.Server
	memory *bufconn.Listener
	client *client.Client
	images criImages
	gate   *gate
}

// criImages is what the CRI image plugin offers beside its gRPC service: telling it that an image was changed behind its back.
type criImages interface {
	UpdateImage(ctx context.Context, name string) error
}

// registration makes containerd build the listener after all gRPC services; built receives it.
func registration(socket string, gate *gate, built func(*listener)) *plugin.Registration {
	return &plugin.Registration{
		Type:     plugins.ServerPlugin,
		ID:       listenerID,
		Requires: []plugin.Type{plugins.GRPCPlugin, plugins.CRIServicePlugin},
		InitFn: func(ic *plugin.InitContext) (any, error) {
			l, err := newListener(ic, socket, gate)
			if err == nil {
				built(l)
			}
			return l, err
		},
	}
}

func newListener(ic *plugin.InitContext, socket string, gate *gate) (*listener, error) {
	l := &listener{socket: socket, memory: bufconn.Listen(1 << 20), gate: gate}
	l.server = grpc.NewServer(
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize), grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
		grpc.ChainUnaryInterceptor(unaryNamespace, gate.intercept), grpc.ChainStreamInterceptor(streamNamespace),
	)
	for _, p := range ic.Plugins().GetAll() {
		if p.Registration.Type != plugins.GRPCPlugin {
			continue
		}
		instance, err := p.Instance()
		if err != nil {
			continue // containerd has logged it, and refuses to start if the plugin is a required one
		}
		if service, ok := instance.(interface{ Register(*grpc.Server) error }); ok {
			if err := service.Register(l.server); err != nil {
				return nil, fmt.Errorf("register service %q: %w", p.Registration.ID, err)
			}
		}
	}
	images, err := ic.GetByID(plugins.CRIServicePlugin, "images")
	if err != nil {
		return nil, fmt.Errorf("find CRI image plugin: %w", err)
	}
	var ok bool
	if l.images, ok = images.(criImages); !ok {
		return nil, fmt.Errorf("find CRI image plugin: %T cannot update images", images)
	}
	l.client, err = client.New("", client.WithDefaultNamespace(criNamespace),
		client.WithDefaultPlatform(platforms.Default()), client.WithInMemoryServices(ic))
	return l, err
}

// Start is called by containerd when every plugin is there.
func (l *listener) Start(context.Context) error {
	if err := os.Remove(l.socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	unix, err := net.Listen("unix", l.socket)
	if err != nil {
		return fmt.Errorf("listen on runtime socket: %w", err)
	}
	if err := os.Chmod(l.socket, 0o600); err != nil {
		return err
	}
	go func() { _ = l.server.Serve(unix) }()
	go func() { _ = l.server.Serve(l.memory) }()
	return nil
}

// Close ends both listeners and every open call.
func (l *listener) Close() error {
	l.server.Stop()
	return nil
}

// dial returns a connection to the in-memory listener.
func (l *listener) dial() (*grpc.ClientConn, error) {
	return grpc.NewClient("passthrough:///containerd",
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return l.memory.DialContext(ctx) }),
		grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(defaults.DefaultMaxRecvMsgSize), grpc.MaxCallSendMsgSize(defaults.DefaultMaxSendMsgSize)),
	)
}
