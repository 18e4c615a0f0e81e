//go:build linux

package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	goruntime "runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// pinned is the kinds of namespaces of a cluster, in the order in which they are entered.
var pinned = [...]struct {
	name string
	flag int
}{{"net", unix.CLONE_NEWNET}, {"mnt", unix.CLONE_NEWNS}}

// Enter replaces this process by the same program inside the cluster's
// namespaces, which it creates when they are not there. The new program gets
// args and env. settled is called before that, outside of the namespaces, when
// they are there. Enter returns only when it fails.
//
// files stay open across the exec under their numbers; a socket in them keeps
// belonging to the network namespace in which it was opened.
func (p Place) Enter(args, env []string, settled func() error, files ...*os.File) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	defer goruntime.KeepAlive(files) // a collected file is closed
	for _, f := range files {
		if _, err := unix.FcntlInt(f.Fd(), unix.F_SETFD, 0); err != nil {
			return fmt.Errorf("keep file %q open: %w", f.Name(), err)
		}
	}
	inside := make(chan int)     // the thread in the namespaces
	ready := make(chan struct{}) // its namespaces are pinned and linked
	failed := make(chan error, 1)
	go func() {
		goruntime.LockOSThread() // never unlocked: this thread becomes the new program
		if err := p.join(); err != nil {
			failed <- err
			return
		}
		inside <- unix.Gettid()
		<-ready
		failed <- fmt.Errorf("start %q: %w", self, syscall.Exec(self, args, env))
	}()
	select {
	case err := <-failed:
		return err
	case tid := <-inside:
		if err := p.settle(tid); err != nil {
			return err
		}
		if err := settled(); err != nil {
			return err
		}
		close(ready)
	}
	return <-failed
}

// join moves the calling thread into the pinned namespaces or into new ones.
func (p Place) join() error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare file system attributes: %w", err)
	}
	if p.isPinned() {
		for _, ns := range pinned {
			if err := enterFile(p.pin(ns.name), ns.flag); err != nil {
				return err
			}
		}
		return nil
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("create namespaces: %w (the host driver needs root; use --driver docker otherwise)", err)
	}
	// Mounts of the host come in, mounts of the cluster do not get out.
	for _, flag := range []uintptr{unix.MS_SLAVE, unix.MS_SHARED} {
		if err := unix.Mount("", "/", "", flag|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("set mount propagation: %w", err)
		}
	}
	return nil
}

func enterFile(path string, kind int) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open namespace %q: %w", path, err)
	}
	defer func() { _ = unix.Close(fd) }()
	if err := unix.Setns(fd, kind); err != nil {
		return fmt.Errorf("enter namespace %q: %w", path, err)
	}
	return nil
}

// settle runs outside of the namespaces and makes those of thread tid last.
func (p Place) settle(tid int) error {
	if p.isPinned() {
		return nil
	}
	if err := p.preparePins(); err != nil {
		return err
	}
	for _, ns := range pinned {
		source := fmt.Sprintf("/proc/self/task/%d/ns/%s", tid, ns.name)
		if err := os.WriteFile(p.pin(ns.name), nil, 0o600); err != nil {
			return fmt.Errorf("pin namespace: %w", err)
		}
		if err := unix.Mount(source, p.pin(ns.name), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("pin namespace %q: %w", p.pin(ns.name), err)
		}
	}
	return nil
}

// preparePins makes the folder of the pins a private mount: a mount namespace
// cannot be pinned where the mount would propagate into itself.
func (p Place) preparePins() error {
	dir := filepath.Dir(p.pin("net"))
	p.unpin()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("create directory %q: %w", dir, err)
	}
	if err := unix.Mount(dir, dir, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount %q: %w", dir, err)
	}
	if err := unix.Mount("", dir, "", unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make mount %q private: %w", dir, err)
	}
	return nil
}

// isPinned reports whether all pins are there and are namespaces.
func (p Place) isPinned() bool {
	for _, ns := range pinned {
		var st unix.Statfs_t
		if unix.Statfs(p.pin(ns.name), &st) != nil || st.Type != unix.NSFS_MAGIC {
			return false
		}
	}
	return true
}

// unpin lets the namespaces end with their last process. Missing pins are no error.
func (p Place) unpin() {
	for _, ns := range pinned {
		_ = unix.Unmount(p.pin(ns.name), unix.MNT_DETACH)
	}
	dir := filepath.Dir(p.pin("net"))
	for errors.Is(unix.Unmount(dir, unix.MNT_DETACH), nil) { // once per interrupted start
	}
	_ = os.RemoveAll(dir)
}
