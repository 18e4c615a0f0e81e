package etcd

import (
	"context"
	"errors"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// errStopped answers who asks for the status of a member that has ended.
var errStopped = errors.New("the member has stopped")

// maintenance answers for the status of a member only while it runs. Etcd itself
// reads a closed database then, and panics: the metrics of a server are asked
// for at any time, also while it stops.
type maintenance struct {
	clientv3.Maintenance
	mu      sync.RWMutex
	stopped bool
}

// Status asks the member; endpoint is ignored, as by every client in the process.
func (m *maintenance) Status(ctx context.Context, endpoint string) (*clientv3.StatusResponse, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.stopped {
		return nil, errStopped
	}
	return m.Maintenance.Status(ctx, endpoint)
}

// stop waits for those that ask, and refuses all that come later.
func (m *maintenance) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stopped = true
}
