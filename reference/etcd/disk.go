package etcd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// spaceNeeded is what a new member allocates at once: two 64 MiB log segments.
const spaceNeeded = 128 << 20

// lockDir takes an exclusive lock for the life of the process. Without it
// etcd would wait for the other process without end and without a word.
func lockDir(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close()
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, ErrLocked
	}
	return nil, fmt.Errorf("lock directory: %w", err)
}

// explain names the full disk behind an error of etcd, if that is the cause.
func explain(dir string, err error) error {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil {
		return err
	}
	free := int64(st.Bavail) * st.Bsize
	if free >= spaceNeeded {
		return err
	}
	return fmt.Errorf("disk is full: %d MiB free, %d MiB needed: %w", free>>20, spaceNeeded>>20, err)
}
