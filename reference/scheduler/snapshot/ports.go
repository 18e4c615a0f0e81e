package snapshot

import corev1 "k8s.io/api/core/v1"

// HostPort is one port that a pod takes on its node.
type HostPort struct {
	IP       string // never empty; anyIP takes the port on every address
	Protocol corev1.Protocol
	Port     int32
}

const anyIP = "0.0.0.0"

// Conflicts says whether two pods of one node cannot both have these ports.
func (p HostPort) Conflicts(o HostPort) bool {
	return p.Port == o.Port && p.Protocol == o.Protocol &&
		(p.IP == o.IP || p.IP == anyIP || o.IP == anyIP)
}

func hostPorts(pod *corev1.Pod) []HostPort {
	var ports []HostPort
	add := func(containers []corev1.Container) {
		for i := range containers {
			for _, port := range containers[i].Ports {
				if port.HostPort > 0 {
					ports = append(ports, hostPort(port))
				}
			}
		}
	}
	add(pod.Spec.Containers)
	for i := range pod.Spec.InitContainers {
		if isSidecar(&pod.Spec.InitContainers[i]) {
			add(pod.Spec.InitContainers[i : i+1])
		}
	}
	return ports
}

func hostPort(port corev1.ContainerPort) HostPort {
	p := HostPort{IP: port.HostIP, Protocol: port.Protocol, Port: port.HostPort}
	if p.IP == "" {
		p.IP = anyIP
	}
	if p.Protocol == "" {
		p.Protocol = corev1.ProtocolTCP
	}
	return p
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}
