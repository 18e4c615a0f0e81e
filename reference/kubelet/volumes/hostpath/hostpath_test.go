package hostpath

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(dir, "socket")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	for _, tt := range []struct {
		kind corev1.HostPathType
		path string
		err  string
	}{
		{corev1.HostPathUnset, filepath.Join(dir, "none"), ""},
		{corev1.HostPathDirectory, dir, ""},
		{corev1.HostPathDirectory, file, "hostPath type check failed: " + file + " is not a directory"},
		{corev1.HostPathDirectory, dir + "/none", "hostPath type check failed: " + dir + "/none is not a directory"},
		{corev1.HostPathDirectoryOrCreate, filepath.Join(dir, "new/deep"), ""},
		{corev1.HostPathDirectoryOrCreate, file, "hostPath type check failed: " + file + " is not a directory"},
		{corev1.HostPathFile, file, ""},
		{corev1.HostPathFile, dir, "hostPath type check failed: " + dir + " is not a file"},
		{corev1.HostPathFileOrCreate, filepath.Join(dir, "newfile"), ""},
		{corev1.HostPathSocket, socket, ""},
		{corev1.HostPathSocket, file, "hostPath type check failed: " + file + " is not a socket file"},
		{corev1.HostPathCharDev, "/dev/null", ""},
		{corev1.HostPathBlockDev, "/dev/null", "hostPath type check failed: /dev/null is not a block device"},
	} {
		err := Prepare(&corev1.HostPathVolumeSource{Path: tt.path, Type: &tt.kind})
		if got := text(err); got != tt.err {
			t.Errorf("Prepare(%s %s) = %q; want %q", tt.kind, tt.path, got, tt.err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "new/deep")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("made directory: %v", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
