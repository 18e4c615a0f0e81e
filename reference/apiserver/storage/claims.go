package storage

import (
	"context"
	"fmt"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// Claims is a set of keys each of which has one owner. Taking a key is atomic,
// also among several API servers.
type Claims struct {
	client *clientv3.Client
	prefix string
}

// Claim is a taken key.
type Claim struct {
	Owner string
	Since time.Time
}

// Claims returns the set with the given name.
func (b *Backend) Claims(name string) *Claims {
	return &Claims{client: b.Client, prefix: b.key("claims", name) + "/"}
}

// Take gives the key to the owner; false means that another one has it.
func (c *Claims) Take(ctx context.Context, key, owner string) (bool, error) {
	k := c.prefix + key
	value := owner + "\n" + time.Now().UTC().Format(time.RFC3339)
	r, err := c.client.Txn(ctx).
		If(clientv3.Compare(clientv3.CreateRevision(k), "=", 0)).
		Then(clientv3.OpPut(k, value)).
		Else(clientv3.OpGet(k)).
		Commit()
	if err != nil {
		return false, fmt.Errorf("take %q: %w", key, err)
	}
	if r.Succeeded {
		return true, nil
	}
	have := r.Responses[0].GetResponseRange().Kvs
	return len(have) == 1 && parseClaim(have[0].Value).Owner == owner, nil
}

// Free gives a key back if the predicate holds for its claim. It may be called again.
func (c *Claims) Free(ctx context.Context, key string, owned func(Claim) bool) error {
	k := c.prefix + key
	r, err := c.client.Get(ctx, k)
	if err == nil && len(r.Kvs) == 1 && owned(parseClaim(r.Kvs[0].Value)) {
		_, err = c.client.Txn(ctx).
			If(clientv3.Compare(clientv3.ModRevision(k), "=", r.Kvs[0].ModRevision)).
			Then(clientv3.OpDelete(k)).
			Commit()
	}
	if err != nil {
		return fmt.Errorf("free %q: %w", key, err)
	}
	return nil
}

// Taken returns all taken keys.
func (c *Claims) Taken(ctx context.Context) (map[string]Claim, error) {
	r, err := c.client.Get(ctx, c.prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, fmt.Errorf("list claims: %w", err)
	}
	all := make(map[string]Claim, len(r.Kvs))
	for _, kv := range r.Kvs {
		all[strings.TrimPrefix(string(kv.Key), c.prefix)] = parseClaim(kv.Value)
	}
	return all, nil
}

func parseClaim(value []byte) Claim {
	owner, since, _ := strings.Cut(string(value), "\n")
	t, err := time.Parse(time.RFC3339, since)
	if err != nil {
		t = time.Time{}
	}
	return Claim{Owner: owner, Since: t}
}
