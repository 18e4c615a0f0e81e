package cluster

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// capabilityNames are Linux's capabilities by number, up to those that every engine in use knows.
var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
	SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
	MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ`)

// capabilities names those whose bits are set.
func capabilities(set uint64) []string {
	var names []string
	for bit, name := range capabilityNames {
		if set&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return names
}

// boundingSet reads the capabilities that this process could have; all where it cannot tell.
func boundingSet() uint64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return ^uint64(0)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if value, ok := strings.CutPrefix(lines.Text(), "CapBnd:"); ok {
			if set, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64); err == nil {
				return set
			}
		}
	}
	return ^uint64(0)
}
