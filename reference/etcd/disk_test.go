package etcd

import (
	"strings"
	"syscall"
	"testing"
)

func TestStartNamesAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=16m"); err != nil {
		t.Skipf("a small file system cannot be mounted: %v", err)
	}
	t.Cleanup(func() { // etcd leaves files open when it gives up
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	m, err := Start(t.Context(), Options{Dir: dir})
	if err == nil {
		m.Stop()
		t.Fatal("started on a full disk")
	}
	if !strings.Contains(err.Error(), "disk is full: 1") || !strings.Contains(err.Error(), dir) {
		t.Errorf("error does not tell: %v", err)
	}
}
