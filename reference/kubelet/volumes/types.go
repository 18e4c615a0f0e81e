package volumes

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/component-helpers/resource"

	"github.com/seatrial/seatrial/reference/kubelet/objects"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/atomic"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/claim"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/hostpath"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/projected"
)

// dir is where tools that look into a node expect the volume.
func (v *Volumes) dir(pod *corev1.Pod, kind string, volume *corev1.Volume) string {
	return filepath.Join(v.PodDir(pod.UID), "volumes", "kubernetes.io~"+kind, volume.Name)
}

func (v *Volumes) setUpProjected(ctx context.Context, pod *corev1.Pod, volume *corev1.Volume, source *corev1.ProjectedVolumeSource, reader objects.Reader) (Mounted, time.Time, error) {
	sources := projected.Sources{Objects: reader, Tokens: v.Tokens, Allocatable: v.allocatable()}
	files, err := sources.Collect(ctx, pod, source)
	if err != nil {
		return Mounted{}, time.Time{}, err
	}
	dir := v.dir(pod, kindOf(volume), volume)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Mounted{}, time.Time{}, fmt.Errorf("make directory: %w", err)
	}
	// Secrets never reach a disk.
	if volume.Secret != nil || volume.Projected != nil {
		if err := v.Mounter.Tmpfs(dir, 0); err != nil {
			return Mounted{}, time.Time{}, err
		}
	}
	own := fsGroup(pod, true)
	if own != nil {
		info, err := os.Stat(dir)
		if err != nil {
			return Mounted{}, time.Time{}, fmt.Errorf("look at directory: %w", err)
		}
		if err := own(dir, info); err != nil {
			return Mounted{}, time.Time{}, err
		}
	}
	if _, err := atomic.Write(dir, files.Files, v.Clock.Now(), own); err != nil {
		return Mounted{}, time.Time{}, err
	}
	return Mounted{Path: dir, ReadOnly: true}, files.Refresh, nil
}

func kindOf(volume *corev1.Volume) string {
	switch {
	case volume.ConfigMap != nil:
		return "configmap"
	case volume.Secret != nil:
		return "secret"
	case volume.DownwardAPI != nil:
		return "downward-api"
	}
	return "projected"
}

func (v *Volumes) setUpEmptyDir(pod *corev1.Pod, volume *corev1.Volume) (Mounted, error) {
	dir := v.dir(pod, "empty-dir", volume)
	_, statErr := os.Stat(dir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return Mounted{}, fmt.Errorf("make directory: %w", err)
	}
	if volume.EmptyDir.Medium == corev1.StorageMediumMemory {
		if err := v.Mounter.Tmpfs(dir, memorySize(pod, volume.EmptyDir, v.allocatable())); err != nil {
			return Mounted{}, err
		}
	} else if volume.EmptyDir.Medium != corev1.StorageMediumDefault {
		return Mounted{}, fmt.Errorf("medium %q is not supported by this kubelet", volume.EmptyDir.Medium)
	}
	if statErr == nil {
		return Mounted{Path: dir}, nil // made before; what the containers did to it stays
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		return Mounted{}, fmt.Errorf("set mode: %w", err)
	}
	if own := fsGroup(pod, false); own != nil {
		info, err := os.Stat(dir)
		if err != nil {
			return Mounted{}, fmt.Errorf("look at directory: %w", err)
		}
		if err := own(dir, info); err != nil {
			return Mounted{}, err
		}
	}
	return Mounted{Path: dir}, nil
}

// memorySize is the least of the volume's limit, the pod's memory limit and the node's memory.
func memorySize(pod *corev1.Pod, source *corev1.EmptyDirVolumeSource, allocatable corev1.ResourceList) int64 {
	size := allocatable.Memory().Value()
	if limit := podMemoryLimit(pod); limit > 0 && (size == 0 || limit < size) {
		size = limit
	}
	if source.SizeLimit != nil && !source.SizeLimit.IsZero() && (size == 0 || source.SizeLimit.Value() < size) {
		size = source.SizeLimit.Value()
	}
	return size
}

// podMemoryLimit is 0 unless every container has a limit.
func podMemoryLimit(pod *corev1.Pod) int64 {
	for i := range pod.Spec.Containers {
		if pod.Spec.Containers[i].Resources.Limits.Memory().IsZero() {
			return 0
		}
	}
	limits := resource.PodLimits(pod, resource.PodResourcesOptions{})
	return limits.Memory().Value()
}

func (v *Volumes) setUpHostPath(source *corev1.HostPathVolumeSource) (Mounted, error) {
	if err := hostpath.Prepare(source); err != nil {
		return Mounted{}, err
	}
	return Mounted{Path: source.Path}, nil
}

func (v *Volumes) setUpClaim(ctx context.Context, pod *corev1.Pod, volume *corev1.Volume) (Mounted, error) {
	resolved, err := claim.Resolve(ctx, v.Client, pod, volume, v.Node())
	if err != nil {
		return Mounted{}, err
	}
	if resolved.HostPath != nil {
		if err := hostpath.Prepare(resolved.HostPath); err != nil {
			return Mounted{}, err
		}
	} else if _, err := os.Stat(resolved.Path); err != nil {
		return Mounted{}, fmt.Errorf("use local volume: %w", err)
	}
	if context := pod.Spec.SecurityContext; resolved.Owned && context != nil && context.FSGroup != nil {
		if err := atomic.GroupTree(resolved.Path, *context.FSGroup); err != nil {
			return Mounted{}, err
		}
	}
	return Mounted{Path: resolved.Path, ReadOnly: resolved.ReadOnly}, nil
}

func fsGroup(pod *corev1.Pod, readOnly bool) func(string, os.FileInfo) error {
	if context := pod.Spec.SecurityContext; context != nil && context.FSGroup != nil {
		return atomic.Group(*context.FSGroup, readOnly)
	}
	return nil
}

func (v *Volumes) allocatable() corev1.ResourceList {
	if node := v.Node(); node != nil {
		return node.Status.Allocatable
	}
	return nil
}
