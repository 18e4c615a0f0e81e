package node

import (
	"context"
	"runtime"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const maxImages = 50

// health is what the runtime says of itself.
type health struct {
	version  *runtimeapi.VersionResponse
	handlers []corev1.NodeRuntimeHandler
	features *runtimeapi.RuntimeFeatures
	// problem is empty when pods can run.
	problem string
	images  []corev1.ContainerImage
}

// look asks the runtime.
func (n *Node) look(ctx context.Context) health {
	var h health
	version, err := n.CRI.Runtime.Version(ctx, &runtimeapi.VersionRequest{})
	if err != nil {
		h.problem = "container runtime is down: " + err.Error()
		return h
	}
	h.version = version
	answer, err := n.CRI.Runtime.Status(ctx, &runtimeapi.StatusRequest{})
	if err != nil {
		h.problem = "container runtime status check may not have completed yet: " + err.Error()
		return h
	}
	for _, condition := range answer.GetStatus().GetConditions() {
		if condition.Status {
			continue
		}
		switch condition.Type {
		case runtimeapi.RuntimeReady:
			h.problem = "container runtime not ready: " + condition.Reason + " " + condition.Message
		case runtimeapi.NetworkReady:
			h.problem = "container runtime network not ready: " + condition.Reason + " " + condition.Message
		}
	}
	for _, handler := range answer.RuntimeHandlers {
		h.handlers = append(h.handlers, corev1.NodeRuntimeHandler{Name: handler.Name, Features: &corev1.NodeRuntimeHandlerFeatures{
			RecursiveReadOnlyMounts: new(handler.GetFeatures().GetRecursiveReadOnlyMounts()),
			UserNamespaces:          new(handler.GetFeatures().GetUserNamespaces()),
		}})
	}
	h.features = answer.Features
	h.images = n.images(ctx)
	return h
}

// images are the largest on the node; the scheduler prefers nodes that have what a pod needs.
func (n *Node) images(ctx context.Context) []corev1.ContainerImage {
	list, err := n.CRI.Images.ListImages(ctx, &runtimeapi.ListImagesRequest{})
	if err != nil {
		return nil
	}
	slices.SortFunc(list.Images, func(a, b *runtimeapi.Image) int {
		if a.Size != b.Size {
			return int(int64(b.Size) - int64(a.Size))
		}
		return slices.Compare(a.RepoTags, b.RepoTags)
	})
	var out []corev1.ContainerImage
	for _, image := range list.Images[:min(len(list.Images), maxImages)] {
		names := slices.Concat(image.RepoDigests, image.RepoTags)
		out = append(out, corev1.ContainerImage{Names: names[:min(len(names), 5)], SizeBytes: int64(image.Size)})
	}
	return out
}

// fill writes what this node knows over a status. What others put there stays, extended resources too.
func (n *Node) fill(status *corev1.NodeStatus, h health, now time.Time) {
	if status.Capacity == nil {
		status.Capacity = corev1.ResourceList{}
	}
	if status.Allocatable == nil {
		status.Allocatable = corev1.ResourceList{}
	}
	for name, quantity := range n.Machine.Capacity(n.MaxPods) {
		setQuantity(status.Capacity, name, quantity)
	}
	for name, quantity := range n.Machine.Allocatable(n.MaxPods) {
		setQuantity(status.Allocatable, name, quantity)
	}
	n.followForeign(status)
	status.Addresses = n.addresses()
	status.DaemonEndpoints.KubeletEndpoint.Port = n.Port
	status.NodeInfo = n.info(h)
	if h.images != nil {
		status.Images = h.images
	}
	if h.handlers != nil {
		status.RuntimeHandlers = h.handlers
	}
	if h.features != nil {
		status.Features = &corev1.NodeFeatures{SupplementalGroupsPolicy: new(h.features.SupplementalGroupsPolicy)}
	}
	n.conditions(status, h, now)
}

// followForeign makes all of a resource that others added allocatable, and none of one they took away.
func (n *Node) followForeign(status *corev1.NodeStatus) {
	own := n.Machine.Capacity(n.MaxPods)
	for name := range status.Allocatable {
		if _, there := status.Capacity[name]; !there {
			delete(status.Allocatable, name)
		}
	}
	for name, quantity := range status.Capacity {
		if _, ours := own[name]; !ours {
			setQuantity(status.Allocatable, name, quantity)
		}
	}
}

// setQuantity keeps the spelling of an equal quantity, so that it is no change.
func setQuantity(list corev1.ResourceList, name corev1.ResourceName, quantity resource.Quantity) {
	if old, ok := list[name]; !ok || old.Cmp(quantity) != 0 {
		list[name] = quantity
	}
}

func (n *Node) addresses() []corev1.NodeAddress {
	var out []corev1.NodeAddress
	for _, ip := range n.IPs {
		out = append(out, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: ip})
	}
	return append(out, corev1.NodeAddress{Type: corev1.NodeHostName, Address: n.Name})
}

func (n *Node) info(h health) corev1.NodeSystemInfo {
	info := corev1.NodeSystemInfo{
		MachineID: n.Machine.MachineID, SystemUUID: n.Machine.SystemUUID, BootID: n.Machine.BootID,
		KernelVersion: n.Machine.Kernel, OSImage: n.Machine.OS, OperatingSystem: runtime.GOOS, Architecture: runtime.GOARCH,
		KubeletVersion: n.Version,
	}
	if h.version != nil {
		info.ContainerRuntimeVersion = h.version.RuntimeName + "://" + h.version.RuntimeVersion
	}
	return info
}

func (n *Node) conditions(status *corev1.NodeStatus, h health, now time.Time) {
	set := func(kind corev1.NodeConditionType, is corev1.ConditionStatus, reason, message string) {
		setCondition(status, corev1.NodeCondition{Type: kind, Status: is, Reason: reason, Message: message}, now)
	}
	set(corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available")
	set(corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure")
	set(corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available")
	if h.problem == "" {
		set(corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status")
		return
	}
	set(corev1.NodeReady, corev1.ConditionFalse, "KubeletNotReady", h.problem)
}

func setCondition(status *corev1.NodeStatus, condition corev1.NodeCondition, now time.Time) {
	stamp := metav1.NewTime(now).Rfc3339Copy()
	condition.LastHeartbeatTime, condition.LastTransitionTime = stamp, stamp
	for i := range status.Conditions {
		old := &status.Conditions[i]
		if old.Type != condition.Type {
			continue
		}
		if old.Status == condition.Status {
			condition.LastTransitionTime = old.LastTransitionTime
		}
		*old = condition
		return
	}
	status.Conditions = append(status.Conditions, condition)
}
