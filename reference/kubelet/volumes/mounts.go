package volumes

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/env"
	"github.com/seatrial/seatrial/reference/kubelet/volumes/subpath"
)

// Mounts translates the volume mounts of a container. lookup has its variables, for subPathExpr.
// images has the references of image volumes, by volume name.
func (v *Volumes) Mounts(pod *corev1.Pod, container *corev1.Container, set *Set, lookup func(string) (string, bool), images map[string]*runtimeapi.ImageSpec) ([]*runtimeapi.Mount, error) {
	var mounts []*runtimeapi.Mount
	for i := range container.VolumeMounts {
		request := &container.VolumeMounts[i]
		mounted, ok := set.Mounted[request.Name]
		if !ok {
			return nil, fmt.Errorf("mount volume %q: the pod has no such volume", request.Name)
		}
		mount, err := v.mountOf(pod, container, i, mounted, lookup)
		if err != nil {
			return nil, fmt.Errorf("mount volume %q: %w", request.Name, err)
		}
		if mounted.Image != nil {
			mount.Image = images[request.Name]
		}
		mounts = append(mounts, mount)
	}
	return mounts, nil
}

func (v *Volumes) mountOf(pod *corev1.Pod, container *corev1.Container, index int, mounted Mounted, lookup func(string) (string, bool)) (*runtimeapi.Mount, error) {
	request := &container.VolumeMounts[index]
	mount := &runtimeapi.Mount{
		ContainerPath:     request.MountPath,
		HostPath:          mounted.Path,
		Readonly:          request.ReadOnly || mounted.ReadOnly,
		Propagation:       propagation(request),
		RecursiveReadOnly: request.RecursiveReadOnly != nil && *request.RecursiveReadOnly == corev1.RecursiveReadOnlyEnabled,
	}
	if !filepath.IsAbs(mount.ContainerPath) {
		mount.ContainerPath = "/" + mount.ContainerPath
	}
	sub, err := subPath(request, lookup)
	if err != nil || sub == "" {
		return mount, err
	}
	if mounted.Image != nil {
		mount.ImageSubPath = sub
		return mount, nil
	}
	if err := ensureDir(mounted.Path); err != nil {
		return nil, err
	}
	target := filepath.Join(v.PodDir(pod.UID), "volume-subpaths", request.Name, container.Name, strconv.Itoa(index))
	if err := subpath.Bind(v.Mounter, mounted.Path, sub, target); err != nil {
		return nil, err
	}
	mount.HostPath = target
	return mount, nil
}

// subPath is the path within the volume, with the variables of the container filled in.
func subPath(request *corev1.VolumeMount, lookup func(string) (string, bool)) (string, error) {
	if request.SubPathExpr == "" {
		return request.SubPath, nil
	}
	var missing string
	path := env.Expand(request.SubPathExpr, func(name string) (string, bool) {
		value, ok := lookup(name)
		if !ok && missing == "" {
			missing = name
		}
		return value, ok
	})
	if missing != "" {
		return "", fmt.Errorf("expand subPathExpr %q: missing value for %q", request.SubPathExpr, missing)
	}
	if filepath.IsAbs(path) {
		return "", fmt.Errorf("expand subPathExpr %q: error: the path %q must not be absolute", request.SubPathExpr, path)
	}
	if !filepath.IsLocal(path) {
		return "", fmt.Errorf("expand subPathExpr %q: the path %q must stay in the volume", request.SubPathExpr, path)
	}
	return path, nil
}

// ensureDir makes the path of a hostPath volume without a type, as the runtime would.
func ensureDir(path string) error {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(path, fs.FileMode(0o755)); err != nil {
		return fmt.Errorf("make directory %q: %w", path, err)
	}
	return nil
}

func propagation(request *corev1.VolumeMount) runtimeapi.MountPropagation {
	if request.MountPropagation == nil {
		return runtimeapi.MountPropagation_PROPAGATION_PRIVATE
	}
	switch *request.MountPropagation {
	case corev1.MountPropagationBidirectional:
		return runtimeapi.MountPropagation_PROPAGATION_BIDIRECTIONAL
	case corev1.MountPropagationHostToContainer:
		return runtimeapi.MountPropagation_PROPAGATION_HOST_TO_CONTAINER
	}
	return runtimeapi.MountPropagation_PROPAGATION_PRIVATE
}
