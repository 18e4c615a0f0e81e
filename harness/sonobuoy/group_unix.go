//go:build unix

package sonobuoy

import "syscall"

// ownGroup keeps the signals of a terminal from the command: it would get each of them twice, and take the second as "at once".
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
