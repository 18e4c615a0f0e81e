package kubelettest

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// CreateContainer implements CRI.
func (r *Runtime) CreateContainer(_ context.Context, request *runtimeapi.CreateContainerRequest) (*runtimeapi.CreateContainerResponse, error) {
	if err := r.called("CreateContainer", request.Config.Metadata.Name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sandboxes[request.PodSandboxId]
	if s == nil || !s.ready {
		return nil, notFound("sandbox", request.PodSandboxId)
	}
	for _, other := range r.containers {
		if other.sandbox.config.Metadata.Uid == s.config.Metadata.Uid && other.Config.Metadata.Name == request.Config.Metadata.Name &&
			other.Config.Metadata.Attempt == request.Config.Metadata.Attempt {
			return nil, status.Error(codes.AlreadyExists, fmt.Sprintf("name %q attempt %d is reserved", other.Config.Metadata.Name, other.Config.Metadata.Attempt))
		}
	}
	r.next++
	c := &Container{ID: fmt.Sprintf("container-%d", r.next), Config: request.Config, runtime: r, sandbox: s, made: time.Now(), exited: make(chan struct{})}
	r.containers[c.ID] = c
	return &runtimeapi.CreateContainerResponse{ContainerId: c.ID}, nil
}

// StartContainer implements CRI.
func (r *Runtime) StartContainer(_ context.Context, request *runtimeapi.StartContainerRequest) (*runtimeapi.StartContainerResponse, error) {
	c, err := r.find(request.ContainerId)
	if err != nil {
		return nil, err
	}
	if err := r.called("StartContainer", c.Config.Metadata.Name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	if c.state != runtimeapi.ContainerState_CONTAINER_CREATED {
		r.mu.Unlock()
		return nil, status.Error(codes.FailedPrecondition, "container is not in created state")
	}
	c.state, c.started = runtimeapi.ContainerState_CONTAINER_RUNNING, time.Now()
	r.mu.Unlock()
	r.tell(c.sandbox, runtimeapi.ContainerEventType_CONTAINER_STARTED_EVENT)
	if r.OnStart != nil {
		r.OnStart(c)
	}
	return &runtimeapi.StartContainerResponse{}, nil
}

// StopContainer implements CRI.
func (r *Runtime) StopContainer(ctx context.Context, request *runtimeapi.StopContainerRequest) (*runtimeapi.StopContainerResponse, error) {
	c, err := r.find(request.ContainerId)
	if err != nil {
		return nil, err
	}
	if err := r.called("StopContainer", c.Config.Metadata.Name); err != nil {
		return nil, err
	}
	if request.Timeout > 0 && (r.OnStop == nil || r.OnStop(c)) {
		c.end(0, "Completed")
		return &runtimeapi.StopContainerResponse{}, nil
	}
	timer := time.NewTimer(time.Duration(request.Timeout) * time.Second)
	defer timer.Stop()
	select {
	case <-c.exited:
	case <-timer.C:
		c.end(137, "Error")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return &runtimeapi.StopContainerResponse{}, nil
}

// RemoveContainer implements CRI.
func (r *Runtime) RemoveContainer(_ context.Context, request *runtimeapi.RemoveContainerRequest) (*runtimeapi.RemoveContainerResponse, error) {
	c, err := r.find(request.ContainerId)
	if err != nil {
		return &runtimeapi.RemoveContainerResponse{}, nil
	}
	if err := r.called("RemoveContainer", c.Config.Metadata.Name); err != nil {
		return nil, err
	}
	c.end(137, "Error")
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.containers, c.ID)
	return &runtimeapi.RemoveContainerResponse{}, nil
}

// ListContainers implements CRI.
func (r *Runtime) ListContainers(_ context.Context, request *runtimeapi.ListContainersRequest) (*runtimeapi.ListContainersResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := &runtimeapi.ListContainersResponse{}
	for _, c := range r.containers {
		if selects(request.Filter.GetLabelSelector(), c.Config.Labels) {
			answer.Containers = append(answer.Containers, &runtimeapi.Container{
				Id: c.ID, PodSandboxId: c.sandbox.id, Metadata: c.Config.Metadata, Image: c.Config.Image, State: c.state,
				CreatedAt: c.made.UnixNano(), Labels: c.Config.Labels, Annotations: c.Config.Annotations,
			})
		}
	}
	return answer, nil
}

// ContainerStatus implements CRI.
func (r *Runtime) ContainerStatus(_ context.Context, request *runtimeapi.ContainerStatusRequest) (*runtimeapi.ContainerStatusResponse, error) {
	c, err := r.find(request.ContainerId)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return &runtimeapi.ContainerStatusResponse{Status: &runtimeapi.ContainerStatus{
		Id: c.ID, Metadata: c.Config.Metadata, State: c.state, CreatedAt: nano(c.made), StartedAt: nano(c.started), FinishedAt: nano(c.ended),
		ExitCode: c.code, Reason: c.reason, Image: c.Config.Image, ImageRef: c.Config.Image.GetImage(), Labels: c.Config.Labels,
		Annotations: c.Config.Annotations, Mounts: c.Config.Mounts, LogPath: c.sandbox.config.LogDirectory + "/" + c.Config.LogPath,
		Resources: &runtimeapi.ContainerResources{Linux: c.Config.Linux.GetResources()},
	}}, nil
}

func nano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// UpdateContainerResources implements CRI.
func (r *Runtime) UpdateContainerResources(_ context.Context, request *runtimeapi.UpdateContainerResourcesRequest) (*runtimeapi.UpdateContainerResourcesResponse, error) {
	c, err := r.find(request.ContainerId)
	if err != nil {
		return nil, err
	}
	if err := r.called("UpdateContainerResources", c.Config.Metadata.Name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now, change := c.Config.Linux.Resources, request.Linux
	if change.CpuShares != 0 {
		now.CpuShares = change.CpuShares
	}
	if change.CpuQuota != 0 {
		now.CpuQuota, now.CpuPeriod = change.CpuQuota, change.CpuPeriod
	}
	if change.MemoryLimitInBytes != 0 {
		now.MemoryLimitInBytes = change.MemoryLimitInBytes
	}
	return &runtimeapi.UpdateContainerResourcesResponse{}, nil
}

// ExecSync implements CRI.
func (r *Runtime) ExecSync(_ context.Context, request *runtimeapi.ExecSyncRequest) (*runtimeapi.ExecSyncResponse, error) {
	c, err := r.find(request.ContainerId)
	if err != nil {
		return nil, err
	}
	if err := r.called("ExecSync", c.Config.Metadata.Name); err != nil {
		return nil, err
	}
	if r.OnExec == nil {
		return &runtimeapi.ExecSyncResponse{}, nil
	}
	stdout, code := r.OnExec(c, request.Cmd)
	return &runtimeapi.ExecSyncResponse{Stdout: []byte(stdout), ExitCode: code}, nil
}

func (r *Runtime) find(id string) (*Container, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.containers[id]; c != nil {
		return c, nil
	}
	return nil, notFound("container", id)
}
