//go:build linux

package host

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// cgroup2 makes a cgroup of version 2, for tests that need the kernel's own.
func cgroup2(t *testing.T) string {
	t.Helper()
	for _, mount := range []string{cgroupMount, filepath.Join(cgroupMount, "unified")} {
		var st unix.Statfs_t
		if unix.Statfs(mount, &st) != nil || st.Type != unix.CGROUP2_SUPER_MAGIC {
			continue
		}
		dir, err := os.MkdirTemp(mount, "seatrial-test-")
		if err != nil {
			t.Skip("cgroups cannot be made:", err)
		}
		t.Cleanup(func() { removeCgroups(t, filepath.Join(dir, "init"), dir) })
		return dir
	}
	t.Skip("no cgroups of version 2 are mounted")
	return ""
}

// removeCgroups removes leaves first. A process that has just ended stays in its cgroup for a moment.
func removeCgroups(t *testing.T, dirs ...string) {
	for _, dir := range dirs {
		var err error = unix.EBUSY
		for range 1000 {
			if err = unix.Rmdir(dir); !errors.Is(err, unix.EBUSY) {
				break
			}
		}
		if err != nil && !errors.Is(err, unix.ENOENT) {
			t.Errorf("remove cgroup %q: %v", dir, err)
		}
	}
}

// The no internal processes rule of the kernel's cgroup-v2.rst.
func TestMoveProcessesEmptiesACgroup(t *testing.T) {
	root := cgroup2(t)
	fd, err := unix.Open(root, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	for range 3 {
		process := exec.CommandContext(t.Context(), "sleep", "60")
		process.SysProcAttr = &unix.SysProcAttr{UseCgroupFD: true, CgroupFD: fd}
		if err := process.Start(); err != nil {
			t.Skip("no process starts in a cgroup:", err)
		}
		defer func() {
			_ = process.Process.Kill()
			_ = process.Wait()
		}()
	}
	leaf := filepath.Join(root, "init")
	if err := moveProcesses(root, leaf); err != nil {
		t.Fatal(err)
	}
	if left := lines(t, root); left != 0 {
		t.Errorf("%d processes are left", left)
	}
	if err := passControllers(root); err != nil { // refused while a process is in it
		t.Error(err)
	}
	if moved := lines(t, leaf); moved != 3 {
		t.Errorf("%d processes were moved, want 3", moved)
	}
}

func lines(t *testing.T, cgroup string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(cgroup, "cgroup.procs"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(data), "\n")
}
