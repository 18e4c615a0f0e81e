//go:build linux

package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Lock makes this process the only one that runs the cluster, until it ends.
// The lock survives an exec. It returns ErrRunning when another process holds it.
func (p Place) Lock() error {
	if err := p.makeDirs(); err != nil {
		return err
	}
	fd, err := unix.Open(p.lockFile(), unix.O_RDWR|unix.O_CREAT, 0o600) // no O_CLOEXEC: it is kept across exec
	if err != nil {
		return fmt.Errorf("open lock %q: %w", p.lockFile(), err)
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = unix.Close(fd)
		if errors.Is(err, unix.EWOULDBLOCK) {
			return fmt.Errorf("cluster %q, pid %d: %w", p.Name, p.PID(), ErrRunning)
		}
		return fmt.Errorf("lock %q: %w", p.lockFile(), err)
	}
	if err := unix.Ftruncate(fd, 0); err != nil {
		return fmt.Errorf("write lock %q: %w", p.lockFile(), err)
	}
	if _, err := unix.Pwrite(fd, []byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return fmt.Errorf("write lock %q: %w", p.lockFile(), err)
	}
	return nil
}

// PID returns the process that runs the cluster, 0 when none does.
func (p Place) PID() int {
	fd, err := unix.Open(p.lockFile(), unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer func() { _ = unix.Close(fd) }()
	if unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) == nil {
		return 0 // nobody held it; closing releases it
	}
	data, err := os.ReadFile(p.lockFile())
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err != nil {
		return 0
	}
	return pid
}

func (p Place) lockFile() string { return filepath.Join(p.DataDir, "lock") }

// makeDirs creates the directories. Containers in user namespaces traverse the
// data directory, so others may pass through it, not read it.
func (p Place) makeDirs() error {
	for _, dir := range []string{filepath.Dir(p.DataDir), p.DataDir, filepath.Dir(p.StateDir), p.StateDir} {
		if err := os.MkdirAll(dir, 0o711); err != nil {
			return fmt.Errorf("create directory %q: %w", dir, err)
		}
	}
	for _, dir := range []string{p.DataDir, p.StateDir} {
		if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // traversal is needed, see above
			return fmt.Errorf("set mode of %q: %w", dir, err)
		}
	}
	return nil
}
