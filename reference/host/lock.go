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
// The lock is held while the file is open, across an exec, too: the program that
// is started must not pass it on. It returns ErrRunning when another process has it.
func (p Place) Lock() (*os.File, error) {
	if err := p.makeDirs(); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(p.lockFile(), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open lock: %w", err)
	}
	if err := p.takeLock(file); err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

func (p Place) takeLock(file *os.File) error {
	err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("cluster %q, pid %d: %w", p.Name, p.PID(), ErrRunning)
	}
	if err != nil {
		return fmt.Errorf("lock %q: %w", p.lockFile(), err)
	}
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("write lock: %w", err)
	}
	if _, err := file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0); err != nil {
		return fmt.Errorf("write lock: %w", err)
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
