package storage

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// clockHistory has the revision of its age in seconds, plus one.
type clockHistory struct {
	start     time.Time
	broken    atomic.Bool
	compacted []int64
}

func (h *clockHistory) Revision(context.Context) (int64, error) {
	if h.broken.Load() {
		return 0, errors.New("no leader")
	}
	return int64(time.Since(h.start).Seconds()) + 1, nil
}

func (h *clockHistory) Compact(_ context.Context, revision int64) error {
	h.compacted = append(h.compacted, revision)
	return nil
}

func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestRevisionsAreForgottenWhenTheyAreOldEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &clockHistory{start: time.Now()}
		c := startCompactor(h, 5*time.Minute, slog.New(slog.DiscardHandler))
		defer c.Stop()
		after(5*time.Minute - time.Second)
		if c.CompactRevision() != 0 {
			t.Errorf("revision %d was forgotten too early", c.CompactRevision())
		}
		after(2 * time.Second)
		if got := c.CompactRevision(); got != 1 {
			t.Errorf("revision %d is forgotten after 5 minutes; want 1, of the start", got)
		}
		after(2 * time.Minute)
		if want := []int64{1, 61, 121}; !slices.Equal(h.compacted, want) {
			t.Errorf("forgotten %v; want %v", h.compacted, want)
		}
	})
}

func TestCompactionGoesOnAfterEtcdWasAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &clockHistory{start: time.Now()}
		c := startCompactor(h, 5*time.Minute, slog.New(slog.DiscardHandler))
		defer c.Stop()
		after(150 * time.Second) // rounds at 0, 1 and 2 minutes
		h.broken.Store(true)
		after(6 * time.Minute)
		if len(h.compacted) != 0 {
			t.Errorf("forgotten %v while etcd was away", h.compacted)
		}
		h.broken.Store(false)
		after(time.Minute)
		if want := []int64{121}; !slices.Equal(h.compacted, want) {
			t.Errorf("forgotten %v; want %v", h.compacted, want)
		}
	})
}
