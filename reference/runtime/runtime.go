// Package runtime is the container runtime of a node: containerd inside this process, with the programs it executes (runc, the
// shim, the CNI plugin) and the images it needs carried by the binary. It speaks CRI v1.
//
// It has to run in a mount namespace whose mounts are private to the node and shared downwards (rshared), and a process that
// takes over from a killed one has to be in the same mount and network namespace: then running containers are adopted.
package runtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/containerd/containerd/v2/cmd/containerd/server"
	"github.com/containerd/plugin/registry"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc"
)

const (
	// DefaultHandler is the runtime handler of pods without a RuntimeClass.
	DefaultHandler = "runc"
	// TestHandler is a second name of the default one, which upstream's RuntimeClass tests ask for.
	TestHandler = "test-handler"
	// PauseImage holds the namespaces of a pod.
	PauseImage = "registry.k8s.io/pause:3.10.2"
)

// stateDirLimit leaves room for the names of the sockets in a path of 107 bytes.
const stateDirLimit = 80

// Options of Start. Only DataDir and StateDir have no default.
type Options struct {
	DataDir  string // images, snapshots, unpacked programs; absolute, survives a reboot
	StateDir string // sockets, pod network namespaces, addresses; absolute, at most 80 bytes, gone after a reboot

	PodCIDR           string // IPv4 prefix of the node's pods; empty: the kubelet tells it later by UpdateRuntimeConfig
	MTU               int    // of pod links; 0: the kernel's default
	SandboxImage      string // default PauseImage
	Snapshotter       string // default overlayfs
	RegistryConfigDir string // hosts.toml files of registries (containerd's certs.d layout); default DataDir/certs.d
	Log               *slog.Logger
}

// Runtime is a running containerd.
type Runtime struct {
	paths  paths
	server *server.Server
	conn   *grpc.ClientConn
	images *imageStore
	log    *slog.Logger
	close  func() error
	lock   *os.File
	failed chan struct{} // closed when CRI stopped working
	reason error         // readable once failed is closed
	once   sync.Once     // guards failed and reason
}

// started guards containerd's process-wide registries: it can be started once in the life of a process.
var started atomic.Bool

// Start returns when CRI answers and the sandbox image is there. The context only bounds the start.
func Start(ctx context.Context, o Options) (*Runtime, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("start container runtime: %w", err)
	}
	if !started.CompareAndSwap(false, true) {
		return nil, errors.New("start container runtime: there was one in this process already")
	}
	rt, err := start(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start container runtime: %w", err)
	}
	return rt, nil
}

func (o Options) withDefaults() Options {
	if o.SandboxImage == "" {
		o.SandboxImage = PauseImage
	}
	if o.Snapshotter == "" {
		o.Snapshotter = "overlayfs"
	}
	if o.RegistryConfigDir == "" {
		o.RegistryConfigDir = paths{data: o.DataDir}.registries()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	if !filepath.IsAbs(o.DataDir) || !filepath.IsAbs(o.StateDir) {
		return fmt.Errorf("data dir %q and state dir %q have to be absolute paths", o.DataDir, o.StateDir)
	}
	if len(o.StateDir) > stateDirLimit {
		return fmt.Errorf("state dir %q has to be at most %d bytes long, since unix sockets live in it", o.StateDir, stateDirLimit)
	}
	if o.PodCIDR != "" {
		if prefix, err := netip.ParsePrefix(o.PodCIDR); err != nil || !prefix.Addr().Is4() {
			return fmt.Errorf("pod CIDR %q has to be an IPv4 prefix", o.PodCIDR)
		}
	}
	return nil
}

func start(ctx context.Context, o Options) (*Runtime, error) {
	p := paths{data: o.DataDir, state: o.StateDir}
	// Others than root must be able to pass through, else pods with user namespaces cannot start.
	for _, dir := range []string{p.data, p.state} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return nil, err
		}
	}
	lock, err := lockDir(p.data)
	if err != nil {
		return nil, err
	}
	rt, err := startLocked(ctx, o, p)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	rt.lock = lock
	return rt, nil
}

