package cluster

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/containerd/errdefs"
	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// NodeImage is the image of a node; `make image` builds it.
const NodeImage = "seatrial/node:v1.36.3"

// clusterLabel marks the container and the volume of a cluster; its value is the cluster's name.
const clusterLabel = "dev.seatrial.cluster"

// Docker runs the node of each cluster as a container, like kind. The data is
// on a volume, which outlives the container.
type Docker struct{ image string }

// NewDocker returns the driver; whether an engine answers is found out at its first use.
func NewDocker() *Docker { return &Docker{image: NodeImage} }

// Up starts the node's container and follows its progress. A stopped cluster
// gets a new container with the old data, of today's image and flags.
func (d *Docker) Up(ctx context.Context, spec Spec, progress Progress) error {
	ctx, cancel := context.WithTimeoutCause(ctx, spec.Wait, fmt.Errorf("cluster %q was not ready within %s", spec.Name, spec.Wait))
	defer cancel()
	engine, err := connect(ctx)
	if err != nil {
		return err
	}
	defer engine.close()
	if err := requireLocal(engine.DaemonHost()); err != nil {
		return err
	}
	info, err := engine.info(ctx, spec.Name)
	switch {
	case err == nil && info.State == Running:
		return nil
	case err == nil:
		err = engine.createNode(ctx, d.image, spec)
	case errors.Is(err, ErrNotFound):
		if err = engine.createNode(ctx, d.image, spec); err != nil { // nothing was there before
			err = errors.Join(err, engine.removeVolume(context.WithoutCancel(ctx), spec.Name))
		}
	}
	if err != nil {
		return fmt.Errorf("start node of cluster %q: %w", spec.Name, err)
	}
	return engine.followStart(ctx, spec.Name, progress)
}

// Down removes the node's container and its volume.
func (d *Docker) Down(ctx context.Context, name string) error {
	engine, err := connect(ctx)
	if err != nil {
		return err
	}
	defer engine.close()
	if err := errors.Join(engine.removeContainer(ctx, name), engine.removeVolume(ctx, name)); err != nil {
		return fmt.Errorf("remove cluster %q: %w", name, err)
	}
	return nil
}

// Info looks for the cluster's container and volume.
func (d *Docker) Info(ctx context.Context, name string) (Info, error) {
	engine, err := connect(ctx)
	if err != nil {
		return Info{}, err
	}
	defer engine.close()
	return engine.info(ctx, name)
}

// List returns the clusters that have a container or a volume.
func (d *Docker) List(ctx context.Context) ([]Info, error) {
	engine, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer engine.close()
	return engine.list(ctx, clusterLabel)
}

func (e *engine) info(ctx context.Context, name string) (Info, error) {
	infos, err := e.list(ctx, clusterLabel+"="+name)
	if err != nil {
		return Info{}, err
	}
	if len(infos) == 0 {
		return Info{}, fmt.Errorf("cluster %q: %w", name, ErrNotFound)
	}
	return infos[0], nil
}

func (e *engine) list(ctx context.Context, label string) ([]Info, error) {
	filter := client.Filters{}.Add("label", label)
	containers, err := e.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: filter})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	volumes, err := e.VolumeList(ctx, client.VolumeListOptions{Filters: filter})
	if err != nil {
		return nil, fmt.Errorf("list volumes: %w", err)
	}
	var infos []Info
	for _, c := range containers.Items {
		infos = append(infos, infoOf(c))
	}
	for _, v := range volumes.Items {
		name := v.Labels[clusterLabel]
		if !slices.ContainsFunc(infos, func(i Info) bool { return i.Name == name }) {
			infos = append(infos, Info{Name: name, Driver: "docker", State: Stopped})
		}
	}
	return infos, nil
}

func infoOf(c container.Summary) Info {
	name := c.Labels[clusterLabel]
	info := Info{Name: name, Driver: "docker", State: Stopped, Log: logCommand(name)}
	if c.State == container.StateRunning {
		info.State = Running
	}
	for _, port := range c.Ports {
		if port.PrivatePort == apiPort && port.PublicPort != 0 {
			info.Server = fmt.Sprintf("https://127.0.0.1:%d", port.PublicPort)
		}
	}
	return info
}

// Kubeconfig copies the file out of the node.
func (d *Docker) Kubeconfig(ctx context.Context, name string) ([]byte, error) {
	engine, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer engine.close()
	path := dataRoot + "/" + name + "/admin.kubeconfig"
	copied, err := engine.CopyFromContainer(ctx, containerName(name), client.CopyFromContainerOptions{SourcePath: path})
	if errdefs.IsNotFound(err) {
		return nil, fmt.Errorf("kubeconfig of cluster %q: %w", name, ErrNotFound)
	}
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
	return data, nil
}

// LoadImages hands the archive to the node's own program.
func (d *Docker) LoadImages(ctx context.Context, name string, archive io.Reader) ([]string, error) {
	engine, err := connect(ctx)
	if err != nil {
		return nil, err
	}
	defer engine.close()
	names, err := engine.loadImages(ctx, name, archive)
	if err != nil {
		return nil, fmt.Errorf("load images: %w", err)
	}
	return names, nil
}
