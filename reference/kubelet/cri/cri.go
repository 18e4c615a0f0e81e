// Package cri reads what a container runtime runs for each pod.
//
// The runtime is the only memory of the node agent: pods, containers and attempts are found again
// by their labels after a restart, so that running containers are adopted and not started twice.
package cri

import (
	"context"
	"fmt"
	"slices"

	"google.golang.org/grpc"
	"k8s.io/apimachinery/pkg/types"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	kubelettypes "k8s.io/kubelet/pkg/types"
)

// Client is a connection to a runtime that speaks CRI v1.
type Client struct {
	Runtime runtimeapi.RuntimeServiceClient
	Images  runtimeapi.ImageServiceClient
}

// NewClient speaks CRI over an open connection.
func NewClient(conn grpc.ClientConnInterface) *Client {
	return &Client{Runtime: runtimeapi.NewRuntimeServiceClient(conn), Images: runtimeapi.NewImageServiceClient(conn)}
}

// Observe returns the sandboxes and containers of one pod. A pod without any is empty, not an error.
func (c *Client) Observe(ctx context.Context, uid types.UID) (*Pod, error) {
	selector := map[string]string{kubelettypes.KubernetesPodUIDLabel: string(uid)}
	sandboxes, err := c.Runtime.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{
		Filter: &runtimeapi.PodSandboxFilter{LabelSelector: selector},
	})
	if err != nil {
		return nil, fmt.Errorf("list sandboxes of pod %q: %w", uid, err)
	}
	containers, err := c.Runtime.ListContainers(ctx, &runtimeapi.ListContainersRequest{
		Filter: &runtimeapi.ContainerFilter{LabelSelector: selector},
	})
	if err != nil {
		return nil, fmt.Errorf("list containers of pod %q: %w", uid, err)
	}
	pod := &Pod{UID: uid, SandboxOf: map[string]string{}}
	for _, sandbox := range sandboxes.Items {
		if err := c.addSandbox(ctx, pod, sandbox.Id); err != nil {
			return nil, err
		}
	}
	for _, container := range containers.Containers {
		if err := c.addContainer(ctx, pod, container.Id); err != nil {
			return nil, err
		}
		pod.SandboxOf[container.Id] = container.PodSandboxId
	}
	pod.sort()
	return pod, nil
}

func (c *Client) addSandbox(ctx context.Context, pod *Pod, id string) error {
	answer, err := c.Runtime.PodSandboxStatus(ctx, &runtimeapi.PodSandboxStatusRequest{PodSandboxId: id})
	if IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read sandbox %q: %w", id, err)
	}
	pod.Sandboxes = append(pod.Sandboxes, answer.Status)
	return nil
}

func (c *Client) addContainer(ctx context.Context, pod *Pod, id string) error {
	answer, err := c.Runtime.ContainerStatus(ctx, &runtimeapi.ContainerStatusRequest{ContainerId: id})
	if IsNotFound(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read container %q: %w", id, err)
	}
	pod.Containers = append(pod.Containers, answer.Status)
	return nil
}

// UIDs returns the pods the runtime knows, alive or not.
func (c *Client) UIDs(ctx context.Context) ([]types.UID, error) {
	sandboxes, err := c.Runtime.ListPodSandbox(ctx, &runtimeapi.ListPodSandboxRequest{})
	if err != nil {
		return nil, fmt.Errorf("list sandboxes: %w", err)
	}
	containers, err := c.Runtime.ListContainers(ctx, &runtimeapi.ListContainersRequest{})
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var uids []types.UID
	for _, sandbox := range sandboxes.Items {
		uids = append(uids, types.UID(sandbox.Labels[kubelettypes.KubernetesPodUIDLabel]))
	}
	for _, container := range containers.Containers {
		uids = append(uids, types.UID(container.Labels[kubelettypes.KubernetesPodUIDLabel]))
	}
	slices.Sort(uids)
	uids = slices.Compact(uids)
	return slices.DeleteFunc(uids, func(uid types.UID) bool { return uid == "" }), nil
}
