package etcd

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

func start(t *testing.T, o Options) *Member {
	t.Helper()
	m, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Stop)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := m.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMemberKeepsDataOverARestart(t *testing.T) {
	dir := t.TempDir()
	m := start(t, Options{Dir: dir})
	if _, err := m.Client().Put(t.Context(), "a", "1"); err != nil {
		t.Fatal(err)
	}
	m.Stop()
	m = start(t, Options{Dir: dir})
	r, err := m.Client().Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Kvs) != 1 || string(r.Kvs[0].Value) != "1" {
		t.Fatalf("after a restart a = %v", r.Kvs)
	}
}

func TestStartRefusesADirectoryInUse(t *testing.T) {
	dir := t.TempDir()
	start(t, Options{Dir: dir})
	_, err := Start(t.Context(), Options{Dir: dir})
	if !errors.Is(err, ErrLocked) {
		t.Fatalf("second start: %v", err)
	}
	if !strings.Contains(err.Error(), dir) {
		t.Errorf("error does not name the directory: %v", err)
	}
}

func TestStartNamesAnUnusableDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "member"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := Start(t.Context(), Options{Dir: dir})
	if err == nil {
		m.Stop()
		t.Fatal("started on top of a file")
	}
	if !strings.Contains(err.Error(), dir) {
		t.Errorf("error does not name the directory: %v", err)
	}
}

func TestSocketServesClients(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "e.sock")
	start(t, Options{Dir: t.TempDir(), Socket: sock})
	c, err := clientv3.New(clientv3.Config{
		Endpoints:   []string{"unix://" + sock},
		DialTimeout: 10 * time.Second,
		DialOptions: []grpc.DialOption{grpc.WithTransportCredentials(insecure.NewCredentials())},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Put(t.Context(), "b", "2"); err != nil {
		t.Fatal(err)
	}
}

func TestRunStopsWithItsContext(t *testing.T) {
	m := start(t, Options{Dir: t.TempDir()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestStatusOfAStoppedMemberIsAnError(t *testing.T) {
	m := start(t, Options{Dir: t.TempDir()})
	client := m.Client()
	if _, err := client.Status(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	m.Stop()
	if _, err := client.Status(t.Context(), ""); err == nil {
		t.Error("a stopped member tells its status")
	}
}
