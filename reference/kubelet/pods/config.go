package pods

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/criconfig"
	"github.com/seatrial/seatrial/reference/kubelet/env"
	"github.com/seatrial/seatrial/reference/kubelet/names"
	"github.com/seatrial/seatrial/reference/kubelet/volumes"
)

// withAddresses is the pod as its containers see it through the downward API.
func withAddresses(pod *corev1.Pod, ips, hostIPs []string) *corev1.Pod {
	pod = pod.DeepCopy()
	if pod.Spec.HostNetwork {
		ips = hostIPs
	}
	pod.Status.PodIPs, pod.Status.HostIPs = nil, nil
	for _, ip := range ips {
		pod.Status.PodIPs = append(pod.Status.PodIPs, corev1.PodIP{IP: ip})
	}
	for _, ip := range hostIPs {
		pod.Status.HostIPs = append(pod.Status.HostIPs, corev1.HostIP{IP: ip})
	}
	if len(ips) > 0 {
		pod.Status.PodIP = ips[0]
	}
	if len(hostIPs) > 0 {
		pod.Status.HostIP = hostIPs[0]
	}
	return pod
}

// containerConfig puts together what the runtime is asked to run.
func (w *worker) containerConfig(ctx context.Context, pod *corev1.Pod, observed *cri.Pod, sandbox *runtimeapi.PodSandboxConfig, s start, image *runtimeapi.Image) (*runtimeapi.ContainerConfig, error) {
	user := criconfig.ImageUser{Name: image.Username}
	if image.Uid != nil {
		user.UID = &image.Uid.Value
	}
	if err := criconfig.CheckNonRoot(pod, s.container, user); err != nil {
		return nil, err
	}
	set, err := w.volumesOf()
	if err != nil {
		return nil, err
	}
	vars, err := w.variables(ctx, pod, s.container, set)
	if err != nil {
		return nil, err
	}
	mounts, err := w.mounts(ctx, pod, sandbox, s.container, set, vars)
	if err != nil {
		return nil, err
	}
	message, err := w.messageFile(pod, s)
	if err != nil {
		return nil, err
	}
	if message != "" {
		mounts = append(mounts, &runtimeapi.Mount{ContainerPath: s.container.TerminationMessagePath, HostPath: message})
	}
	users := sandbox.GetLinux().GetSecurityContext().GetNamespaceOptions().GetUsernsOptions()
	for _, mount := range mounts {
		mount.UidMappings, mount.GidMappings = users.GetUids(), users.GetGids()
	}
	container := criconfig.Container{
		Attempt: s.attempt, ImageRef: image.Id, ImageUser: user, Env: vars, Mounts: mounts, NodeMemory: w.NodeMemory,
		CgroupV2: w.Cgroups.V2(), Profiles: w.Profiles, MessagePath: message, Users: users,
	}
	if s.target != "" {
		target := observed.Current(s.target)
		if target == nil {
			return nil, fmt.Errorf("find target container %q: it does not run", s.target)
		}
		container.TargetID = target.Id
	}
	if err := os.MkdirAll(filepath.Join(w.logDirectory(pod), s.container.Name), 0o755); err != nil {
		return nil, fmt.Errorf("make log directory: %w", err)
	}
	return container.Config(pod, s.container), nil
}

func (w *worker) variables(ctx context.Context, pod *corev1.Pod, container *corev1.Container, set *volumes.Set) ([]env.Var, error) {
	source := env.Source{
		Objects: w.Objects, Services: w.visibleServices(pod),
		File: func(volume, path string) (map[string]string, bool, error) { return readEnvFile(set, volume, path) },
	}
	if node := w.Node(); node != nil {
		source.Allocatable = node.Status.Allocatable
	}
	vars, skipped, err := source.Make(ctx, pod, container)
	if len(skipped) > 0 {
		w.event(corev1.EventTypeWarning, "InvalidEnvironmentVariableNames", fmt.Sprintf(
			"Keys [%s] from the EnvFrom sources were skipped since they are considered invalid environment variable names.", strings.Join(skipped, ", ")))
	}
	return vars, err
}

// visibleServices are those of the namespace, unless the pod does not want them, and always the API server's.
func (w *worker) visibleServices(pod *corev1.Pod) []*corev1.Service {
	var out []*corev1.Service
	for _, service := range w.Services(corev1.NamespaceDefault) {
		if service.Name == "kubernetes" {
			out = append(out, service)
		}
	}
	if pod.Spec.EnableServiceLinks != nil && !*pod.Spec.EnableServiceLinks {
		return out
	}
	for _, service := range w.Services(pod.Namespace) {
		if service.Namespace != corev1.NamespaceDefault || service.Name != "kubernetes" {
			out = append(out, service)
		}
	}
	return out
}

