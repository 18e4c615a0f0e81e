package columns

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

// listed is how many ports or addresses a cell lists.
const listed = 3

// Service are the columns of services.
func Service() []Column {
	return named[corev1.Service](
		text("Type", "How the service is exposed.", func(s *corev1.Service) string { return string(s.Spec.Type) }),
		text("Cluster-IP", "Address in the cluster.", clusterIP),
		text("External-IP", "Addresses from outside.", externalIP),
		text("Port(s)", "Ports, with the port of the node if there is one.", servicePorts),
		age[corev1.Service](),
		wide(text("Selector", "Labels of the pods behind the service.", func(s *corev1.Service) string { return labelSet(s.Spec.Selector) })),
	)
}

func clusterIP(s *corev1.Service) string {
	if len(s.Spec.ClusterIPs) > 0 {
		return s.Spec.ClusterIPs[0]
	}
	return or(s.Spec.ClusterIP, none)
}

func externalIP(s *corev1.Service) string {
	switch s.Spec.Type {
	case corev1.ServiceTypeExternalName:
		return s.Spec.ExternalName
	case corev1.ServiceTypeLoadBalancer:
		var addresses []string
		for _, i := range s.Status.LoadBalancer.Ingress {
			addresses = append(addresses, or(i.IP, i.Hostname))
		}
		return or(strings.Join(append(addresses, s.Spec.ExternalIPs...), ","), "<pending>")
	default:
		return or(strings.Join(s.Spec.ExternalIPs, ","), none)
	}
}

func servicePorts(s *corev1.Service) string {
	var ports []string
	for _, p := range s.Spec.Ports {
		if p.NodePort > 0 {
			ports = append(ports, fmt.Sprintf("%d:%d/%s", p.Port, p.NodePort, p.Protocol))
		} else {
			ports = append(ports, fmt.Sprintf("%d/%s", p.Port, p.Protocol))
		}
	}
	return or(strings.Join(ports, ","), none)
}

// Endpoints are the columns of endpoints.
func Endpoints() []Column {
	return named[corev1.Endpoints](
		text("Endpoints", "First addresses that are ready.", func(e *corev1.Endpoints) string {
			return or(first(listed, ",", endpoints(e)), none)
		}),
		age[corev1.Endpoints](),
	)
}

func endpoints(e *corev1.Endpoints) []string {
	var list []string
	for _, subset := range e.Subsets {
		if len(subset.Ports) == 0 {
			for _, a := range subset.Addresses {
				list = append(list, a.IP)
			}
		}
		for _, p := range subset.Ports {
			for _, a := range subset.Addresses {
				list = append(list, net.JoinHostPort(a.IP, strconv.Itoa(int(p.Port))))
			}
		}
	}
	return list
}

// EndpointSlice are the columns of endpoint slices.
func EndpointSlice() []Column {
	return named[discoveryv1.EndpointSlice](
		text("AddressType", "Kind of addresses.", func(s *discoveryv1.EndpointSlice) string { return string(s.AddressType) }),
		text("Ports", "First ports.", func(s *discoveryv1.EndpointSlice) string {
			var ports []string
			for _, p := range s.Ports {
				switch {
				case p.Port != nil:
					ports = append(ports, strconv.Itoa(int(*p.Port)))
				case p.Name != nil && *p.Name != "":
					ports = append(ports, *p.Name)
				default:
					ports = append(ports, "*")
				}
			}
			return or(first(listed, ",", ports), unset)
		}),
		text("Endpoints", "First addresses.", func(s *discoveryv1.EndpointSlice) string {
			var addresses []string
			for _, e := range s.Endpoints {
				addresses = append(addresses, e.Addresses...)
			}
			return or(first(listed, ",", addresses), unset)
		}),
		age[discoveryv1.EndpointSlice](),
	)
}
