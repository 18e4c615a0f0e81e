//go:build linux

package host

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// PrepareContainer makes a container fit to be a node: its cgroups become
// writable and can have children, its mounts shared, packets are routed. The container needs the
// capabilities that docker run --privileged gives.
func (p Place) PrepareContainer() error {
	mounts, err := readOnlyKernelMounts()
	if err != nil {
		return err
	}
	for _, dir := range mounts {
		if err := unix.Mount("", dir, "", unix.MS_REMOUNT|unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("make %q writable: %w (start the container privileged)", dir, err)
		}
	}
	if err := openRootCgroup(); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_SHARED|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("set mount propagation: %w (start the container privileged)", err)
	}
	for _, dir := range []string{"/tmp", "/run"} {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // the usual mode of these
			return fmt.Errorf("create directory %q: %w", dir, err)
		}
	}
	if err := os.Chmod("/tmp", 0o777|fs.ModeSticky); err != nil { //nolint:gosec // the usual mode of /tmp
		return fmt.Errorf("set mode of /tmp: %w", err)
	}
	if err := os.WriteFile(forwardSwitch, []byte("1"), 0o644); err != nil && !errors.Is(err, unix.EROFS) { //nolint:gosec // a file of the kernel
		return fmt.Errorf("write %s: %w", forwardSwitch, err)
	}
	return nil
}

// readOnlyKernelMounts lists the mounts of /sys and /proc/sys that are read-only, parents first.
func readOnlyKernelMounts() ([]string, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("read mounts: %w", err)
	}
	defer func() { _ = file.Close() }()
	var dirs []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		parts := strings.Fields(lines.Text())
		if len(parts) < 6 {
			continue
		}
		dir, options := parts[4], ","+parts[5]+","
		kernel := dir == "/sys" || strings.HasPrefix(dir, "/sys/") || dir == "/proc/sys"
		if kernel && strings.Contains(options, ",ro,") {
			dirs = append(dirs, dir)
		}
	}
	return dirs, lines.Err()
}

// ContainerAddress returns the address of the container's first interface but loopback.
func ContainerAddress() (netip.Addr, error) {
	addrs, err := netlink.AddrList(nil, netlink.FAMILY_V4)
	if err != nil {
		return netip.Addr{}, fmt.Errorf("list addresses: %w", err)
	}
	for _, a := range addrs {
		if ip, ok := netip.AddrFromSlice(a.IP.To4()); ok && !ip.IsLoopback() {
			return ip, nil
		}
	}
	return netip.Addr{}, errors.New("the container has no network interface: connect it to a network")
}
