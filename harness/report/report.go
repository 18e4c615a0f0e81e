// Package report makes what people and machines read of a run out of its journal: lines on the terminal, a JUnit file, a web site.
package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
)

// The names of the reports in the directory of a run.
const (
	JUnitName = "junit.xml"
	HTMLName  = site.IndexName
)

// Directory returns where a run keeps its files. Without a wish that is reports/runs/<id>, and reports/latest leads to it. A directory
// that was wished for loses the files of the run before.
func Directory(wish, id string) (string, error) {
	if wish == "" {
		return ownDirectory(id)
	}
	if err := os.MkdirAll(wish, 0o755); err != nil {
		return "", fmt.Errorf("make report directory: %w", err)
	}
	if err := site.Remove(wish); err != nil {
		return "", err
	}
	for _, old := range []string{journal.Name, JUnitName, "evidence"} {
		if err := os.RemoveAll(filepath.Join(wish, old)); err != nil {
			return "", fmt.Errorf("make report directory: %w", err)
		}
	}
	return wish, nil
}

func ownDirectory(id string) (string, error) {
	dir := filepath.Join("reports", "runs", id)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("make report directory: %w", err)
	}
	latest, next := filepath.Join("reports", "latest"), filepath.Join("reports", ".latest-"+id)
	if err := os.Symlink(filepath.Join("runs", id), next); err != nil {
		return dir, nil //nolint:nilerr // a file system without links: the directory is enough
	}
	if err := os.Rename(next, latest); err != nil {
		return "", errors.Join(fmt.Errorf("make report directory: %w", err), os.Remove(next))
	}
	return dir, nil
}

// Write makes the reports of the run whose journal is in the directory.
func Write(dir string) error {
	j, err := journal.Read(dir)
	if err != nil {
		return fmt.Errorf("write reports: %w", err)
	}
	junit, err := JUnit(j)
	if err != nil {
		return err
	}
	if err := site.Write(dir, j); err != nil {
		return err
	}
	for name, content := range map[string][]byte{JUnitName: junit} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return fmt.Errorf("write reports: %w", err)
		}
	}
	return nil
}
