package warnings

import (
	"fmt"

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
		// $(A) in a later value reads the earlier one: that is meant.
		if names.Has(e.Name) {
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
func samePorts(path *field.Path, containers []corev1.Container) []string {
	var out []string
	var known []port
	for i := range containers {
		for j, p := range containers[i].Ports {
			at := path.Index(i).Child("ports").Index(j)
			for _, k := range known {
				if word := clash(k.ContainerPort, p); word != "" {
					out = append(out, fmt.Sprintf("%s: %s port definition with %s", at, word, k.path))
				}
			}
			if p.HostIP != "" && p.HostPort == 0 {
				out = append(out, fmt.Sprintf("%s: hostIP set without hostPort: %+v", at, p))
			}
			known = append(known, port{p, at})
		}
	}
	return out
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
