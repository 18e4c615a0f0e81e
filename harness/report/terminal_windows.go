package report

import (
	"os"

	"golang.org/x/sys/windows"
)

// openTerminal reports whether the file is a console, which is told to obey control sequences; one that cannot gets plain lines.
func openTerminal(file *os.File) bool {
	var mode uint32
	handle := windows.Handle(file.Fd())
	if windows.GetConsoleMode(handle, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(handle, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
