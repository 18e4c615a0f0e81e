package storage

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/seatrial/seatrial/reference/etcd"
)

func TestMemberThatDoesNotRenewItsEntryIsGone(t *testing.T) {
	t.Parallel()
	member, err := etcd.Start(t.Context(), etcd.Options{Dir: t.TempDir(), TickMs: 10})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(member.Stop)
	b := NewBackend(Options{Client: member.Client()})
	t.Cleanup(b.Stop)
	const ttl = time.Second // etcd has no shorter one
	killed, kept, left := b.Members("servers", ttl), b.Members("servers", ttl), b.Members("servers", ttl)
	keep := func(m *Members, name string) {
		t.Helper()
		if err := m.Keep(t.Context(), name); err != nil {
			t.Fatal(err)
		}
	}
	want := func(names ...string) {
		t.Helper()
		all, err := kept.All(t.Context())
		if err != nil || !slices.Equal(all, names) {
			t.Fatalf("members are %q, %v, not %q", all, err, names)
		}
	}
	keep(killed, "10.0.0.3")
	keep(kept, "10.0.0.1")
	keep(left, "10.0.0.2")
	want("10.0.0.1", "10.0.0.2", "10.0.0.3")
	if err := left.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := left.Keep(t.Context(), "10.0.0.2"); !errors.Is(err, ErrLeft) {
		t.Errorf("it came back: %v", err)
	}
	want("10.0.0.1", "10.0.0.3")
	again := b.Members("servers", time.Minute)
	err = wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 30*time.Second, true, func(ctx context.Context) (bool, error) {
		keep(kept, "10.0.0.1")
		all, err := kept.All(ctx)
		return len(all) == 1, err
	})
	if err != nil {
		t.Fatal(err)
	}
	want("10.0.0.1")
	keep(killed, "10.0.0.3") // its lease is gone: it makes another one
	keep(again, "10.0.0.3")  // a restart at the same address takes the entry over
	if err := killed.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	want("10.0.0.1", "10.0.0.3")
}
