package runtime

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func needPrograms(tb testing.TB) {
	tb.Helper()
	if _, err := blobs.ReadFile("blobs/tools.json"); err != nil {
		tb.Skip("needs the node programs: run `go run ./build` in reference/tools")
	}
}

func TestProgramsAreUnpackedOnceAndRun(t *testing.T) {
	needPrograms(t)
	dir := t.TempDir()
	first, err := unpackPrograms(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{first.runc, first.shim} {
		flag := "--version"
		if path == first.shim {
			flag = "-v"
		}
		if out, err := exec.Command(path, flag).CombinedOutput(); err != nil {
			t.Errorf("%s %s: %v: %s", path, flag, err, out)
		}
	}
	before, err := os.Stat(first.shim)
	if err != nil {
		t.Fatal(err)
	}
	second, err := unpackPrograms(dir)
	if err != nil || second != first {
		t.Errorf("second unpacking = %v, %v; want %v", second, err, first)
	}
	after, err := os.Stat(first.shim)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the shim was written again (%v)", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".unpack-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestUnpackedProgramOfWrongContentIsRefused(t *testing.T) {
	needPrograms(t)
	err := unpack(cniName, filepath.Join(t.TempDir(), "x"), packed{Digest: "0000"})
	if err == nil || !strings.Contains(err.Error(), "tools.json has 0000") {
		t.Errorf("error = %v, want one that names both digests", err)
	}
}

func BenchmarkUnpackPrograms(b *testing.B) {
	needPrograms(b)
	for b.Loop() {
		if _, err := unpackPrograms(b.TempDir()); err != nil {
			b.Fatal(err)
		}
	}
}
