//go:build linux

package cluster

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// settleTime is how long a start takes, and what follows it: what the
// start needed is garbage by then.
const settleTime = 5 * time.Second

// GiveBackMemory returns what the start has used and the running cluster does
// not: free heap, and the pages of the program that were only read at the
// start. Such a page comes back from the page cache when it is used again.
func GiveBackMemory(ctx context.Context, log *slog.Logger) {
	if !settled(ctx) {
		return
	}
	debug.FreeOSMemory()
	if err := dropProgramPages(); err != nil {
		log.Debug("program pages kept", "err", err)
	}
}

// settled waits until the start is over. It is false when ctx ends before.
func settled(ctx context.Context) bool {
	timer := time.NewTimer(settleTime)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// dropProgramPages drops the read-only mappings of the program file.
func dropProgramPages() error {
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("find own program: %w", err)
	}
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return fmt.Errorf("read own mappings: %w", err)
	}
	defer func() { _ = maps.Close() }()
	lines := bufio.NewScanner(maps)
	for lines.Scan() {
		parts := strings.Fields(lines.Text())
		if len(parts) < 6 || parts[5] != program || strings.Contains(parts[1], "w") {
			continue
		}
		var from, to uintptr
		if _, err := fmt.Sscanf(parts[0], "%x-%x", &from, &to); err != nil {
			return fmt.Errorf("read own mappings: %w", err)
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("drop pages: %w", errno)
		}
	}
	return lines.Err()
}
