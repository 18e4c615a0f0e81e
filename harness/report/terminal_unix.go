//go:build !windows

package report

import (
	"os"

	"golang.org/x/term"
)

// openTerminal reports whether the file is a terminal that understands control sequences.
func openTerminal(file *os.File) bool { return term.IsTerminal(int(file.Fd())) } //nolint:gosec // a file descriptor
