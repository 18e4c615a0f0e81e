package controller_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controller/controllertest"
)

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: name}}
}

// bench runs reconcile over ConfigMaps and returns what was logged at warning level and above.
func bench(t *testing.T, reconcile func(context.Context, controller.Key) (time.Duration, error)) (*controllertest.Bench, *bytes.Buffer) {
	t.Helper()
	b := controllertest.NewBench(t, controllertest.NewClient(configMap("a")))
	logged := &bytes.Buffer{}
	b.Env.Log = slog.New(slog.NewTextHandler(logged, &slog.HandlerOptions{Level: slog.LevelWarn}))
	b.Run(controller.Controller{
		Name:      "test",
		Watches:   []controller.Watch{{Informer: b.Env.Informers.Core().V1().ConfigMaps().Informer()}},
		Reconcile: reconcile,
	})
	return b, logged
}

func TestErrorsAreRetriedWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Time
		b, logged := bench(t, func(context.Context, controller.Key) (time.Duration, error) {
			at = append(at, time.Now())
			if len(at) < 4 {
				return 0, errors.New("boom")
			}
			return 0, nil
		})
		b.Settle(time.Minute)
		if len(at) != 4 {
			t.Fatalf("reconciled %d times, want 4", len(at))
		}
		if first, second := at[1].Sub(at[0]), at[2].Sub(at[1]); second != 2*first {
			t.Errorf("pauses %v, %v; want the second to be double", first, second)
		}
		if n := strings.Count(logged.String(), "boom"); n != 3 {
			t.Errorf("logged %d errors, want 3", n)
		}
	})
}

func TestConflictsAreRetriedQuietly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		_, logged := bench(t, func(context.Context, controller.Key) (time.Duration, error) {
			if runs++; runs == 1 {
				return 0, fmt.Errorf("update: %w", apierrors.NewConflict(schema.GroupResource{}, "a", nil))
			}
			return 0, nil
		})
		if runs != 2 || logged.Len() > 0 {
			t.Errorf("ran %d times and logged %q; want 2 and nothing", runs, logged)
		}
	})
}

func TestPanicOfOneObjectDoesNotStopTheOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		b, logged := bench(t, func(_ context.Context, key controller.Key) (time.Duration, error) {
			if key.Name == "a" {
				panic("no such field")
			}
			seen = append(seen, key.Name)
			return 0, nil
		})
		if _, err := b.Client.CoreV1().ConfigMaps("ns").Create(t.Context(), configMap("b"), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		b.Settle(time.Second)
		if len(seen) != 1 || !strings.Contains(logged.String(), "panic: no such field") {
			t.Errorf("seen %v, log %q", seen, logged)
		}
	})
}

func TestAgainAsksForAnotherRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		b, _ := bench(t, func(context.Context, controller.Key) (time.Duration, error) {
			runs++
			return 10 * time.Second, nil
		})
		b.Settle(60 * time.Second)
		if runs != 7 {
			t.Errorf("ran %d times in a minute, want 7", runs)
		}
	})
}

// Without Writes this controller would create a second child, since its informer
// delivers the first one late.
func TestControllerSeesItsOwnWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient(configMap("a"))
		b := controllertest.NewBench(t, client)
		deliver := make(chan struct{})
		secrets := b.Env.Informers.Core().V1().Secrets()
		if err := secrets.Informer().SetTransform(func(obj any) (any, error) {
			<-deliver
			return obj, nil
		}); err != nil {
			t.Fatal(err)
		}
		writes, maps, again := controller.NewWrites(), b.Env.Informers.Core().V1().ConfigMaps().Informer(), controller.NewSource()
		b.Run(controller.Controller{
			Name: "test", Writes: writes, Source: again,
			Watches: []controller.Watch{{Informer: maps}, {Informer: secrets.Informer(), Keys: func(any) []controller.Key { return nil }}},
			Reconcile: func(ctx context.Context, key controller.Key) (time.Duration, error) {
				if len(secrets.Informer().GetStore().List()) > 0 {
					return 0, nil
				}
				secret, err := client.CoreV1().Secrets("ns").Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{GenerateName: "a-"}}, metav1.CreateOptions{})
				if err == nil {
					writes.Saved(key, secrets.Informer(), secret)
				}
				return 0, err
			},
		})
		again.Add(controller.Key{Namespace: "ns", Name: "a"})
		b.Settle(10 * time.Second)
		close(deliver)
		b.Settle(10 * time.Second)
		list, err := client.CoreV1().Secrets("ns").List(t.Context(), metav1.ListOptions{})
		if err != nil || len(list.Items) != 1 {
			t.Errorf("%d children, err %v; want 1", len(list.Items), err)
		}
	})
}

func TestSlowStartStopsAfterTheFirstBatchWithAnError(t *testing.T) {
	for _, tt := range []struct{ n, failFrom, calls, done int }{
		{10, 10, 10, 10},
		{500, 0, 1, 0},
		{500, 2, 3, 2}, // 1, then 2 of which one fails
		{0, 0, 0, 0},
	} {
		var calls atomic.Int64
		done, err := controller.SlowStart(tt.n, func(i int) error {
			calls.Add(1)
			if i >= tt.failFrom {
				return errors.New("quota")
			}
			return nil
		})
		if done != tt.done || int(calls.Load()) != tt.calls || (err != nil) != (tt.done < tt.n) {
			t.Errorf("SlowStart(%d) failing from %d: done %d in %d calls, err %v; want %d in %d", tt.n, tt.failFrom, done, calls.Load(), err, tt.done, tt.calls)
		}
	}
}

func TestOneLeaderAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := controllertest.NewClient()
		var leading, most atomic.Int64
		run := func(ctx context.Context) error {
			most.Store(max(most.Load(), leading.Add(1)))
			<-ctx.Done()
			leading.Add(-1)
			return nil
		}
		first, stop := context.WithCancel(t.Context())
		second, stopSecond := context.WithCancel(t.Context())
		done := make(chan error, 2)
		start := func(ctx context.Context, id string) {
			go func() {
				done <- controller.Lead(ctx, client, controller.Election{Namespace: "kube-system", Name: "test", Identity: id}, run)
			}()
		}
		start(first, "one")
		start(second, "two")
		wait := func() { <-time.After(time.Minute); synctest.Wait() }
		wait()
		if leading.Load() != 1 {
			t.Fatalf("%d leaders, want 1", leading.Load())
		}
		stop()
		wait()
		stopSecond()
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		if leading.Load() != 0 || most.Load() != 1 {
			t.Errorf("leaders at the end %d, at most %d", leading.Load(), most.Load())
		}
	})
}
