package storage

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// steps is how often the compactor works while a revision gets old enough.
const steps = 5

// history is what a compactor needs of etcd. Compacting what was compacted
// before, also by another server, is no error.
type history interface {
	Revision(ctx context.Context) (int64, error)
	Compact(ctx context.Context, revision int64) error
}

// compactor forgets revisions that are older than a time, and at most a fifth
// of that time later. The library's own compactor takes up to twice the time,
// counted from the start: the lists and watches of a young cluster then go on
// from old versions for longer than clients expect (upstream's suite waits
// ten minutes).
type compactor struct {
	history   history
	keep      time.Duration
	log       *slog.Logger
	compacted atomic.Int64
	cancel    context.CancelFunc
	done      sync.WaitGroup
}

// reading is the revision that etcd had at a time.
type reading struct {
	at       time.Time
	revision int64
}

func startCompactor(h history, keep time.Duration, log *slog.Logger) *compactor {
	ctx, cancel := context.WithCancel(context.Background())
	c := &compactor{history: h, keep: keep, log: log, cancel: cancel}
	if keep > 0 {
		c.done.Go(func() { c.run(ctx) })
	}
	return c
}

// CompactRevision is the last revision that was forgotten, 0 before the first.
func (c *compactor) CompactRevision() int64 { return c.compacted.Load() }

// Stop returns when no call to etcd is under way any more. It may be repeated.
func (c *compactor) Stop() {
	c.cancel()
	c.done.Wait()
}

func (c *compactor) run(ctx context.Context) {
	step := c.keep / steps
	ticker := time.NewTicker(step)
	defer ticker.Stop()
	var readings []reading
	for {
		readings = c.round(ctx, readings, step)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// round notes the present revision and forgets the newest that is old enough.
// What fails is tried again in the next round.
func (c *compactor) round(ctx context.Context, readings []reading, step time.Duration) []reading {
	ctx, cancel := context.WithTimeout(ctx, max(step, time.Second))
	defer cancel()
	now := time.Now()
	revision, err := c.history.Revision(ctx)
	if err != nil {
		c.warn(ctx, "read revision of etcd", err)
		return readings
	}
	readings = append(readings, reading{now, revision})
	// Rounds are not exact to the millisecond; half a step keeps them apart.
	old := 0
	for old < len(readings) && now.Sub(readings[old].at) >= c.keep-step/2 {
		old++
	}
	if old == 0 {
		return readings
	}
	target := readings[old-1].revision
	if target > c.compacted.Load() {
		if err := c.history.Compact(ctx, target); err != nil {
			c.warn(ctx, "compact etcd", err)
			return readings
		}
		c.compacted.Store(target)
	}
	return readings[old:]
}

func (c *compactor) warn(ctx context.Context, message string, err error) {
	if !errors.Is(ctx.Err(), context.Canceled) {
		c.log.Warn(message, "err", err)
	}
}

// etcdHistory is the history of an etcd cluster.
type etcdHistory struct{ kv clientv3.KV }

// Revision reads no value: the header of any answer has the revision.
func (h etcdHistory) Revision(ctx context.Context) (int64, error) {
	resp, err := h.kv.Get(ctx, "compact_rev_key", clientv3.WithCountOnly())
	if err != nil {
		return 0, err
	}
	return resp.Header.Revision, nil
}

func (h etcdHistory) Compact(ctx context.Context, revision int64) error {
	_, err := h.kv.Compact(ctx, revision)
	if errors.Is(err, rpctypes.ErrCompacted) {
		return nil
	}
	return err
}
