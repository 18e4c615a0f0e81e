// Package atomic writes a set of files into a directory so that a reader sees either all of the old or all of the new.
//
// The files live in a hidden directory named for its time; the link ..data points to the current one
// and is swapped by a rename. What users see are links through ..data. Programs that watch ..data
// rely on this layout: https://kubernetes.io/docs/concepts/configuration/configmap/#mounted-configmaps-are-updated-automatically
package atomic

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	dataLink = "..data"
	nextLink = "..data_tmp"
)

// File is the content of one file.
type File struct {
	Data []byte
	Mode fs.FileMode
	// UID owns the file, nil = the process.
	UID *int64
}

// Write makes dir hold exactly the files, by relative path, and tells whether anything changed.
// own, if not nil, is called for each new file and directory before readers see it.
func Write(dir string, files map[string]File, now time.Time, own func(path string, info fs.FileInfo) error) (changed bool, err error) {
	for path := range files {
		if err := checkPath(path); err != nil {
			return false, err
		}
	}
	old, err := os.Readlink(filepath.Join(dir, dataLink))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("read link: %w", err)
	}
	if old != "" && same(filepath.Join(dir, old), files) {
		return false, link(dir, files)
	}
	fresh, err := os.MkdirTemp(dir, now.UTC().Format("..2006_01_02_15_04_05."))
	if err != nil {
		return false, fmt.Errorf("make directory: %w", err)
	}
	if err := fill(fresh, files, own); err != nil {
		return false, errors.Join(err, os.RemoveAll(fresh))
	}
	if err := swap(dir, filepath.Base(fresh)); err != nil {
		return false, errors.Join(err, os.RemoveAll(fresh))
	}
	if err := link(dir, files); err != nil {
		return true, err
	}
	return true, sweep(dir, files, filepath.Base(fresh))
}

func checkPath(path string) error {
	if path == "" || !filepath.IsLocal(path) || strings.HasPrefix(path, "..") {
		return fmt.Errorf("write file %q: the path must be relative and stay in the volume", path)
	}
	return nil
}

// same tells whether the directory already holds the files, with their modes.
func same(dir string, files map[string]File) bool {
	found := 0
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		want, ok := files[name]
		if !ok {
			return fs.ErrNotExist
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !bytes.Equal(data, want.Data) {
			return fs.ErrExist
		}
		found++
		return nil
	})
	return err == nil && found == len(files)
}

func fill(dir string, files map[string]File, own func(string, fs.FileInfo) error) error {
	if err := os.Chmod(dir, 0o755); err != nil {
		return fmt.Errorf("set mode: %w", err)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if err := write(filepath.Join(dir, name), files[name]); err != nil {
			return fmt.Errorf("write file %q: %w", name, err)
		}
	}
	if own == nil {
		return nil
	}
	return filepath.Walk(dir, func(path string, info fs.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return own(path, info)
	})
}

func write(path string, file File) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(path, file.Data, file.Mode); err != nil {
		return err
	}
	if err := os.Chmod(path, file.Mode); err != nil { // whatever the umask
		return err
	}
	if file.UID != nil {
		return os.Chown(path, int(*file.UID), -1)
	}
	return nil
}

func swap(dir, target string) error {
	next := filepath.Join(dir, nextLink)
	if err := os.Remove(next); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove old link: %w", err)
	}
	if err := os.Symlink(target, next); err != nil {
		return fmt.Errorf("make link: %w", err)
	}
	if err := os.Rename(next, filepath.Join(dir, dataLink)); err != nil {
		return fmt.Errorf("swap link: %w", err)
	}
	return nil
}

// link makes the names that users see.
func link(dir string, files map[string]File) error {
	for name := range tops(files) {
		err := os.Symlink(filepath.Join(dataLink, name), filepath.Join(dir, name))
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("make link %q: %w", name, err)
		}
	}
	return nil
}

// sweep removes names that are no longer in the set, and older directories.
func sweep(dir string, files map[string]File, current string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("list directory: %w", err)
	}
	keep := tops(files)
	for _, entry := range entries {
		name := entry.Name()
		if name == dataLink || name == current || keep[name] {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("remove %q: %w", name, err)
		}
	}
	return nil
}

func tops(files map[string]File) map[string]bool {
	out := map[string]bool{}
	for path := range files {
		top, _, _ := strings.Cut(filepath.Clean(path), "/")
		out[top] = true
	}
	return out
}
