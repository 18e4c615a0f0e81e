package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
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

// apiInNode is apiPort in the engine's words.
func apiInNode() network.Port { return network.MustParsePort(fmt.Sprintf("%d/tcp", apiPort)) }

// containerName names the container of a cluster's node, and its volume.
func containerName(name string) string { return name + "-control-plane" }

// createNode makes and starts the container of a node. A container of an
// earlier start makes room for it; the volume with the cluster's data stays.
// Engines that may not give all capabilities get the list of those that they
// can give.
func (e *engine) createNode(ctx context.Context, image string, spec Spec) error {
	port, err := e.chooseAPIPort(ctx, spec)
	if err != nil {
		return err
	}
	spec.APIPort = port
	if err := e.removeContainer(ctx, spec.Name); err != nil {
		return err
	}
	if err := e.createVolume(ctx, spec.Name); err != nil {
		return err
	}
	err = e.startNode(ctx, image, spec, &container.HostConfig{Privileged: true})
	if err != nil && strings.Contains(err.Error(), "operation not permitted") { // there is no code for it
		err = e.startNode(ctx, image, spec, almostPrivileged(boundingSet()))
	}
	return err
}

// startNode leaves no container behind when it fails.
func (e *engine) startNode(ctx context.Context, image string, spec Spec, host *container.HostConfig) error {
	complete(host, spec)
	created, err := e.ContainerCreate(ctx, client.ContainerCreateOptions{
		Name: containerName(spec.Name),
		Config: &container.Config{
			Image:        image,
			Hostname:     containerName(spec.Name),
			Labels:       map[string]string{clusterLabel: spec.Name},
			Cmd:          nodeCommand(spec),
			ExposedPorts: network.PortSet{apiInNode(): {}},
		},
		HostConfig: host,
	})
	if errdefs.IsNotFound(err) {
		return fmt.Errorf("the image %s is not there; build it with `make image`", image)
	}
	if err != nil {
		return fmt.Errorf("create container: %w", err)
	}
	if _, err := e.ContainerStart(ctx, created.ID, client.ContainerStartOptions{}); err != nil {
		return errors.Join(startError(err, spec), e.removeContainer(context.WithoutCancel(ctx), spec.Name))
	}
	return nil
}

// startError says what to do about a busy port, for which engines have no code.
func startError(err error, spec Spec) error {
	for _, text := range []string{"port is already allocated", "address already in use", "ports are not available"} {
		if strings.Contains(err.Error(), text) {
			return fmt.Errorf("port %d on 127.0.0.1 is in use by another program: choose another one with --api-port", spec.APIPort)
		}
	}
	return fmt.Errorf("start container: %w", err)
}

func nodeCommand(spec Spec) []string {
	return append([]string{
		"all-in-one", "--in-container", "--progress-fd", "1",
		"--name", spec.Name, "--api-port", strconv.Itoa(spec.APIPort),
	}, spec.Args...)
}

// complete adds what nodes have, whatever their capabilities. The data is on a
// volume since an overlay file system cannot carry another one.
func complete(host *container.HostConfig, spec Spec) {
	host.CgroupnsMode = container.CgroupnsModePrivate
	host.Init = new(true) // takes in the processes that shims leave
	host.Tmpfs = map[string]string{"/run": "exec,mode=755", "/tmp": "exec,mode=1777"}
	host.Mounts = []mount.Mount{{Type: mount.TypeVolume, Source: containerName(spec.Name), Target: dataRoot}}
	host.PortBindings = network.PortMap{apiInNode(): {{HostIP: loopback, HostPort: strconv.Itoa(spec.APIPort)}}}
}

// almostPrivileged is what --privileged gives, but for the capabilities that
// are not in the set: this process lacks them, and so probably the engine beside it.
func almostPrivileged(set uint64) *container.HostConfig {
	return &container.HostConfig{
		SecurityOpt:   []string{"seccomp=unconfined", "apparmor=unconfined"},
		CapAdd:        capabilities(set),
		MaskedPaths:   []string{},
		ReadonlyPaths: []string{},
		Resources:     container.Resources{DeviceCgroupRules: []string{"a *:* rwm"}},
	}
}

// chooseAPIPort takes the wanted port, else the one of the last start, so that
// kubeconfigs stay true, else a free one.
func (e *engine) chooseAPIPort(ctx context.Context, spec Spec) (int, error) {
	if spec.APIPort != 0 {
		return spec.APIPort, nil
	}
	found, err := e.ContainerInspect(ctx, containerName(spec.Name), client.ContainerInspectOptions{})
	if err != nil && !errdefs.IsNotFound(err) {
		return 0, fmt.Errorf("inspect container: %w", err)
	}
	if host := found.Container.HostConfig; host != nil {
		for _, binding := range host.PortBindings[apiInNode()] {
			if port, err := strconv.Atoi(binding.HostPort); err == nil && port != 0 {
				return port, nil
			}
		}
	}
	listener, err := net.Listen("tcp", netip.AddrPortFrom(loopback, 0).String())
	if err != nil {
		return 0, fmt.Errorf("find free port: %w", err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().(*net.TCPAddr).Port, nil
}

// createVolume makes the volume of a node, or keeps the one that is there.
func (e *engine) createVolume(ctx context.Context, name string) error {
	_, err := e.VolumeCreate(ctx, client.VolumeCreateOptions{
		Name: containerName(name), Labels: map[string]string{clusterLabel: name},
	})
	if err != nil {
		return fmt.Errorf("create volume %q: %w", containerName(name), err)
	}
	return nil
}

// removeContainer ends and removes a node's container; a missing one is no error.
func (e *engine) removeContainer(ctx context.Context, name string) error {
	_, err := e.ContainerRemove(ctx, containerName(name), client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove container %q: %w", containerName(name), err)
	}
	return nil
}

// removeVolume removes a node's data; a missing volume is no error.
func (e *engine) removeVolume(ctx context.Context, name string) error {
	_, err := e.VolumeRemove(ctx, containerName(name), client.VolumeRemoveOptions{})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove volume %q: %w", containerName(name), err)
	}
	return nil
}
