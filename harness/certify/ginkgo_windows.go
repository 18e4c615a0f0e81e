package certify

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// ownGroup keeps a Ctrl-C at the terminal from the program; see killGroup.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// interruptGroup ends the program at once: Windows has no signal that asks.
func interruptGroup(cmd *exec.Cmd) error { return killGroup(cmd) }

// killGroup ends the program and all of its processes.
func killGroup(cmd *exec.Cmd) error {
	tree := exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid))
	if err := tree.Run(); err == nil {
		return nil
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// endLeftover ends nothing: Windows does not tell the command line of a process without more programs. Ginkgo ends by itself as soon as it
// has something to print.
func endLeftover(int, string) error { return nil }
