package cri

import (
	"slices"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	kubelettypes "k8s.io/kubelet/pkg/types"
)

// Pod is what the runtime has for one pod, newest first.
type Pod struct {
	UID        types.UID
	Sandboxes  []*runtimeapi.PodSandboxStatus
	Containers []*runtimeapi.ContainerStatus
	// SandboxOf has the sandbox of each container, by ID.
	SandboxOf map[string]string
}

func (p *Pod) sort() {
	slices.SortFunc(p.Sandboxes, func(a, b *runtimeapi.PodSandboxStatus) int {
		if attempts := compare(int64(b.Metadata.GetAttempt()), int64(a.Metadata.GetAttempt())); attempts != 0 {
			return attempts
		}
		return compare(b.CreatedAt, a.CreatedAt)
	})
	slices.SortFunc(p.Containers, func(a, b *runtimeapi.ContainerStatus) int {
		if attempts := compare(int64(Attempt(b)), int64(Attempt(a))); attempts != 0 && Name(a) == Name(b) {
			return attempts
		}
		return compare(b.CreatedAt, a.CreatedAt)
	})
}

func compare(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// Sandbox returns the newest sandbox, or nil.
func (p *Pod) Sandbox() *runtimeapi.PodSandboxStatus {
	if p == nil || len(p.Sandboxes) == 0 {
		return nil
	}
	return p.Sandboxes[0]
}

// ReadySandbox returns the newest sandbox if it is ready, or nil.
func (p *Pod) ReadySandbox() *runtimeapi.PodSandboxStatus {
	sandbox := p.Sandbox()
	if sandbox == nil || sandbox.State != runtimeapi.PodSandboxState_SANDBOX_READY {
		return nil
	}
	return sandbox
}

// IPs returns the addresses of the newest sandbox.
func (p *Pod) IPs() []string {
	sandbox := p.Sandbox()
	if sandbox == nil || sandbox.Network == nil || sandbox.Network.Ip == "" {
		return nil
	}
	ips := []string{sandbox.Network.Ip}
	for _, extra := range sandbox.Network.AdditionalIps {
		ips = append(ips, extra.Ip)
	}
	return ips
}

// Latest returns the newest container of a name, or nil.
func (p *Pod) Latest(name string) *runtimeapi.ContainerStatus {
	if p == nil {
		return nil
	}
	for _, container := range p.Containers {
		if Name(container) == name {
			return container
		}
	}
	return nil
}

// Previous returns the container of a name before the newest, or nil.
func (p *Pod) Previous(name string) *runtimeapi.ContainerStatus {
	if p == nil {
		return nil
	}
	seen := false
	for _, container := range p.Containers {
		if Name(container) != name {
			continue
		}
		if seen {
			return container
		}
		seen = true
	}
	return nil
}

// Current returns the newest container of a name if it is in the newest sandbox, or nil.
func (p *Pod) Current(name string) *runtimeapi.ContainerStatus {
	container, sandbox := p.Latest(name), p.Sandbox()
	if container == nil || sandbox == nil || p.SandboxOf[container.Id] != sandbox.Id {
		return nil
	}
	return container
}

// Running returns the containers that run now.
func (p *Pod) Running() []*runtimeapi.ContainerStatus {
	if p == nil {
		return nil
	}
	var running []*runtimeapi.ContainerStatus
	for _, container := range p.Containers {
		if container.State == runtimeapi.ContainerState_CONTAINER_RUNNING {
			running = append(running, container)
		}
	}
	return running
}

// Name returns the name of the container in its pod.
func Name(container *runtimeapi.ContainerStatus) string {
	if name := container.Labels[kubelettypes.KubernetesContainerNameLabel]; name != "" {
		return name
	}
	return container.Metadata.GetName()
}

// Attempt returns how often the container was started before.
func Attempt(container *runtimeapi.ContainerStatus) uint32 {
	if n, err := strconv.ParseUint(container.Annotations[RestartCountAnnotation], 10, 32); err == nil {
		return uint32(n)
	}
	return container.Metadata.GetAttempt()
}

// IsNotFound tells that the runtime does not know the object.
func IsNotFound(err error) bool { return status.Code(err) == codes.NotFound }
