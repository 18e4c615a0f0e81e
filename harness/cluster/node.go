package cluster

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// apiPort is where the API server listens in a node.
const apiPort = 6443

var loopback = netip.MustParseAddr("127.0.0.1")

// create makes and starts the container of a node. Engines that may not give
// all capabilities get the list of those that they can give.
func (d *Docker) create(ctx context.Context, engine *client.Client, spec Spec) error {
	privileged := &container.HostConfig{Privileged: true}
	err := d.start(ctx, engine, spec, privileged)
	if err == nil || !strings.Contains(err.Error(), "caps") {
		return err
	}
	options := client.ContainerRemoveOptions{Force: true, RemoveVolumes: true}
	if _, err := engine.ContainerRemove(ctx, containerName(spec.Name), options); err != nil {
		return fmt.Errorf("remove container: %w", err)
	}
	return d.start(ctx, engine, spec, almostPrivileged())
}

func (d *Docker) start(ctx context.Context, engine *client.Client, spec Spec, host *container.HostConfig) error {
	host.CgroupnsMode = container.CgroupnsModePrivate
	host.Init = new(true)
	host.Tmpfs = map[string]string{"/run": "exec,mode=755", "/tmp": "exec,mode=1777"}
	host.Mounts = []mount.Mount{{Type: mount.TypeVolume, Target: dataRoot}}
	host.PortBindings = ports(spec.APIPort)
	port := network.MustParsePort(fmt.Sprintf("%d/tcp", apiPort))
	created, err := engine.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: containerName(spec.Name),
		Config: &container.Config{
			Image:        d.image,
			Hostname:     containerName(spec.Name),
			Labels:       map[string]string{clusterLabel: spec.Name},
			Cmd:          append([]string{"all-in-one", "--in-container", "--progress-fd", "1", "--name", spec.Name}, spec.Args...),
			ExposedPorts: network.PortSet{port: {}},
		},
		HostConfig: host,
	})
	if errdefs.IsNotFound(err) {
		return fmt.Errorf("the image %s is not there; build it with `make image`", d.image)
	}
	if err != nil {
		return fmt.Errorf("create container: %w", err)
	}
	if _, err := engine.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
		return fmt.Errorf("start container: %w", err)
	}
	return nil
}

// almostPrivileged is what --privileged gives, but for capabilities that this
// process lacks itself, and so probably the engine beside it.
func almostPrivileged() *container.HostConfig {
	return &container.HostConfig{
		SecurityOpt:   []string{"seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"},
		CapAdd:        capabilities(boundingSet()),
		MaskedPaths:   []string{},
		ReadonlyPaths: []string{},
		Resources:     container.Resources{DeviceCgroupRules: []string{"a *:* rwm"}},
	}
}

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
	return slices.Clip(names)
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
