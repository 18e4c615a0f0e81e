//go:build linux

// Package cluster puts the components of a cluster together, by hand and in
// the order in which they start.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"

	"github.com/seatrial/seatrial/reference/apiserver"
	"github.com/seatrial/seatrial/reference/etcd"
	"github.com/seatrial/seatrial/reference/pki"
	"github.com/seatrial/seatrial/reference/runtime"
)

// cluster is the parts of one running cluster.
type cluster struct {
	Options
	bundle  *pki.Bundle
	store   *etcd.Member
	server  *apiserver.Server
	runtime *runtime.Runtime
}

// Run runs a whole cluster until ctx ends or a component fails. Containers go
// on after it; the next Run at the same place finds and keeps them.
func Run(ctx context.Context, o Options) error {
	if err := o.complete(); err != nil {
		return err
	}
	QuietLibraries(o.Log)
	c := &cluster{Options: o}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	defer c.store.Stop()
	pacing, stopPacing := context.WithCancel(ctx)
	defer stopPacing()
	go PaceCollector(pacing)
	return errors.Join(c.run(ctx), c.runtime.Close())
}

// prepare starts what the components need: store, runtime, certificates.
func (c *cluster) prepare(ctx context.Context) error {
	var ready errgroup.Group
	ready.Go(func() (err error) {
		c.runtime, err = runtime.Start(ctx, runtime.Options{
			DataDir:  filepath.Join(c.Place.DataDir, "containerd"),
			StateDir: filepath.Join(c.Place.StateDir, "containerd"),
			PodCIDR:  c.PodCIDR.String(),
			Log:      c.Log.With("component", "runtime"),
		})
		return err
	})
	ready.Go(func() error { return c.prepareServer(ctx) })
	err := ready.Wait()
	if err == nil {
		return nil
	}
	if c.runtime != nil {
		err = errors.Join(err, c.runtime.Close())
	}
	if c.store != nil {
		c.store.Stop()
	}
	return err
}

func (c *cluster) prepareServer(ctx context.Context) (err error) {
	c.store, err = etcd.Start(ctx, etcd.Options{
		Dir: filepath.Join(c.Place.DataDir, "etcd"), Logger: c.Log.With("component", "etcd"),
	})
	if err != nil {
		return err
	}
	hosts := append(c.Network.Hosts(), "localhost", "127.0.0.1", "::1", c.NodeName, c.NodeIP.String())
	c.bundle, err = pki.Ensure(filepath.Join(c.Place.DataDir, "pki"), pki.Options{Hosts: hosts})
	if err != nil {
		return err
	}
	err = pki.WriteKubeconfig(KubeconfigFile(c.Place), pki.Kubeconfig{
		Name: "seatrial-" + c.Place.Name, Server: c.Server, CA: c.bundle.CA.PEM(), User: "kubernetes-admin", Client: c.bundle.Admin,
	})
	if err != nil {
		return err
	}
	c.server, err = c.newServer(ctx)
	return err
}

// run runs the components; the API server and the store end after the others.
func (c *cluster) run(ctx context.Context) error {
	serving, stopServing := context.WithCancel(context.WithoutCancel(ctx))
	defer stopServing()
	served := make(chan error, 1)
	working, stopWorking := context.WithCancel(ctx)
	defer stopWorking()
	go func() {
		defer stopWorking()
		served <- c.server.Run(serving)
	}()
	group, working := errgroup.WithContext(working)
	ready := make(chan struct{}) // the roles of the components are written
	for name, run := range c.components() {
		group.Go(func() error {
			select {
			case <-ready:
			case <-working.Done():
				return nil
			}
			if err := run(working); err != nil && working.Err() == nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			return nil
		})
	}
	group.Go(func() error { return c.report(working, ready) })
	err := group.Wait()
	stopServing()
	if serveErr := <-served; serveErr != nil && ctx.Err() == nil {
		err = errors.Join(err, fmt.Errorf("API server: %w", serveErr))
	}
	return err
}

// newServer puts the API server together.
func (c *cluster) newServer(ctx context.Context) (*apiserver.Server, error) {
	listeners, err := c.listen()
	if err != nil {
		return nil, err
	}
	if c.Listener != nil {
		listeners = append(listeners, c.Listener)
	}
	options := ServerOptions(c.bundle, c.APIServer, c.Log)
	options.Etcd, options.EtcdReady = c.store.Client(), c.store.Ready
	options.Listeners = listeners
	c.Network.Set(&options, APIPort)
	return apiserver.New(ctx, options)
}

// QuietLibraries lets libraries log only what an operator can act on, unless
// their verbosity is raised.
func QuietLibraries(log *slog.Logger) {
	if klog.V(1).Enabled() {
		klog.SetSlogLogger(log.With("component", "library"))
		return
	}
	klog.SetSlogLogger(slog.New(&warnings{log.With("component", "library").Handler()}))
}

// warnings drops what is below a warning.
type warnings struct{ slog.Handler }

func (w *warnings) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && w.Handler.Enabled(ctx, level)
}

func (w *warnings) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &warnings{w.Handler.WithAttrs(attrs)}
}

func (w *warnings) WithGroup(name string) slog.Handler {
	return &warnings{w.Handler.WithGroup(name)}
}
