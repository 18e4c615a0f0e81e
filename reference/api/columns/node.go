package columns

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
)

// Node are the columns of nodes.
func Node() []Column {
	info := func(name, description string, get func(*corev1.NodeSystemInfo) string) Column {
		return wide(text(name, description, func(n *corev1.Node) string { return or(get(&n.Status.NodeInfo), unknown) }))
	}
	return named[corev1.Node](
		text("Status", "Whether the node is ready, and takes pods.", nodeStatus),
		text("Roles", "Roles of the node, from its labels.", nodeRoles),
		age[corev1.Node](),
		text("Version", "Version of the kubelet.", func(n *corev1.Node) string { return n.Status.NodeInfo.KubeletVersion }),
		wide(text("Internal-IP", "Address in the cluster.", func(n *corev1.Node) string { return nodeAddress(n, corev1.NodeInternalIP) })),
		wide(text("External-IP", "Address from outside.", func(n *corev1.Node) string { return nodeAddress(n, corev1.NodeExternalIP) })),
		info("OS-Image", "Operating system.", func(i *corev1.NodeSystemInfo) string { return i.OSImage }),
		wide(text("Kernel-Version", "Kernel and architecture.", kernel)),
		info("Container-Runtime", "Container runtime and its version.", func(i *corev1.NodeSystemInfo) string { return i.ContainerRuntimeVersion }),
	)
}

func nodeStatus(n *corev1.Node) string {
	status := "Unknown"
	for _, c := range n.Status.Conditions {
		if c.Type != corev1.NodeReady {
			continue
		}
		status = "NotReady"
		if c.Status == corev1.ConditionTrue {
			status = "Ready"
		}
	}
	if n.Spec.Unschedulable {
		status += ",SchedulingDisabled"
	}
	return status
}

func nodeRoles(n *corev1.Node) string {
	var roles []string
	for key, value := range n.Labels {
		role, prefixed := strings.CutPrefix(key, "node-role.kubernetes.io/")
		switch {
		case prefixed && role != "":
			roles = append(roles, role)
		case key == "kubernetes.io/role" && value != "":
			roles = append(roles, value)
		}
	}
	slices.Sort(roles)
	return or(strings.Join(slices.Compact(roles), ","), none)
}

func nodeAddress(n *corev1.Node, kind corev1.NodeAddressType) string {
	for _, a := range n.Status.Addresses {
		if a.Type == kind {
			return a.Address
		}
	}
	return none
}

func kernel(n *corev1.Node) string {
	version := or(n.Status.NodeInfo.KernelVersion, unknown)
	if arch := n.Status.NodeInfo.Architecture; arch != "" {
		version += " (" + arch + ")"
	}
	return version
}

// RuntimeClass are the columns of runtime classes.
func RuntimeClass() []Column {
	return named[nodev1.RuntimeClass](
		text("Handler", "Handler of the container runtime.", func(c *nodev1.RuntimeClass) string { return c.Handler }),
		age[nodev1.RuntimeClass](),
	)
}