// lockDir makes sure that one runtime uses a data dir; containerd itself would wait for the other to end. The lock ends with the process.
func lockDir(dir string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %q: another process uses it: %w", dir, err), file.Close())
	}
	return file, nil
}

func startLocked(ctx context.Context, o Options, p paths) (*Runtime, error) {
	programs, err := unpackPrograms(p.programs())
	if err != nil {
		return nil, err
	}
	carried, err := carriedArchive()
	if err != nil {
		return nil, err
	}
	if err := prepareNetwork(o, p); err != nil {
		return nil, fmt.Errorf("prepare pod network: %w", err)
	}
	rt := &Runtime{paths: p, log: o.Log, failed: make(chan struct{})}
	takeOverLogs(o.Log, rt.fail)
	listener, err := rt.startContainerd(ctx, o, programs)
	if err != nil {
		return nil, err
	}
	rt.images = &imageStore{client: listener.client, cri: listener.images, snapshotter: o.Snapshotter, carried: carried}
	listener.gate.store.Store(rt.images)
	if _, err := rt.images.ensure(ctx, o.SandboxImage); err != nil {
		return nil, errors.Join(err, rt.Close())
	}
	return rt, nil
}

// startContainerd returns when CRI has recovered its state.
func (rt *Runtime) startContainerd(ctx context.Context, o Options, programs programs) (*listener, error) {
	var l *listener
	registry.Register(registration(rt.paths.socket(), &gate{}, func(built *listener) { l = built }))
	config := containerdConfig(o, rt.paths, programs)
	if err := server.CreateTopLevelDirectories(config); err != nil {
		return nil, err
	}
	var err error
	// containerd keeps the context for its life, which is not that of the start.
	if rt.server, err = server.New(context.WithoutCancel(ctx), config); err != nil {
		return nil, err
	}
	rt.close = sync.OnceValue(rt.shutdown)
	if err := rt.server.Start(context.WithoutCancel(ctx)); err != nil {
		return nil, errors.Join(err, rt.Close())
	}
	ready := make(chan struct{})
	go func() {
		rt.server.Wait()
		close(ready)
	}()
	select {
	case <-ready:
	case <-rt.failed:
		return nil, rt.reason
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), rt.Close())
	}
	rt.conn, err = l.dial()
	return l, err
}

// fail is called by the logger when containerd reports that CRI cannot go on.
func (rt *Runtime) fail(message string) {
	rt.once.Do(func() {
		rt.reason = fmt.Errorf("run container runtime: %s", message)
		close(rt.failed)
	})
}

// Conn is the CRI v1 connection: RuntimeService and ImageService. It is closed by Close.
func (rt *Runtime) Conn() *grpc.ClientConn { return rt.conn }

// Socket is the path of the unix socket that serves CRI and containerd's own API to programs such as crictl.
func (rt *Runtime) Socket() string { return rt.paths.socket() }

// Import reads a docker or OCI archive, plain or compressed as a whole, and returns the names of its images. What it holds for
// other platforms may be missing.
func (rt *Runtime) Import(ctx context.Context, r io.Reader) ([]string, error) {
	return rt.images.importArchive(ctx, r)
}

// Carried returns the names of the images that need no registry, sorted. They are in the store once they were asked for.
func (rt *Runtime) Carried() []string { return rt.images.carried.names() }

// Run blocks until ctx ends or the runtime fails, then closes it. Pods keep running.
func (rt *Runtime) Run(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return rt.Close()
	case <-rt.failed:
		return errors.Join(rt.reason, rt.Close())
	}
}

// Close stops containerd; pods keep running under their shims until a later Start adopts them. It may be repeated.
func (rt *Runtime) Close() error { return rt.close() }

func (rt *Runtime) shutdown() error {
	var err error
	if rt.conn != nil {
		err = rt.conn.Close()
	}
	rt.server.Stop()
	if rt.lock != nil {
		err = errors.Join(err, rt.lock.Close())
	}
	return err
}
