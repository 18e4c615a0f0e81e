package atomic

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Group returns a function that gives a file to the group and lets it read, or read and write.
// New files below a directory stay with the group.
//
// https://kubernetes.io/docs/tasks/configure-pod-container/security-context/ (fsGroup)
func Group(gid int64, readOnly bool) func(path string, info fs.FileInfo) error {
	return func(path string, info fs.FileInfo) error {
		if info.Mode()&fs.ModeSymlink != 0 {
			return os.Lchown(path, -1, int(gid))
		}
		if err := os.Lchown(path, -1, int(gid)); err != nil {
			return fmt.Errorf("give %q to group %d: %w", path, gid, err)
		}
		mask := fs.FileMode(0o660)
		if readOnly {
			mask = 0o440
		}
		mode := info.Mode() | mask
		if info.IsDir() {
			mode |= 0o110 | fs.ModeSetgid
		}
		if err := os.Chmod(path, mode); err != nil {
			return fmt.Errorf("set mode of %q: %w", path, err)
		}
		return nil
	}
}

// GroupTree applies Group to dir and everything below.
func GroupTree(dir string, gid int64) error {
	own := Group(gid, false)
	return filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return own(path, info)
	})
}
