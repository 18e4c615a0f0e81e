// Package subpath shows one file or directory of a volume to a container, and never anything outside the volume.
//
// A container may have changed the volume, so no path in it can be trusted: the sub path is opened
// beneath the volume's root and the open file is bind mounted. What is mounted is what was checked.
package subpath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/seatrial/seatrial/reference/kubelet/volumes/mount"
)

// Bind mounts the sub path of the volume's root at target and returns what to unmount later.
// A sub path that does not exist becomes a directory with the mode of the root.
func Bind(mounter mount.Mounter, root, sub, target string) error {
	if !filepath.IsLocal(sub) {
		return fmt.Errorf("use subPath %q: it must be relative and stay in the volume", sub)
	}
	source, err := open(root, sub)
	if err != nil {
		return fmt.Errorf("use subPath %q: %w", sub, err)
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return fmt.Errorf("use subPath %q: %w", sub, err)
	}
	if err := mounter.Unmount(target); err != nil { // of an earlier start of the container
		return err
	}
	if err := makeTarget(target, info.IsDir()); err != nil {
		return fmt.Errorf("make mount point %q: %w", target, err)
	}
	return mounter.Bind(source, target)
}

func open(volume, sub string) (*os.File, error) {
	root, err := os.OpenRoot(volume)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if _, err := root.Stat(sub); errors.Is(err, fs.ErrNotExist) {
		info, err := root.Stat(".")
		if err != nil {
			return nil, err
		}
		if err := makeAll(root, sub, info.Mode()); err != nil {
			return nil, err
		}
	}
	// Not blocking: the container may have put a pipe there.
	return root.OpenFile(sub, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

// makeAll makes the missing directories with the mode of the volume, whatever the umask.
func makeAll(root *os.Root, sub string, mode fs.FileMode) error {
	for dir := range prefixes(sub) {
		err := root.Mkdir(dir, mode.Perm())
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return err
		}
		if err := root.Chmod(dir, mode); err != nil {
			return err
		}
	}
	return nil
}

func prefixes(sub string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		clean := filepath.Clean(sub)
		for i := range len(clean) {
			if clean[i] == '/' && !yield(clean[:i]) {
				return
			}
		}
		yield(clean)
	}
}

func makeTarget(target string, isDir bool) error {
	if isDir {
		return os.MkdirAll(target, 0o750)
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return err
	}
	file, err := os.OpenFile(target, os.O_CREATE|os.O_RDONLY, 0o640)
	if err != nil {
		return err
	}
	return file.Close()
}
