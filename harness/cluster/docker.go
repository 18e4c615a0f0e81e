package cluster

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
	"k8s.io/client-go/tools/clientcmd"
)

// NodeImage is the image of a node; `make image` builds it.
const NodeImage = "seatrial/node:v1.36.3"

// clusterLabel marks the containers of a cluster; its value is the cluster's name.
const clusterLabel = "dev.seatrial.cluster"

// Docker runs each node as a container, like kind.
type Docker struct{ image string }

// NewDocker returns the driver; whether an engine answers is found out at its first use.
func NewDocker() *Docker { return &Docker{image: NodeImage} }

// engine connects to the Docker engine of $DOCKER_HOST or the usual socket.
func (d *Docker) engine(ctx context.Context) (*client.Client, error) {
	engine, err := client.New(client.FromEnv)
	if err != nil {
		return nil, &UnavailableError{"docker", err.Error()}
	}
	if _, err := engine.Ping(ctx, client.PingOptions{NegotiateAPIVersion: true}); err != nil {
		return nil, &UnavailableError{"docker", fmt.Sprintf("no Docker engine answers at %s; start it or set DOCKER_HOST", engine.DaemonHost())}
	}
	return engine, nil
}

func containerName(name string) string { return name + "-control-plane" }

// Up starts the node's container and follows its progress.
func (d *Docker) Up(ctx context.Context, spec Spec, progress Progress) error {
	ctx, cancel := context.WithTimeoutCause(ctx, spec.Wait, fmt.Errorf("cluster %q was not ready within %s", spec.Name, spec.Wait))
	defer cancel()
	engine, err := d.engine(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	info, err := d.Info(ctx, spec.Name)
	if err == nil && info.State == Running {
		return nil
	}
	since := time.Now()
	if errors.Is(err, ErrNotFound) {
		err = d.create(ctx, engine, spec)
	} else if err == nil {
		_, err = engine.ContainerStart(ctx, containerName(spec.Name), client.ContainerStartOptions{})
	}
	if err != nil {
		return fmt.Errorf("start node of cluster %q: %w", spec.Name, err)
	}
	return d.followLogs(ctx, engine, spec.Name, since, progress)
}

// followLogs reads the progress that the node writes to its standard output.
func (d *Docker) followLogs(ctx context.Context, engine *client.Client, name string, since time.Time, progress Progress) error {
	logs, err := engine.ContainerLogs(ctx, containerName(name), client.ContainerLogsOptions{
		ShowStdout: true, ShowStderr: true, Follow: true,
		Since: fmt.Sprintf("%d.%09d", since.Unix(), since.Nanosecond()),
	})
	if err != nil {
		return fmt.Errorf("read log of node: %w", err)
	}
	defer func() { _ = logs.Close() }()
	reader, writer := io.Pipe()
	defer func() { _ = reader.Close() }()
	var complaints lastBytes
	ended := make(chan error, 1)
	go func() {
		_, err := stdcopy.StdCopy(writer, &complaints, logs)
		_ = writer.Close()
		ended <- errors.Join(err, errors.New(complaints.String()))
	}()
	return follow(ctx, reader, progress, ended, "docker logs "+containerName(name))
}

// lastBytes keeps the end of what is written to it.
type lastBytes struct{ data []byte }

func (l *lastBytes) Write(p []byte) (int, error) {
	const most = 2000
	l.data = append(l.data, p...)
	l.data = l.data[max(0, len(l.data)-most):]
	return len(p), nil
}

func (l *lastBytes) String() string { return strings.TrimSpace(string(l.data)) }

// Down removes the node's container and its volume.
func (d *Docker) Down(ctx context.Context, name string) error {
	engine, err := d.engine(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = engine.Close() }()
	_, err = engine.ContainerRemove(ctx, containerName(name), client.ContainerRemoveOptions{Force: true, RemoveVolumes: true})
	if err != nil && !errdefs.IsNotFound(err) {
		return fmt.Errorf("remove node of cluster %q: %w", name, err)
	}
	return nil
}

// Info inspects the node's container.
func (d *Docker) Info(ctx context.Context, name string) (Info, error) {
	infos, err := d.list(ctx, clusterLabel+"="+name)
	if err != nil {
		return Info{}, err
	}
	if len(infos) == 0 {
		return Info{}, fmt.Errorf("cluster %q: %w", name, ErrNotFound)
	}
	return infos[0], nil
}

// List returns the clusters that have a container.
func (d *Docker) List(ctx context.Context) ([]Info, error) { return d.list(ctx, clusterLabel) }

func (d *Docker) list(ctx context.Context, label string) ([]Info, error) {
	engine, err := d.engine(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = engine.Close() }()
	found, err := engine.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: client.Filters{}.Add("label", label)})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var infos []Info
	for _, c := range found.Items {
		name := c.Labels[clusterLabel]
		info := Info{Name: name, Driver: "docker", State: Stopped, Log: "docker logs " + containerName(name)}
		if c.State == container.StateRunning {
			info.State = Running
		}
		for _, port := range c.Ports {
			if port.PrivatePort == apiPort && port.PublicPort != 0 {
				info.Server = fmt.Sprintf("https://127.0.0.1:%d", port.PublicPort)
			}
		}
		infos = append(infos, info)
	}
	return infos, nil
}

