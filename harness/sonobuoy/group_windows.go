package sonobuoy

import "syscall"

// ownGroup keeps the signals of a console from the command: it would get each of them twice, and take the second as "at once".
func ownGroup() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
