package storage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// ErrLeft says that a member has left and does not come back.
var ErrLeft = errors.New("the member has left")

// Members is a set of servers that share the store. The entry of a server that
// does not renew it goes away by itself.
type Members struct {
	client *clientv3.Client
	prefix string
	ttl    time.Duration

	mu    sync.Mutex
	lease clientv3.LeaseID // of this server's entry; zero before it is made
	left  bool
}

// Members returns the set with the given name, in which entries last for ttl,
// counted in whole seconds.
func (b *Backend) Members(name string, ttl time.Duration) *Members {
	return &Members{client: b.Client, prefix: b.key("members", name) + "/", ttl: ttl}
}

// Keep makes or renews the entry of this server. After Leave it returns ErrLeft.
func (m *Members) Keep(ctx context.Context, member string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left {
		return ErrLeft
	}
	if m.lease != 0 {
		_, err := m.client.KeepAliveOnce(ctx, m.lease)
		if err == nil {
			return nil
		}
		if !errors.Is(err, rpctypes.ErrLeaseNotFound) {
			return fmt.Errorf("renew entry of %q: %w", member, err)
		}
	}
	lease, err := m.client.Grant(ctx, int64(m.ttl/time.Second))
	if err != nil {
		return fmt.Errorf("make entry of %q: %w", member, err)
	}
	if _, err := m.client.Put(ctx, m.prefix+member, "", clientv3.WithLease(lease.ID)); err != nil {
		return fmt.Errorf("make entry of %q: %w", member, err)
	}
	m.lease = lease.ID
	return nil
}

// All returns the members that are there, sorted.
func (m *Members) All(ctx context.Context) ([]string, error) {
	r, err := m.client.Get(ctx, m.prefix, clientv3.WithPrefix(), clientv3.WithKeysOnly())
	if err != nil {
		return nil, fmt.Errorf("list servers: %w", err)
	}
	var all []string
	for _, kv := range r.Kvs {
		all = append(all, strings.TrimPrefix(string(kv.Key), m.prefix))
	}
	slices.Sort(all)
	return all, nil
}

// Leave takes the entry of this server away, for good. It may be called again.
func (m *Members) Leave(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left = true
	if m.lease == 0 {
		return nil
	}
	if _, err := m.client.Revoke(ctx, m.lease); err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		return fmt.Errorf("leave: %w", err)
	}
	m.lease = 0
	return nil
}
