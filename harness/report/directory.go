package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
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
	if err := sweep(wish); err != nil {
		return "", fmt.Errorf("make report directory: %w", err)
	}
	return wish, nil
}

// sweep removes what a run before left: its journal, its evidence and its reports. Nothing else is touched.
func sweep(dir string) error {
	names := []string{journal.Name, "evidence"}
	for _, format := range Formats() {
		if format.File != "" {
			names = append(names, format.File)
		}
	}
	for _, name := range names {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return err
		}
	}
	return site.Remove(dir)
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
