package runtime

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// removals is how many pods are taken down at a time; more only queue for the CPU.
const removals = 8

// RemoveAll stops and removes every pod without a grace period, closes the runtime, and leaves no process and no mount of it, so
// that its folders can be deleted. Where containerd cannot remove a pod any more, its processes are killed all the same; the error
// then tells what could not be done in order.
func (rt *Runtime) RemoveAll(ctx context.Context) error {
	err := errors.Join(rt.removePods(ctx), rt.Close())
	return errors.Join(err, Sweep(ctx, rt.paths.data, rt.paths.state))
}

func (rt *Runtime) removePods(ctx context.Context) error {
	client := cri.NewRuntimeServiceClient(rt.conn)
	list, err := client.ListPodSandbox(ctx, &cri.ListPodSandboxRequest{})
	if err != nil {
		return fmt.Errorf("list pods: %w", err)
	}
	var group errgroup.Group
	group.SetLimit(removals)
	for _, pod := range list.GetItems() {
		group.Go(func() error {
			if _, err := client.StopPodSandbox(ctx, &cri.StopPodSandboxRequest{PodSandboxId: pod.GetId()}); err != nil {
				return fmt.Errorf("stop pod %s/%s: %w", pod.GetMetadata().GetNamespace(), pod.GetMetadata().GetName(), err)
			}
			if _, err := client.RemovePodSandbox(ctx, &cri.RemovePodSandboxRequest{PodSandboxId: pod.GetId()}); err != nil {
				return fmt.Errorf("remove pod %s/%s: %w", pod.GetMetadata().GetNamespace(), pod.GetMetadata().GetName(), err)
			}
			return nil
		})
	}
	return group.Wait()
}
