//go:build linux

package host

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processes lists the processes of the cluster: those in its mount namespace
// (the reference, shims) and those in its cgroups (containers).
func (p Place) processes() []int {
	own := map[int]bool{}
	var pin unix.Stat_t
	pinned := p.isPinned() && unix.Stat(p.pin("mnt"), &pin) == nil
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || !pinned {
			continue
		}
		var st unix.Stat_t
		if unix.Stat(fmt.Sprintf("/proc/%d/ns/mnt", pid), &st) == nil && st.Ino == pin.Ino {
			own[pid] = true
		}
	}
	for _, dir := range p.cgroups() {
		data, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		for field := range strings.FieldsSeq(string(data)) {
			if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
				own[pid] = true
			}
		}
	}
	delete(own, os.Getpid())
	pids := make([]int, 0, len(own))
	for pid := range own {
		pids = append(pids, pid)
	}
	return pids
}

// killAll ends every process of the cluster and waits for it.
func (p Place) killAll(ctx context.Context) error {
	for {
		pids := p.processes()
		if len(pids) == 0 {
			return nil
		}
		for _, pid := range pids {
			if err := killAndWait(ctx, pid, unix.SIGKILL); err != nil {
				return err
			}
		}
	}
}

// killAndWait sends a signal and returns when the process is gone.
func killAndWait(ctx context.Context, pid int, signal unix.Signal) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINVAL) { // gone, or a thread of one that is going
		return nil
	}
	if err != nil {
		return fmt.Errorf("open process %d: %w", pid, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.PidfdSendSignal(fd, signal, nil, 0); err != nil {
		if errors.Is(err, unix.ESRCH) {
			return nil
		}
		return fmt.Errorf("end process %d: %w", pid, err)
	}
	const tick = 100 * time.Millisecond
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(tick.Milliseconds()))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("wait for process %d: %w", pid, err)
		}
		if n > 0 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("wait for process %d to end: %w", pid, context.Cause(ctx))
		}
	}
}

// cgroups lists the cluster's cgroup directories in all hierarchies, children first.
func (p Place) cgroups() []string {
	hierarchies, _ := filepath.Glob("/sys/fs/cgroup/*")
	hierarchies = append(hierarchies, "/sys/fs/cgroup")
	var dirs []string
	for _, h := range hierarchies {
		var below []string
		_ = filepath.WalkDir(filepath.Join(h, p.CgroupRoot()), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				below = append([]string{path}, below...)
			}
			return nil
		})
		dirs = append(dirs, below...)
	}
	return dirs
}

// removeCgroups deletes the cluster's cgroups and, where it was the last cluster, their parent.
func (p Place) removeCgroups() error {
	var errs []error
	for _, dir := range p.cgroups() {
		if err := unix.Rmdir(dir); err != nil && !errors.Is(err, unix.ENOENT) {
			errs = append(errs, fmt.Errorf("remove cgroup %q: %w", dir, err))
		}
		if filepath.Base(dir) == p.Name {
			_ = unix.Rmdir(filepath.Dir(dir)) // fails while another cluster has one
		}
	}
	return errors.Join(errs...)
}
