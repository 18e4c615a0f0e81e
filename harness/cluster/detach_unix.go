//go:build unix

package cluster

import (
	"os/exec"
	"syscall"
)

// detach makes the process independent of this one's terminal and of its Ctrl-C.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
