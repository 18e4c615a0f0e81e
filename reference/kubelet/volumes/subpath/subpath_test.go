package subpath

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seatrial/seatrial/reference/kubelet/volumes/mount"
)

func volume(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"data/deep", "real"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "file"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"inside": "real", "out": "/etc", "up": "../..", "data/up": "../../../etc"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestBindShowsWhatIsInTheVolume(t *testing.T) {
	root := volume(t)
	for sub, want := range map[string]string{"data/deep": "data/deep", "file": "file", "inside": "inside", "made/anew": "made/anew"} {
		mounter, target := &mount.Memory{}, filepath.Join(t.TempDir(), "target")
		if err := Bind(mounter, root, sub, target); err != nil {
			t.Errorf("Bind(%s): %v", sub, err)
			continue
		}
		if got := mounter.At(target); !strings.HasSuffix(got, want) {
			t.Errorf("Bind(%s) mounts %q", sub, got)
		}
	}
	if info, err := os.Stat(filepath.Join(root, "made/anew")); err != nil || !info.IsDir() {
		t.Errorf("missing sub path is not made: %v", err)
	}
}

func TestBindNeverLeavesTheVolume(t *testing.T) {
	root := volume(t)
	for _, sub := range []string{"out", "out/passwd", "up", "data/up", "../x", "/etc", "out/new", "data/../../x"} {
		mounter := &mount.Memory{}
		if err := Bind(mounter, root, sub, filepath.Join(t.TempDir(), "target")); err == nil {
			t.Errorf("Bind(%s) is not refused", sub)
		}
	}
}
