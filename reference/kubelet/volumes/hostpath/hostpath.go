// Package hostpath checks or makes the path on the node that a hostPath volume shows.
//
// https://kubernetes.io/docs/concepts/storage/volumes/#hostpath
package hostpath

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	corev1 "k8s.io/api/core/v1"
)

// Prepare makes what the type says should be made, and refuses a path of another kind.
func Prepare(source *corev1.HostPathVolumeSource) error {
	kind := corev1.HostPathUnset
	if source.Type != nil {
		kind = *source.Type
	}
	switch kind {
	case corev1.HostPathUnset:
		return nil
	case corev1.HostPathDirectoryOrCreate:
		if err := makeDirectory(source.Path); err != nil {
			return err
		}
	case corev1.HostPathFileOrCreate:
		if err := makeFile(source.Path); err != nil {
			return err
		}
	}
	info, err := os.Stat(source.Path)
	if err != nil || !matches(kind, info.Mode()) {
		return fmt.Errorf("hostPath type check failed: %s is not a %s", source.Path, describe(kind))
	}
	return nil
}

func makeDirectory(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("make directory %q: %w", path, err)
	}
	return nil
}

// makeFile does not make the parent directories; the documentation asks for DirectoryOrCreate there.
func makeFile(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("make file %q: %w", path, err)
	}
	return file.Close()
}

func matches(kind corev1.HostPathType, mode fs.FileMode) bool {
	switch kind {
	case corev1.HostPathDirectory, corev1.HostPathDirectoryOrCreate:
		return mode.IsDir()
	case corev1.HostPathFile, corev1.HostPathFileOrCreate:
		return mode.IsRegular()
	case corev1.HostPathSocket:
		return mode&fs.ModeSocket != 0
	case corev1.HostPathCharDev:
		return mode&fs.ModeCharDevice != 0
	case corev1.HostPathBlockDev:
		return mode&fs.ModeDevice != 0 && mode&fs.ModeCharDevice == 0
	}
	return false
}

func describe(kind corev1.HostPathType) string {
	switch kind {
	case corev1.HostPathSocket:
		return "socket file"
	case corev1.HostPathCharDev:
		return "character device"
	case corev1.HostPathBlockDev:
		return "block device"
	case corev1.HostPathDirectory, corev1.HostPathDirectoryOrCreate:
		return "directory"
	}
	return "file"
}
