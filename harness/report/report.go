// Package report makes what people and machines read of a run out of its journal: lines on the terminal, a web site, and a file of each
// format that tools around know.
package report

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/site"
)

// Write makes all reports of the run whose journal is in the directory, and no other files. A report that cannot be written does not keep
// the others from being written.
func Write(dir string) error {
	j, err := journal.Read(dir)
	if err != nil {
		return fmt.Errorf("write reports: %w", err)
	}
	return WriteAll(dir, j)
}

// WriteAll makes all reports of the run in its directory.
func WriteAll(dir string, j *journal.Journal) error {
	var wrong []error
	for _, format := range Formats() {
		if format.File == "" {
			continue
		}
		if err := write(filepath.Join(dir, format.File), dir, j, format); err != nil {
			wrong = append(wrong, fmt.Errorf("write %s: %w", format.File, err))
		}
	}
	return errors.Join(append(wrong, site.Write(dir, j))...)
}

// write puts the file in place when it is whole, so that nobody reads half of it.
func write(name, dir string, j *journal.Journal, format Format) error {
	file, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	err = errors.Join(format.Write(file, j, dir), file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
