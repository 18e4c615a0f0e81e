package runtime

import (
	"strings"
	"testing"
)

func TestOptionsThatCannotWorkAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"relative folder": {Options{DataDir: "data", StateDir: "/state"}, "absolute paths"},
		"long state dir":  {Options{DataDir: "/data", StateDir: "/" + strings.Repeat("x", 90)}, "at most 80 bytes"},
		"no prefix":       {Options{DataDir: "/data", StateDir: "/state", PodCIDR: "10.0.0.1"}, "IPv4 prefix"},
		"IPv6":            {Options{DataDir: "/data", StateDir: "/state", PodCIDR: "fd00::/64"}, "IPv4 prefix"},
	} {
		if _, err := Start(t.Context(), c.options); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error = %v, want one with %q", name, err, c.want)
		}
	}
}

func TestDataDirHasOneUser(t *testing.T) {
	dir := t.TempDir()
	first, err := lockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockDir(dir); err == nil || !strings.Contains(err.Error(), "another process uses it") {
		t.Errorf("second lock: %v, want an error that says another process uses it", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if again, err := lockDir(dir); err != nil {
		t.Errorf("lock after the first user ended: %v", err)
	} else {
		again.Close()
	}
}

func TestShimSocketsFitIntoTheirPath(t *testing.T) {
	for state, want := range map[string]string{
		"/run/seatrial/demo/containerd":                         "/run/seatrial/demo/containerd/s",
		"/run/seatrial/run-20261121-103055-abcdef/containerd":   "/run/seatrial/shims-",
		"/tmp/" + strings.Repeat("a", 30) + "/containerd":       "/tmp/shims-",
		"/" + strings.Repeat("b", 70):                           "/shims-",
		"/run/seatrial/run-20261121-103055-abcdeg/containerd/x": "/run/seatrial/shims-",
	} {
		got := paths{state: state}.shims()
		if !strings.HasPrefix(got, want) || len(got) > shimDirLimit {
			t.Errorf("shims of %s = %s (%d bytes), want %s...", state, got, len(got), want)
		}
	}
	if (paths{state: "/run/" + strings.Repeat("a", 60)}).shims() == (paths{state: "/run/" + strings.Repeat("a", 61)}).shims() {
		t.Error("two nodes share a folder")
	}
}
