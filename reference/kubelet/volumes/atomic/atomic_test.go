package atomic

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

var now = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func mustWrite(t *testing.T, dir string, files map[string]File) bool {
	t.Helper()
	changed, err := Write(dir, files, now, nil)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWriteShowsFilesThroughTheDataLink(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir, map[string]File{"a": {Data: []byte("1"), Mode: 0o400}, "sub/b": {Data: []byte("2"), Mode: 0o644}})
	if read(t, dir+"/a") != "1" || read(t, dir+"/sub/b") != "2" {
		t.Error("files are not there")
	}
	if target, err := os.Readlink(dir + "/a"); err != nil || target != "..data/a" {
		t.Errorf("a links to %q, %v; want ..data/a", target, err)
	}
	info, err := os.Stat(dir + "/a")
	if err != nil || info.Mode().Perm() != 0o400 {
		t.Errorf("mode = %v, %v; want 0400", info.Mode(), err)
	}
}

// A reader that resolved ..data before the change still reads the old set: the swap is one rename.
func TestWriteSwapsTheWholeSet(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir, map[string]File{"a": {Data: []byte("1"), Mode: 0o644}, "gone": {Data: []byte("x"), Mode: 0o644}})
	before, err := os.Readlink(dir + "/..data")
	if err != nil {
		t.Fatal(err)
	}
	if !mustWrite(t, dir, map[string]File{"a": {Data: []byte("2"), Mode: 0o644}, "new": {Data: []byte("y"), Mode: 0o644}}) {
		t.Error("a change is not told")
	}
	after, err := os.Readlink(dir + "/..data")
	if err != nil || before == after {
		t.Errorf("..data stays %q, %v", after, err)
	}
	if read(t, dir+"/a") != "2" || read(t, dir+"/new") != "y" {
		t.Error("the new set is not there")
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if want := []string{after, "..data", "a", "new"}; !slices.Equal(sorted(names), sorted(want)) {
		t.Errorf("directory has %q; want %q", names, want)
	}
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return out
}

func TestWriteOfTheSameSetChangesNothing(t *testing.T) {
	dir := t.TempDir()
	files := map[string]File{"a": {Data: []byte("1"), Mode: 0o644}, "sub/b": {Data: []byte("2"), Mode: 0o644}}
	mustWrite(t, dir, files)
	before, _ := os.Readlink(dir + "/..data")
	if mustWrite(t, dir, files) {
		t.Error("a change is told")
	}
	if after, _ := os.Readlink(dir + "/..data"); after != before {
		t.Error("the directory was written again")
	}
	delete(files, "sub/b")
	if !mustWrite(t, dir, files) {
		t.Error("a file less is no change")
	}
}

func TestWriteRefusesPathsThatLeaveTheVolume(t *testing.T) {
	for _, path := range []string{"../x", "/etc/passwd", "a/../../x", "..data", "", "..2026/x"} {
		if _, err := Write(t.TempDir(), map[string]File{path: {Mode: 0o644}}, now, nil); err == nil {
			t.Errorf("path %q is not refused", path)
		}
	}
}

func TestEmptySetIsAnEmptyDirectory(t *testing.T) {
	dir := t.TempDir()
	mustWrite(t, dir, nil)
	if _, err := os.Readlink(dir + "/..data"); err != nil {
		t.Error(err)
	}
}

// fsGroup: the group reads and writes, and new files stay with it.
func TestGroupTree(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: it gives files away")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "f"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := GroupTree(dir, 4321); err != nil {
		t.Fatal(err)
	}
	file, _ := os.Stat(filepath.Join(dir, "f"))
	top, _ := os.Stat(dir)
	if file.Mode().Perm() != 0o660 || top.Mode()&fs.ModeSetgid == 0 || top.Mode().Perm()&0o070 != 0o070 {
		t.Errorf("modes = %v, %v; want 0660 and setgid", file.Mode(), top.Mode())
	}
	if err := Group(4321, true)(filepath.Join(dir, "f"), file); err != nil {
		t.Fatal(err)
	}
}
