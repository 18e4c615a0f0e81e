package kubelettest

import (
	"context"
	"fmt"
	"time"

	"google.golang.org/grpc"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Version implements CRI.
func (r *Runtime) Version(context.Context, *runtimeapi.VersionRequest) (*runtimeapi.VersionResponse, error) {
	if r.FailVersion != nil {
		if err := r.FailVersion(); err != nil {
			return nil, err
		}
	}
	return &runtimeapi.VersionResponse{Version: "0.1.0", RuntimeName: "fake", RuntimeVersion: "1", RuntimeApiVersion: "v1"}, nil
}

// Status implements CRI.
func (r *Runtime) Status(context.Context, *runtimeapi.StatusRequest) (*runtimeapi.StatusResponse, error) {
	return &runtimeapi.StatusResponse{Status: &runtimeapi.RuntimeStatus{Conditions: []*runtimeapi.RuntimeCondition{
		{Type: runtimeapi.RuntimeReady, Status: true}, {Type: runtimeapi.NetworkReady, Status: true},
	}}}, nil
}

// RunPodSandbox implements CRI.
func (r *Runtime) RunPodSandbox(_ context.Context, request *runtimeapi.RunPodSandboxRequest) (*runtimeapi.RunPodSandboxResponse, error) {
	if err := r.called("RunPodSandbox", request.Config.Metadata.Name); err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.next++
	s := &sandbox{id: fmt.Sprintf("sandbox-%d", r.next), config: request.Config, ready: true, ip: fmt.Sprintf("10.1.0.%d", r.next), made: time.Now()}
	r.sandboxes[s.id] = s
	r.mu.Unlock()
	r.tell(s, runtimeapi.ContainerEventType_CONTAINER_STARTED_EVENT)
	return &runtimeapi.RunPodSandboxResponse{PodSandboxId: s.id}, nil
}

// StopPodSandbox implements CRI.
func (r *Runtime) StopPodSandbox(_ context.Context, request *runtimeapi.StopPodSandboxRequest) (*runtimeapi.StopPodSandboxResponse, error) {
	r.mu.Lock()
	s := r.sandboxes[request.PodSandboxId]
	r.mu.Unlock()
	if s == nil {
		return &runtimeapi.StopPodSandboxResponse{}, nil
	}
	if err := r.called("StopPodSandbox", s.config.Metadata.Name); err != nil {
		return nil, err
	}
	for _, c := range r.in(s) {
		c.end(137, "Error")
	}
	r.mu.Lock()
	s.ready = false
	r.mu.Unlock()
	r.tell(s, runtimeapi.ContainerEventType_CONTAINER_STOPPED_EVENT)
	return &runtimeapi.StopPodSandboxResponse{}, nil
}

// RemovePodSandbox implements CRI.
func (r *Runtime) RemovePodSandbox(_ context.Context, request *runtimeapi.RemovePodSandboxRequest) (*runtimeapi.RemovePodSandboxResponse, error) {
	r.mu.Lock()
	s := r.sandboxes[request.PodSandboxId]
	r.mu.Unlock()
	if s == nil {
		return &runtimeapi.RemovePodSandboxResponse{}, nil
	}
	if err := r.called("RemovePodSandbox", s.config.Metadata.Name); err != nil {
		return nil, err
	}
	for _, c := range r.in(s) {
		c.end(137, "Error")
		r.mu.Lock()
		delete(r.containers, c.ID)
		r.mu.Unlock()
	}
	r.mu.Lock()
	delete(r.sandboxes, s.id)
	r.mu.Unlock()
	return &runtimeapi.RemovePodSandboxResponse{}, nil
}

func (r *Runtime) in(s *sandbox) []*Container {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []*Container
	for _, c := range r.containers {
		if c.sandbox == s {
			out = append(out, c)
		}
	}
	return out
}

// ListPodSandbox implements CRI.
func (r *Runtime) ListPodSandbox(_ context.Context, request *runtimeapi.ListPodSandboxRequest) (*runtimeapi.ListPodSandboxResponse, error) {
	if r.Fail != nil {
		if err := r.Fail("ListPodSandbox"); err != nil {
			return nil, err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	answer := &runtimeapi.ListPodSandboxResponse{}
	for _, s := range r.sandboxes {
		if selects(request.Filter.GetLabelSelector(), s.config.Labels) {
			answer.Items = append(answer.Items, &runtimeapi.PodSandbox{
				Id: s.id, Metadata: s.config.Metadata, State: s.state(), CreatedAt: s.made.UnixNano(), Labels: s.config.Labels, Annotations: s.config.Annotations,
			})
		}
	}
	return answer, nil
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// PodSandboxStatus implements CRI.
func (r *Runtime) PodSandboxStatus(_ context.Context, request *runtimeapi.PodSandboxStatusRequest) (*runtimeapi.PodSandboxStatusResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.sandboxes[request.PodSandboxId]
	if s == nil {
		return nil, notFound("sandbox", request.PodSandboxId)
	}
	return &runtimeapi.PodSandboxStatusResponse{Status: s.status()}, nil
}

func (s *sandbox) state() runtimeapi.PodSandboxState {
	if s.ready {
		return runtimeapi.PodSandboxState_SANDBOX_READY
	}
	return runtimeapi.PodSandboxState_SANDBOX_NOTREADY
}

func (s *sandbox) status() *runtimeapi.PodSandboxStatus {
	out := &runtimeapi.PodSandboxStatus{
		Id: s.id, Metadata: s.config.Metadata, State: s.state(), CreatedAt: s.made.UnixNano(),
		Labels: s.config.Labels, Annotations: s.config.Annotations, Network: &runtimeapi.PodSandboxNetworkStatus{},
	}
	if s.ready {
		out.Network.Ip = s.ip
	}
	return out
}

// GetContainerEvents implements CRI.
func (r *Runtime) GetContainerEvents(_ *runtimeapi.GetEventsRequest, stream grpc.ServerStreamingServer[runtimeapi.ContainerEventResponse]) error {
	events := make(chan *runtimeapi.ContainerEventResponse, 1000)
	r.mu.Lock()
	r.listeners[events] = true
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.listeners, events)
	}()
	for {
		select {
		case <-stream.Context().Done():
			return nil
		case event := <-events:
			if err := stream.Send(event); err != nil {
				return err
			}
		}
	}
}
