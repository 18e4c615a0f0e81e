package runtime

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"strings"
	"syscall"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// removals is how many pods are taken down at a time; more only queue for the CPU.
const removals = 8

// RemoveAll stops and removes every pod, closes the runtime, and unmounts all that is mounted below its folders, so that they can
// be deleted. After a kill, Start and RemoveAll clean up what was left. Pods get no grace period.
func (rt *Runtime) RemoveAll(ctx context.Context) error {
	err := rt.removePods(ctx)
	err = errors.Join(err, rt.Close())
	return errors.Join(err, unmountBelow(rt.paths.state), unmountBelow(rt.paths.data))
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

// unmountBelow detaches every mount under dir in this mount namespace, the deepest and latest first.
func unmountBelow(dir string) error {
	mounts, err := mountinfo.GetMounts(func(m *mountinfo.Info) (skip, stop bool) {
		return m.Mountpoint != dir && !strings.HasPrefix(m.Mountpoint, dir+"/"), false
	})
	if err != nil {
		return fmt.Errorf("list mounts below %q: %w", dir, err)
	}
	sort.SliceStable(mounts, func(i, j int) bool { return mounts[i].ID > mounts[j].ID })
	var failed error
	for _, m := range mounts {
		if err := unix.Unmount(m.Mountpoint, unix.MNT_DETACH); err != nil && !errors.Is(err, syscall.EINVAL) {
			failed = errors.Join(failed, fmt.Errorf("unmount %q: %w", m.Mountpoint, err))
		}
	}
	return failed
}
