package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// conflist is the CNI configuration. Its one variable is filled by Start when the pod CIDR is known, else by containerd when the
// kubelet calls UpdateRuntimeConfig.
const conflist = `{
	"cniVersion": "1.0.0",
	"name": "seatrial",
	"plugins": [{"type": "seatrial-cni", "subnet": "{{.PodCIDR}}", "dataDir": %q, "mtu": %d}]
}
`

// prepareNetwork writes the CNI configuration, or its template, and turns on forwarding in the current network namespace.
func prepareNetwork(o Options, p paths) error {
	if err := os.MkdirAll(p.networks(), 0o755); err != nil {
		return err
	}
	text := fmt.Sprintf(conflist, p.addresses(), o.MTU)
	if err := os.WriteFile(p.template(), []byte(text), 0o644); err != nil {
		return err
	}
	if o.PodCIDR != "" {
		text = strings.ReplaceAll(text, "{{.PodCIDR}}", o.PodCIDR)
		if err := os.WriteFile(filepath.Join(p.networks(), "10-containerd-net.conflist"), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return forwardPackets()
}

// forwardPackets lets the node route between its pods and the world. IPv6 may be absent from the kernel.
func forwardPackets() error {
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0); err != nil {
		return fmt.Errorf("turn on packet forwarding: %w", err)
	}
	err := os.WriteFile("/proc/sys/net/ipv6/conf/all/forwarding", []byte("1"), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("turn on packet forwarding: %w", err)
	}
	return nil
}
