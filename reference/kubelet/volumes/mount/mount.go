// Package mount makes and removes the mounts that volumes need, by system calls only: a node has no mount program.
package mount

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

// Mounter changes the mounts of the node.
type Mounter interface {
	// Tmpfs mounts an empty file system in memory at path, unless something is mounted there. size is in bytes, 0 = the kernel's default.
	Tmpfs(path string, size int64) error
	// Bind makes the open file or directory visible at path, which must exist and be of the same kind.
	Bind(source *os.File, path string) error
	// Unmount detaches what is mounted at path, if anything.
	Unmount(path string) error
	// Below lists the mounts under dir, deepest first.
	Below(dir string) ([]string, error)
}

// System is the Mounter of the running process's mount namespace.
type System struct{}

// Tmpfs implements Mounter.
func (System) Tmpfs(path string, size int64) error {
	mounted, err := mountinfo.Mounted(path)
	if err != nil {
		return fmt.Errorf("look at %q: %w", path, err)
	}
	if mounted {
		return nil
	}
	options := "mode=0777"
	if size > 0 {
		options += ",size=" + strconv.FormatInt(size, 10)
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", 0, options); err != nil {
		return fmt.Errorf("mount tmpfs at %q: %w", path, err)
	}
	return nil
}

// Bind implements Mounter.
func (System) Bind(source *os.File, path string) error {
	from := "/proc/self/fd/" + strconv.Itoa(int(source.Fd()))
	if err := unix.Mount(from, path, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %q to %q: %w", source.Name(), path, err)
	}
	return nil
}

// Unmount implements Mounter. A busy mount goes when its last user does.
func (System) Unmount(path string) error {
	err := unix.Unmount(path, unix.MNT_DETACH|unix.UMOUNT_NOFOLLOW)
	if err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("unmount %q: %w", path, err)
	}
	return nil
}

// Below implements Mounter.
func (System) Below(dir string) ([]string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("resolve %q: %w", dir, err)
	}
	infos, err := mountinfo.GetMounts(mountinfo.PrefixFilter(dir))
	if err != nil {
		return nil, fmt.Errorf("list mounts below %q: %w", dir, err)
	}
	var paths []string
	for _, info := range infos {
		if info.Mountpoint == dir || strings.HasPrefix(info.Mountpoint, dir+"/") {
			paths = append(paths, info.Mountpoint)
		}
	}
	slices.SortFunc(paths, func(a, b string) int { return len(b) - len(a) })
	return paths, nil
}
