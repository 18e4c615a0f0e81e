package criconfig

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"maps"
	"path/filepath"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"

	"github.com/seatrial/seatrial/reference/kubelet/cri"
	"github.com/seatrial/seatrial/reference/kubelet/env"
)

// Container is what a container needs beside its spec.
type Container struct {
	Attempt    uint32
	ImageRef   string
	ImageUser  ImageUser
	Env        []env.Var
	Mounts     []*runtimeapi.Mount
	NodeMemory int64
	CgroupV2   bool
	Profiles   Profiles
	Users      *runtimeapi.UserNamespace
	// TargetID is the container whose processes an ephemeral container sees.
	TargetID string
	// MessagePath is the file on the host behind terminationMessagePath.
	MessagePath string
	Annotations map[string]string
}

// Config makes the configuration of a container.
func (c Container) Config(pod *corev1.Pod, container *corev1.Container) *runtimeapi.ContainerConfig {
	lookup := env.Lookup(c.Env)
	resources := Resources(container.Resources.Requests, container.Resources.Limits)
	resources.OomScoreAdj = OOMScore(pod, container, c.NodeMemory)
	if c.CgroupV2 && resources.MemoryLimitInBytes > 0 {
		resources.Unified = map[string]string{"memory.oom.group": "1"}
	}
	security := containerSecurity(pod, container, c.ImageUser, c.Profiles)
	security.NamespaceOptions = namespaces(pod, c.Users)
	if c.TargetID != "" && security.NamespaceOptions.Pid == runtimeapi.NamespaceMode_CONTAINER {
		security.NamespaceOptions.Pid = runtimeapi.NamespaceMode_TARGET
		security.NamespaceOptions.TargetId = c.TargetID
	}
	config := &runtimeapi.ContainerConfig{
		Metadata:    &runtimeapi.ContainerMetadata{Name: container.Name, Attempt: c.Attempt},
		Image:       &runtimeapi.ImageSpec{Image: c.ImageRef, UserSpecifiedImage: container.Image},
		Command:     env.ExpandAll(container.Command, lookup),
		Args:        env.ExpandAll(container.Args, lookup),
		WorkingDir:  container.WorkingDir,
		Mounts:      c.Mounts,
		Labels:      cri.ContainerLabels(pod, container.Name),
		Annotations: c.annotations(pod, container),
		LogPath:     filepath.Join(container.Name, strconv.Itoa(int(c.Attempt))+".log"),
		Stdin:       container.Stdin,
		StdinOnce:   container.StdinOnce,
		Tty:         container.TTY,
		Linux:       &runtimeapi.LinuxContainerConfig{Resources: resources, SecurityContext: security},
	}
	for _, v := range c.Env {
		config.Envs = append(config.Envs, &runtimeapi.KeyValue{Key: v.Name, Value: []byte(v.Value)})
	}
	if container.Lifecycle != nil && container.Lifecycle.StopSignal != nil {
		name := string(*container.Lifecycle.StopSignal)
		config.StopSignal = runtimeapi.Signal(runtimeapi.Signal_value[name])
	}
	return config
}

func (c Container) annotations(pod *corev1.Pod, container *corev1.Container) map[string]string {
	annotations := map[string]string{
		cri.HashAnnotation:              Hash(container),
		cri.RestartCountAnnotation:      strconv.Itoa(int(c.Attempt)),
		cri.MessagePathAnnotation:       container.TerminationMessagePath,
		cri.MessagePolicyAnnotation:     string(container.TerminationMessagePolicy),
		cri.MessageHostPathAnnotation:   c.MessagePath,
		cri.SpecifiedResourceAnnotation: EncodeResources(container.Resources),
	}
	if grace := pod.Spec.TerminationGracePeriodSeconds; grace != nil {
		annotations[cri.GracePeriodAnnotation] = strconv.FormatInt(*grace, 10)
	}
	maps.Copy(annotations, c.Annotations)
	return annotations
}

// Hash changes when the container must be started anew because its spec did. Of a running pod
// only the image of a container can change that way.
func Hash(container *corev1.Container) string {
	sum := fnv.New32a()
	fmt.Fprintf(sum, "%s\n%s", container.Name, container.Image)
	return strconv.FormatUint(uint64(sum.Sum32()), 16)
}

// EncodeResources writes the requests and limits a container was started or resized with.
func EncodeResources(resources corev1.ResourceRequirements) string {
	text, err := json.Marshal(resources)
	if err != nil {
		return "{}" // quantities always marshal
	}
	return string(text)
}
