package run

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// life is a cluster that is dead between two times after its start.
type life struct {
	start      time.Time
	dies, back time.Duration
}

func (l life) alive(context.Context) error {
	if since := time.Since(l.start); since >= l.dies && since < l.back {
		return errors.New("connection refused")
	}
	return nil
}

func TestAClusterThatStopsAnsweringIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		start := time.Now()
		h := newHeartbeat(life{start: start, dies: 5 * time.Second, back: time.Hour}.alive, cancel)
		h.run(ctx)
		if _, ok := errors.AsType[*ClusterLost](context.Cause(ctx)); !ok {
			t.Fatalf("the cause is %v", context.Cause(ctx))
		}
		if took := time.Since(start); took < 14*time.Second || took > 20*time.Second {
			t.Errorf("noticed after %v", took)
		}
	})
}

func TestAShortSilenceIsNoLoss(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		h := newHeartbeat(life{start: time.Now(), dies: 5 * time.Second, back: 13 * time.Second}.alive, func(err error) { t.Errorf("lost: %v", err) })
		h.run(ctx)
	})
}

func TestConfirmWaitsForTheNextAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		h := newHeartbeat(life{start: start, dies: 5 * time.Second, back: 13 * time.Second}.alive, func(error) {})
		go h.run(ctx)
		if err := h.confirm(ctx, nil); err != nil || time.Since(start) != 0 {
			t.Errorf("without a doubt: %v after %v", err, time.Since(start))
		}
		time.Sleep(7 * time.Second)
		if err := h.confirm(ctx, errors.New("connection reset")); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took != 14*time.Second {
			t.Errorf("confirmed after %v, want 14s", took)
		}
	})
}

func TestADoubtAsksAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		h := newHeartbeat(func(context.Context) error { return nil }, func(error) {})
		go h.run(ctx)
		time.Sleep(beat / 2)
		start := time.Now()
		if err := h.confirm(ctx, errors.New("connection reset")); err != nil || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
