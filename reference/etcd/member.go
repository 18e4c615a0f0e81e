// Package etcd runs a single etcd member inside the process and hands out a
// client that calls it without a network.
package etcd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/etcdserver/api/v3client"
)

const (
	defaultTickMs  = 20
	electionTicks  = 5
	quotaBytes     = 4 << 30
	snapshotCount  = 2000 // bounds the raft log in memory and its replay at a restart
	catchUpEntries = 500
)

// Options configures a member. Only Dir is required.
type Options struct {
	// Dir holds the data. It is made when missing, with mode 0700.
	Dir string
	// TickMs is the raft heartbeat in milliseconds; zero means 20. A single
	// member elects itself within five ticks.
	TickMs uint
	// Socket is the path of a unix socket for gRPC clients, such as etcdctl;
	// empty means that only the in-process client reaches the member.
	Socket string
	// Logger receives what etcd logs at warning and above; nil means discard.
	Logger *slog.Logger
}

// Member is a running etcd member. Writes are on disk (fsync) before they are
// acknowledged, so a killed process loses nothing that was acknowledged.
type Member struct {
	server *embed.Etcd
	client *clientv3.Client
	status *maintenance
	lock   *os.File
	stop   sync.Once
}

// ErrLocked says that another process uses the directory.
var ErrLocked = errors.New("directory is in use by another process")

// Start opens or creates the data in o.Dir and starts the member. It returns
// before the member has elected itself; see Ready. The context bounds nothing
// but the start.
func Start(ctx context.Context, o Options) (*Member, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("start etcd in %q: %w", o.Dir, err)
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("start etcd: %w", err)
	}
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("start etcd in %q: %w", o.Dir, err)
	}
	server, err := startServer(config(o))
	if err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("start etcd in %q: %w", o.Dir, explain(o.Dir, err))
	}
	client := v3client.New(server.Server)
	status := &maintenance{Maintenance: client.Maintenance}
	client.Maintenance = status
	return &Member{server: server, client: client, status: status, lock: lock}, nil
}

// startServer turns the panics with which etcd reports an unusable disk into errors.
func startServer(cfg *embed.Config) (server *embed.Etcd, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return embed.StartEtcd(cfg)
}

func config(o Options) *embed.Config {
	tick := o.TickMs
	if tick == 0 {
		tick = defaultTickMs
	}
	peer := url.URL{Scheme: "http", Host: "localhost:2380"}
	c := embed.NewConfig()
	c.Dir = filepath.Clean(o.Dir)
	c.AdvertisePeerUrls = []url.URL{peer}
	c.AdvertiseClientUrls = []url.URL{{Scheme: "http", Host: "localhost:2379"}}
	c.InitialCluster = c.Name + "=" + peer.String()
	c.ListenPeerUrls, c.ListenClientUrls = nil, nil
	if o.Socket != "" {
		_ = os.Remove(o.Socket) // left by a killed process; the lock is ours
		c.ListenClientUrls = []url.URL{{Scheme: "unix", Path: o.Socket}}
	}
	c.TickMs, c.ElectionMs = tick, tick*electionTicks
	c.SnapshotCount, c.SnapshotCatchUpEntries = snapshotCount, catchUpEntries
	c.QuotaBackendBytes = quotaBytes
	c.ZapLoggerBuilder = embed.NewZapLoggerBuilder(zapLogger(o.Logger))
	return c
}

// Client calls the member in this process. It is closed by Stop.
func (m *Member) Client() *clientv3.Client { return m.client }

// Ready waits until the member serves writes.
func (m *Member) Ready(ctx context.Context) error {
	select {
	case <-m.server.Server.ReadyNotify():
		return nil
	case <-m.server.Server.StopNotify():
		return errors.New("wait for etcd: the member stopped")
	case <-ctx.Done():
		return fmt.Errorf("wait for etcd: %w", ctx.Err())
	}
}

// Run blocks until ctx ends, then stops the member. It returns an error when
// the member ended by itself.
func (m *Member) Run(ctx context.Context) error {
	defer m.Stop()
	select {
	case <-ctx.Done():
		return nil
	case err := <-m.server.Err():
		return fmt.Errorf("run etcd: %w", err)
	case <-m.server.Server.StopNotify():
		return errors.New("run etcd: the member stopped")
	}
}

// Stop ends the member and releases the directory. It may be called again.
func (m *Member) Stop() {
	m.stop.Do(func() {
		m.status.stop()
		_ = m.client.Close()
		m.server.Close()
		_ = m.lock.Close()
	})
}
