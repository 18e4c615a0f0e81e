//go:build linux

package host

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
)

func TestPlaceRejectsNamesThatAreNoLabels(t *testing.T) {
	for _, name := range []string{"", "-a", "a-", "A", "a/b", "..", "a b"} {
		if _, err := NewPlace(name, "", ""); err == nil {
			t.Errorf("NewPlace(%q) succeeded", name)
		}
	}
	place, err := NewPlace("demo", "", "")
	if err != nil || place.DataDir != "/var/lib/seatrial/demo" || place.StateDir != "/run/seatrial/demo" {
		t.Errorf("NewPlace(demo) = %+v, %v", place, err)
	}
	if _, err := NewPlace("demo", "/", ""); err == nil {
		t.Error("the root directory was accepted as data directory")
	}
}

func TestChooseLinkAvoidsUsedSubnets(t *testing.T) {
	first, err := chooseLink("demo", nil)
	if err != nil {
		t.Fatal(err)
	}
	if first.Host.Next() != first.Node || !linkPool.Contains(first.Node) {
		t.Errorf("link = %+v", first)
	}
	again, _ := chooseLink("demo", nil)
	if again != first {
		t.Errorf("second choice %+v differs from the first %+v", again, first)
	}
	other, err := chooseLink("demo", []netip.Prefix{netip.PrefixFrom(first.Host, linkBits)})
	if err != nil || other == first {
		t.Errorf("link = %+v, %v; the subnet is in use", other, err)
	}
	if _, err := chooseLink("demo", []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}); err == nil {
		t.Error("a link was found in a pool that is all in use")
	}
}

func TestLockIsHeldOnce(t *testing.T) {
	dir := t.TempDir()
	place, err := NewPlace("demo", filepath.Join(dir, "data"), filepath.Join(dir, "run"))
	if err != nil {
		t.Fatal(err)
	}
	if place.PID() != 0 {
		t.Error("a cluster that was never started has a pid")
	}
	held, err := place.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := place.Lock(); !errors.Is(err, ErrRunning) {
		t.Errorf("second lock: %v, want ErrRunning", err)
	}
	if place.PID() != os.Getpid() {
		t.Errorf("pid = %d, want %d", place.PID(), os.Getpid())
	}
	if err := held.Close(); err != nil || place.PID() != 0 {
		t.Errorf("pid = %d after the end, %v; want 0", place.PID(), err)
	}
}