// Kubeconfig copies the file out of the node and points it to the published port.
func (d *Docker) Kubeconfig(ctx context.Context, name string) ([]byte, error) {
	info, err := d.Info(ctx, name)
	if err != nil {
		return nil, err
	}
	engine, err := d.engine(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = engine.Close() }()
	path := dataRoot + "/" + name + "/admin.kubeconfig"
	copied, err := engine.CopyFromContainer(ctx, containerName(name), client.CopyFromContainerOptions{SourcePath: path})
	if err != nil {
		return nil, fmt.Errorf("copy %s out of the node: %w", path, err)
	}
	defer func() { _ = copied.Content.Close() }()
	archive := tar.NewReader(copied.Content)
	if _, err := archive.Next(); err != nil {
		return nil, fmt.Errorf("copy %s out of the node: %w", path, err)
	}
	data, err := io.ReadAll(archive)
	if err != nil {
		return nil, fmt.Errorf("copy %s out of the node: %w", path, err)
	}
	return withServer(data, info.Server)
}

// withServer replaces the URL of every cluster of a kubeconfig.
func withServer(data []byte, server string) ([]byte, error) {
	config, err := clientcmd.Load(data)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	for _, c := range config.Clusters {
		c.Server = server
	}
	return clientcmd.Write(*config)
}

// LoadImages runs the node's own program with the archive as its input.
func (d *Docker) LoadImages(ctx context.Context, name string, archive io.Reader) ([]string, error) {
	engine, err := d.engine(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = engine.Close() }()
	created, err := engine.ExecCreate(ctx, containerName(name), client.ExecCreateOptions{
		AttachStdin: true, AttachStdout: true, AttachStderr: true,
		Cmd: []string{"/seatrial-reference", "images", "load", "--name", name, "-"},
	})
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	session, err := engine.ExecAttach(ctx, created.ID, client.ExecAttachOptions{})
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	defer session.Close()
	go func() {
		_, _ = io.Copy(session.Conn, archive)
		_ = session.CloseWrite()
	}()
	var out, complaint bytes.Buffer
	if _, err := stdcopy.StdCopy(&out, &complaint, session.Reader); err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	result, err := engine.ExecInspect(ctx, created.ID, client.ExecInspectOptions{})
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	if result.ExitCode != 0 {
		return nil, fmt.Errorf("load images: %s", strings.TrimSpace(complaint.String()))
	}
	return strings.Fields(out.String()), nil
}

// ports publishes the API on the host's loopback address.
func ports(hostPort int) network.PortMap {
	binding := network.PortBinding{HostIP: loopback}
	if hostPort != 0 {
		binding.HostPort = fmt.Sprint(hostPort)
	}
	return network.PortMap{network.MustParsePort(fmt.Sprintf("%d/tcp", apiPort)): {binding}}
}
