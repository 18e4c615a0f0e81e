//go:build linux

package host

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// cgroupMount is where every distribution and engine mounts cgroups.
const cgroupMount = "/sys/fs/cgroup"

// openRootCgroup lets the container's root cgroup have children with
// controllers. One of version 2 can give them none while processes are in it,
// but for the root of the machine, which a container's root is not.
func openRootCgroup() error {
	var st unix.Statfs_t
	if err := unix.Statfs(cgroupMount, &st); err != nil {
		return fmt.Errorf("look at %q: %w", cgroupMount, err)
	}
	if st.Type != unix.CGROUP2_SUPER_MAGIC {
		return nil
	}
	if err := moveProcesses(cgroupMount, filepath.Join(cgroupMount, "init")); err != nil {
		return err
	}
	return passControllers(cgroupMount)
}

// passControllers gives the children of a cgroup all controllers that it has itself.
func passControllers(dir string) error {
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers")) //nolint:gosec // a file of the kernel
	if err != nil {
		return fmt.Errorf("list controllers: %w", err)
	}
	for controller := range strings.FieldsSeq(string(controllers)) {
		err := os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0o644) //nolint:gosec // a file of the kernel
		if err != nil {
			return fmt.Errorf("give controller %q to children of cgroup %q: %w", controller, dir, err)
		}
	}
	return nil
}

// moveProcesses moves all processes from one cgroup to another, which it makes.
// A process that starts others meanwhile is met again in the next pass.
func moveProcesses(from, to string) error {
	if err := os.Mkdir(to, 0o755); err != nil && !errors.Is(err, os.ErrExist) { //nolint:gosec // the usual mode of cgroups
		return fmt.Errorf("create cgroup: %w", err)
	}
	const passes = 10
	for range passes {
		pids, err := os.ReadFile(filepath.Join(from, "cgroup.procs")) //nolint:gosec // a file of the kernel
		if err != nil {
			return fmt.Errorf("list processes: %w", err)
		}
		if len(pids) == 0 {
			return nil
		}
		for pid := range bytes.Lines(pids) {
			err := os.WriteFile(filepath.Join(to, "cgroup.procs"), pid, 0o644) //nolint:gosec // a file of the kernel
			if err != nil && !errors.Is(err, unix.ESRCH) {                     // it has ended
				return fmt.Errorf("move process %s to cgroup %q: %w", bytes.TrimSpace(pid), to, err)
			}
		}
	}
	return fmt.Errorf("move processes to cgroup %q: new ones came %d times", to, passes)
}
