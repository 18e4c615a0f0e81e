package env

import (
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Services returns the variables that tell a container of services: NAME_SERVICE_HOST,
// NAME_SERVICE_PORT and the older NAME_PORT_... form. Headless services have none.
//
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
func Services(services []*corev1.Service) []Var {
	services = slices.Clone(services)
	slices.SortFunc(services, func(a, b *corev1.Service) int { return strings.Compare(a.Name, b.Name) })
	var vars []Var
	for _, service := range services {
		if service.Spec.ClusterIP == "" || service.Spec.ClusterIP == corev1.ClusterIPNone || len(service.Spec.Ports) == 0 {
			continue
		}
		vars = append(vars, serviceVars(service)...)
	}
	return vars
}

func serviceVars(service *corev1.Service) []Var {
	name, ip, ports := variable(service.Name), service.Spec.ClusterIP, service.Spec.Ports
	first := strconv.Itoa(int(ports[0].Port))
	vars := []Var{{name + "_SERVICE_HOST", ip}, {name + "_SERVICE_PORT", first}}
	for _, port := range ports {
		if port.Name != "" {
			vars = append(vars, Var{name + "_SERVICE_PORT_" + variable(port.Name), strconv.Itoa(int(port.Port))})
		}
	}
	vars = append(vars, Var{name + "_PORT", address(ports[0], ip)})
	for _, port := range ports {
		protocol, number := protocolOf(port), strconv.Itoa(int(port.Port))
		prefix := name + "_PORT_" + number + "_" + protocol
		vars = append(vars,
			Var{prefix, address(port, ip)},
			Var{prefix + "_PROTO", strings.ToLower(protocol)},
			Var{prefix + "_PORT", number},
			Var{prefix + "_ADDR", ip})
	}
	return vars
}

func address(port corev1.ServicePort, ip string) string {
	return strings.ToLower(protocolOf(port)) + "://" + net.JoinHostPort(ip, strconv.Itoa(int(port.Port)))
}

func protocolOf(port corev1.ServicePort) string {
	if port.Protocol == "" {
		return string(corev1.ProtocolTCP)
	}
	return string(port.Protocol)
}

func variable(name string) string { return strings.ToUpper(strings.ReplaceAll(name, "-", "_")) }
