package runtime

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// Sweep removes what a runtime with these folders left running and mounted, without starting one: containers and their shims are
// killed, and everything below the folders is unmounted. It has to run in the mount namespace of that runtime. The folders stay.
func Sweep(ctx context.Context, dataDir, stateDir string) error {
	p := paths{data: dataDir, state: stateDir}
	err := errors.Join(deleteContainers(ctx, p), killPrograms(ctx, p.programs()))
	return errors.Join(err, unmountBelow(p.state), unmountBelow(p.data), os.RemoveAll(p.shims()))
}

// deleteContainers has runc kill every container that it knows of.
func deleteContainers(ctx context.Context, p paths) error {
	root := filepath.Join(p.runc(), criNamespace)
	known, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) || len(known) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	runc := runcName
	if unpacked, _ := filepath.Glob(filepath.Join(p.programs(), "*", runcName)); len(unpacked) > 0 {
		runc = unpacked[0]
	}
	var failed error
	for _, container := range known {
		out, err := exec.CommandContext(ctx, runc, "--root", root, "delete", "--force", container.Name()).CombinedOutput()
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("delete container %q: %w: %s", container.Name(), err, strings.TrimSpace(string(out))))
		}
	}
	return failed
}

// killPrograms kills the processes whose program lies below dir and waits until they are gone.
func killPrograms(ctx context.Context, dir string) error {
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		return err
	}
	var failed error
	for _, link := range links {
		if program, err := os.Readlink(link); err != nil || !strings.HasPrefix(program, dir+"/") {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(link)))
		if err == nil {
			err = killAndWait(ctx, pid)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("kill shim %d: %w", pid, err))
		}
	}
	return failed
}

func killAndWait(ctx context.Context, pid int) error {
	fd, err := unix.PidfdOpen(pid, 0)
	if errors.Is(err, syscall.ESRCH) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	for ctx.Err() == nil {
		// A pidfd is readable once the process has ended.
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 100)
		if n > 0 || err != nil && !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
	return ctx.Err()
}

// unmountBelow detaches every mount under dir in this mount namespace, the latest first.
func unmountBelow(dir string) error {
	mounts, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) {
		return m.Mountpoint != dir && !strings.HasPrefix(m.Mountpoint, dir+"/"), false
	})
	if err != nil {
		return fmt.Errorf("list mounts below %q: %w", dir, err)
	}
	sort.SliceStable(mounts, func(i, j int) bool { return mounts[i].ID > mounts[j].ID })
	var failed error
	for _, m := range mounts {
		// A mount that went away with its parent is reported as invalid.
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
			failed = errors.Join(failed, fmt.Errorf("unmount %q: %w", m.Mountpoint, err))
		}
	}
	return failed
}