func (w *worker) mounts(ctx context.Context, pod *corev1.Pod, sandbox *runtimeapi.PodSandboxConfig, container *corev1.Container, set *volumes.Set, vars []env.Var) ([]*runtimeapi.Mount, error) {
	images, err := w.imageVolumes(ctx, pod, sandbox, container, set)
	if err != nil {
		return nil, err
	}
	mounts, err := w.Volumes.Mounts(pod, container, set, env.Lookup(vars), images)
	if err != nil {
		return nil, err
	}
	for _, mount := range mounts {
		if filepath.Clean(mount.ContainerPath) == "/etc/hosts" {
			return mounts, nil // the pod brings its own
		}
	}
	hosts := &runtimeapi.Mount{ContainerPath: "/etc/hosts", HostPath: w.hostsFile(pod)}
	if context := container.SecurityContext; context != nil && context.ReadOnlyRootFilesystem != nil {
		hosts.Readonly = *context.ReadOnlyRootFilesystem
	}
	return append(mounts, hosts), nil
}

// imageVolumes makes the images of image volumes present.
func (w *worker) imageVolumes(ctx context.Context, pod *corev1.Pod, sandbox *runtimeapi.PodSandboxConfig, container *corev1.Container, set *volumes.Set) (map[string]*runtimeapi.ImageSpec, error) {
	out := map[string]*runtimeapi.ImageSpec{}
	for _, mount := range container.VolumeMounts {
		source := set.Mounted[mount.Name].Image
		if source == nil || out[mount.Name] != nil {
			continue
		}
		image, err := w.pullImage(ctx, pod, sandbox, container, source.Reference, source.PullPolicy)
		if err != nil {
			return nil, err
		}
		out[mount.Name] = &runtimeapi.ImageSpec{Image: image.Id, UserSpecifiedImage: source.Reference}
	}
	return out, nil
}

func (w *worker) hostsFile(pod *corev1.Pod) string {
	return filepath.Join(w.Volumes.PodDir(pod.UID), "etc-hosts")
}

// writeHosts writes in place: containers that run have the file mounted.
func (w *worker) writeHosts(pod *corev1.Pod) error {
	host, err := w.Names.HostOf(pod)
	if err != nil {
		return err
	}
	var node []byte
	if pod.Spec.HostNetwork {
		if node, err = os.ReadFile("/etc/hosts"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("read the node's hosts file: %w", err)
		}
	}
	var ips []string
	for _, ip := range pod.Status.PodIPs {
		ips = append(ips, ip.IP)
	}
	path := w.hostsFile(pod)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("make pod directory: %w", err)
	}
	return os.WriteFile(path, names.Hosts(pod, host, ips, node), 0o644)
}

// messageFile makes the file that the container may leave its last words in.
func (w *worker) messageFile(pod *corev1.Pod, s start) (string, error) {
	if s.container.TerminationMessagePath == "" {
		return "", nil
	}
	path := filepath.Join(w.Volumes.PodDir(pod.UID), "containers", s.container.Name, strconv.Itoa(int(s.attempt)))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return "", fmt.Errorf("make directory for the termination message: %w", err)
	}
	if err := os.WriteFile(path, nil, 0o666); err != nil {
		return "", fmt.Errorf("make file for the termination message: %w", err)
	}
	return path, os.Chmod(path, 0o666) // any user of the container writes it
}

// readEnvFile reads NAME=VALUE lines; empty lines and comments are skipped.
func readEnvFile(set *volumes.Set, volume, path string) (map[string]string, bool, error) {
	mounted, ok := set.Mounted[volume]
	if !ok || mounted.Path == "" {
		return nil, false, fmt.Errorf("the pod has no such volume")
	}
	root, err := os.OpenRoot(mounted.Path)
	if err != nil {
		return nil, false, err
	}
	defer root.Close()
	data, err := root.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	values := map[string]string{}
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, found := strings.Cut(line, "=")
		if !found {
			return nil, true, fmt.Errorf("a line is not NAME=VALUE")
		}
		values[strings.TrimSpace(name)] = unquote(strings.TrimSpace(value))
	}
	return values, true, nil
}

func unquote(value string) string {
	if len(value) >= 2 && value[0] == value[len(value)-1] && (value[0] == '\'' || value[0] == '"') {
		return value[1 : len(value)-1]
	}
	return value
}
