package warnings

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// duplicates warns about lists of a pod that name something twice.
func duplicates(path *field.Path, spec *corev1.PodSpec) []string {
	var out []string
	ips := sets.New[string]()
	for i, alias := range spec.HostAliases {
		if ips.Has(alias.IP) {
			out = append(out, fmt.Sprintf("%s: duplicate ip %q", path.Child("hostAliases").Index(i).Child("ip"), alias.IP))
		}
		ips.Insert(alias.IP)
	}
	secrets := sets.New[string]()
	for i, secret := range spec.ImagePullSecrets {
		at := path.Child("imagePullSecrets").Index(i).Child("name")
		switch {
		case secret.Name == "":
			out = append(out, fmt.Sprintf("%s: invalid empty name %q", at, secret.Name))
		case secrets.Has(secret.Name):
			out = append(out, fmt.Sprintf("%s: duplicate name %q", at, secret.Name))
		}
		secrets.Insert(secret.Name)
	}
	return out
}

func container(path *field.Path, c *corev1.Container) []string {
	var out []string
	names := sets.New[string]()
	for i, e := range c.Env {
		if reference := "$(" + e.Name + ")"; names.Has(e.Name) && (e.Value == reference || !strings.Contains(e.Value, reference)) { // with more than the reference, it is meant
			out = append(out, fmt.Sprintf("%s: hides previous definition of %q, which may be dropped when using apply", path.Child("env").Index(i), e.Name))
		}
		names.Insert(e.Name)
	}
	out = append(out, fractions(path.Child("resources", "requests"), c.Resources.Requests)...)
	return append(out, fractions(path.Child("resources", "limits"), c.Resources.Limits)...)
}

// fractions warns about parts of a byte.
func fractions(path *field.Path, list corev1.ResourceList) []string {
	var out []string
	for _, name := range []corev1.ResourceName{corev1.ResourceEphemeralStorage, corev1.ResourceMemory, corev1.ResourceStorage} {
		if q, ok := list[name]; ok && q.MilliValue()%1000 != 0 {
			out = append(out, fmt.Sprintf("%s: fractional byte value %q is invalid, must be an integer", path.Key(string(name)), q.String()))
		}
	}
	return out
}

// port is a port of a container, and where it was written.
type port struct {
	corev1.ContainerPort
	path *field.Path
}

// samePorts warns about ports that mean the same, or may be meant to.
func samePorts(path *field.Path, spec *corev1.PodSpec) []string {
	var out []string
	known := append(portsOf(path.Child("initContainers"), spec.InitContainers), portsOf(path.Child("containers"), spec.Containers)...)
	for i, p := range known {
		for _, k := range known[:i] {
			if word := clash(k.ContainerPort, p.ContainerPort); word != "" {
				out = append(out, fmt.Sprintf("%s: %s port definition with %s", p.path, word, k.path))
			}
		}
		if p.HostIP != "" && p.HostPort == 0 {
			out = append(out, fmt.Sprintf("%s: hostIP set without hostPort: %+v", p.path, p.ContainerPort))
		}
	}
	return out
}

func portsOf(path *field.Path, containers []corev1.Container) []port {
	var ports []port
	for i := range containers {
		for j, p := range containers[i].Ports {
			ports = append(ports, port{p, path.Index(i).Child("ports").Index(j)})
		}
	}
	return ports
}

// clash says how two ports are at odds: one host port, one container port and
// one host address are told apart only when both say them.
func clash(a, b corev1.ContainerPort) string {
	if a.ContainerPort != b.ContainerPort || a.Protocol != b.Protocol {
		return ""
	}
	switch {
	case a.HostPort == b.HostPort && a.HostIP == b.HostIP:
		return "duplicate"
	case a.HostPort == 0 && a.HostIP == "", b.HostPort == 0 && b.HostIP == "":
		return "overlapping"
	case a.HostPort == b.HostPort && (a.HostIP == "" || b.HostIP == ""):
		return "dangerously ambiguous"
	default:
		return ""
	}
}
