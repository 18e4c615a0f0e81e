//go:build unix

package certify

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
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

// endLeftover ends the processes of an earlier part whose seatrial was killed: Ginkgo goes on until it has something to print. The mark is
// in the command line of that process and of no other, since numbers of processes are used again.
func endLeftover(pid int, mark string) error {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil { // not Linux
		line, err = exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output() //nolint:noctx // it ends at once
	}
	if err != nil || !strings.Contains(string(line), mark) {
		return nil //nolint:nilerr // there is no such process
	}
	if err := syscall.Kill(-pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("end ginkgo of the run that is resumed, process %d: %w", pid, err)
	}
	return nil
}
