package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func newPool(t *testing.T, prefix string) *pool {
	t.Helper()
	return &pool{dir: filepath.Join(t.TempDir(), "addresses"), prefix: netip.MustParsePrefix(prefix)}
}

func reserve(t *testing.T, p *pool, owner string) netip.Addr {
	t.Helper()
	addr, err := p.reserve(owner)
	if err != nil {
		t.Fatalf("reserve for %s: %v", owner, err)
	}
	return addr
}

func TestPoolLeavesOutNetworkGatewayAndBroadcast(t *testing.T) {
	p := newPool(t, "10.1.2.0/29")
	var got []string
	for i := range 5 {
		got = append(got, reserve(t, p, fmt.Sprint("pod-", i)).String())
	}
	want := "10.1.2.2 10.1.2.3 10.1.2.4 10.1.2.5 10.1.2.6"
	if strings.Join(got, " ") != want {
		t.Errorf("addresses = %v, want %s", got, want)
	}
	if addr, err := p.reserve("one too many"); err == nil || !strings.Contains(err.Error(), "all 5 addresses of 10.1.2.0/29") {
		t.Errorf("sixth address = %v, %v; want an error that says all are in use", addr, err)
	}
}

func TestPoolUsesAReleasedAddressLast(t *testing.T) {
	p := newPool(t, "10.1.2.0/29")
	first := reserve(t, p, "a")
	if err := p.release("a"); err != nil {
		t.Fatal(err)
	}
	for i := range 4 {
		if addr := reserve(t, p, fmt.Sprint("b", i)); addr == first {
			t.Errorf("%s was handed out again while others were free", addr)
		}
	}
	if addr := reserve(t, p, "last"); addr != first {
		t.Errorf("last free address = %s, want %s", addr, first)
	}
}

func TestPoolAddIsRepeatable(t *testing.T) {
	p := newPool(t, "10.1.2.0/24")
	if a, b := reserve(t, p, "pod"), reserve(t, p, "pod"); a != b {
		t.Errorf("second reservation = %s, first %s", b, a)
	}
}

func TestPoolReleaseIsRepeatable(t *testing.T) {
	p := newPool(t, "10.1.2.0/24")
	for range 2 {
		if err := p.release("never reserved"); err != nil {
			t.Errorf("release without reservation: %v", err)
		}
	}
}

// A plugin can be killed between making the address file and the owner's link.
func TestPoolFindsReservationWithoutItsLink(t *testing.T) {
	p := newPool(t, "10.1.2.0/24")
	addr := reserve(t, p, "pod")
	if err := os.Remove(p.ownerPath("pod")); err != nil {
		t.Fatal(err)
	}
	if again := reserve(t, p, "pod"); again != addr {
		t.Errorf("reservation after a crash = %s, want %s", again, addr)
	}
	if err := p.release("pod"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.lookup("pod"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("lookup after release = %v, want not found", err)
	}
	if _, err := os.Stat(filepath.Join(p.dir, addr.String())); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("address file is still there: %v", err)
	}
}

func TestPoolsInParallelNeverShareAnAddress(t *testing.T) {
	first := newPool(t, "10.1.2.0/25")
	var mu sync.Mutex
	seen := map[netip.Addr]string{}
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			owner := fmt.Sprint("pod-", i)
			addr, err := (&pool{dir: first.dir, prefix: first.prefix}).reserve(owner)
			mu.Lock()
			defer mu.Unlock()
			if other, ok := seen[addr]; ok || err != nil {
				t.Errorf("%s got %s, which %s has (%v)", owner, addr, other, err)
			}
			seen[addr] = owner
		})
	}
	wg.Wait()
}

func TestConfigurationIsChecked(t *testing.T) {
	for name, conf := range map[string]string{
		"no JSON":   `{`,
		"IPv6":      `{"subnet": "fd00::/64", "dataDir": "/x"}`,
		"no folder": `{"subnet": "10.0.0.0/24"}`,
		"no subnet": `{"subnet": "", "dataDir": "/x"}`,
	} {
		if _, _, err := parseConfig([]byte(conf)); err == nil {
			t.Errorf("%s: accepted %s", name, conf)
		}
	}
	_, p, err := parseConfig([]byte(`{"subnet": "10.0.0.7/24", "dataDir": "/x"}`))
	if err != nil || p.prefix.String() != "10.0.0.0/24" {
		t.Errorf("pool = %v, %v; want prefix 10.0.0.0/24", p, err)
	}
}
