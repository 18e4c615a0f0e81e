//go:build unix

package certify

import (
	"errors"
	"os/exec"
	"syscall"
)

// ownGroup gives the program a process group, so that it ends with all the processes that it starts, and so that a Ctrl-C at the terminal
// reaches only this program, which passes it on.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// interruptGroup asks the program and all of its processes to clean up and end.
func interruptGroup(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGINT) }

// killGroup ends what is left of the program and its processes.
func killGroup(cmd *exec.Cmd) error { return signalGroup(cmd, syscall.SIGKILL) }

func signalGroup(cmd *exec.Cmd, signal syscall.Signal) error {
	if err := syscall.Kill(-cmd.Process.Pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	return nil
}
