package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// containerScope is what the containers of one pod share.
type containerScope struct {
	spec      *corev1.PodSpec
	volumes   map[string]*corev1.Volume
	claims    map[string]bool
	opts      podOptions
	names     seen[string]
	hostPorts seen[hostPort]
}

type hostPort struct {
	protocol corev1.Protocol
	ip       string
	port     int32
}

func (s *containerScope) containers(path *field.Path, list []corev1.Container) field.ErrorList {
	if len(list) == 0 {
		return one(field.Required(path, ""))
	}
	var errs field.ErrorList
	for i := range list {
		c, at := &list[i], path.Index(i)
		errs = all(errs,
			s.container(at, c),
			s.ports(at.Child("ports"), c.Ports),
			s.name(at, c),
			restartPolicy(at, c),
			probes(at, c),
			lifecycle(at.Child("lifecycle"), c.Lifecycle, s.spec),
		)
	}
	return errs
}

// initContainers checks init containers: only those that run on as sidecars have probes and hooks.
func (s *containerScope) initContainers(path *field.Path, list []corev1.Container) field.ErrorList {
	var errs field.ErrorList
	ownPorts := *s
	for i := range list {
		c, at := &list[i], path.Index(i)
		ownPorts.hostPorts = seen[hostPort]{} // of each alone: they start one after the other
		errs = all(errs, s.container(at, c), s.name(at, c), restartPolicy(at, c), ownPorts.ports(at.Child("ports"), c.Ports))
		if isSidecar(c) {
			errs = all(errs, probes(at, c), lifecycle(at.Child("lifecycle"), c.Lifecycle, s.spec))
			continue
		}
		for _, hook := range []struct {
			name string
			set  bool
		}{
			{"lifecycle", c.Lifecycle != nil},
			{"livenessProbe", c.LivenessProbe != nil},
			{"readinessProbe", c.ReadinessProbe != nil},
			{"startupProbe", c.StartupProbe != nil},
		} {
			if hook.set {
				errs = append(errs, field.Forbidden(at.Child(hook.name), "may not be set for init containers without restartPolicy=Always"))
			}
		}
	}
	return errs
}

func isSidecar(c *corev1.Container) bool {
	return c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways
}

func (s *containerScope) ephemeralContainers(path *field.Path, list []corev1.EphemeralContainer) field.ErrorList {
	var errs field.ErrorList
	for i := range list {
		c, at := corev1.Container(list[i].EphemeralContainerCommon), path.Index(i)
		target := list[i].TargetContainerName
		if target != "" && !s.names[target] {
			errs = append(errs, field.NotFound(at.Child("targetContainerName"), target))
		}
		ownPorts := *s
		ownPorts.hostPorts = seen[hostPort]{}
		errs = all(errs, s.container(at, &c), s.name(at, &c), ownPorts.ports(at.Child("ports"), c.Ports), debuggerOnly(at, &c))
	}
	return errs
}

// debuggerOnly refuses what a container that is only there to look at others has no use for.
func debuggerOnly(path *field.Path, c *corev1.Container) field.ErrorList {
	const message = "cannot be set for an Ephemeral Container"
	errs := forbidden(path, message, []setField{
		{"ports", c.Ports != nil},
		{"livenessProbe", c.LivenessProbe != nil},
		{"readinessProbe", c.ReadinessProbe != nil},
		{"startupProbe", c.StartupProbe != nil},
		{"lifecycle", c.Lifecycle != nil},
		{"restartPolicy", c.RestartPolicy != nil},
		{"restartPolicyRules", c.RestartPolicyRules != nil},
		{"resizePolicy", c.ResizePolicy != nil},
		{"resources", c.Resources.Limits != nil || c.Resources.Requests != nil || c.Resources.Claims != nil},
	})
	for i := range c.VolumeMounts {
		m := &c.VolumeMounts[i]
		errs = append(errs, forbidden(path.Child("volumeMounts").Index(i), message, []setField{
			{"subPath", m.SubPath != ""}, {"subPathExpr", m.SubPathExpr != ""},
		})...)
	}
	return errs
}

func (s *containerScope) name(path *field.Path, c *corev1.Container) field.ErrorList {
	at := path.Child("name")
	return all(requiredAnd(at, c.Name, isLabel), s.names.add(at, c.Name))
}

// container checks what all containers have.
func (s *containerScope) container(path *field.Path, c *corev1.Container) field.ErrorList {
	return all(
		image(path.Child("image"), c.Image),
		oneOf(path.Child("imagePullPolicy"), c.ImagePullPolicy, corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever),
		oneOf(path.Child("terminationMessagePolicy"), c.TerminationMessagePolicy, corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError),
		s.env(path.Child("env"), c.Env),
		envFrom(path.Child("envFrom"), c.EnvFrom),
		s.mounts(path.Child("volumeMounts"), c),
		s.devices(path.Child("volumeDevices"), c),
		resources(path.Child("resources"), &c.Resources, s.claims),
		resizePolicy(path.Child("resizePolicy"), c, s.spec),
		securityContext(path.Child("securityContext"), c.SecurityContext, s.spec),
	)
}

func image(path *field.Path, name string) field.ErrorList {
	if name == "" {
		return one(field.Required(path, ""))
	}
	if strings.TrimSpace(name) != name {
		return one(field.Invalid(path, name, "must not have leading or trailing whitespace"))
	}
	return nil
}

// ports checks the ports of one container; two containers can not have the same port of the host.
func (s *containerScope) ports(path *field.Path, list []corev1.ContainerPort) field.ErrorList {
	var errs field.ErrorList
	names := seen[string]{}
	for i := range list {
		p, at := &list[i], path.Index(i)
		if p.Name != "" {
			errs = append(errs, matches(at.Child("name"), p.Name, utilvalidation.IsValidPortName(p.Name))...)
			errs = append(errs, names.add(at.Child("name"), p.Name)...)
		}
		if p.ContainerPort == 0 {
			errs = append(errs, field.Required(at.Child("containerPort"), ""))
		} else {
			errs = append(errs, portNumber(at.Child("containerPort"), p.ContainerPort)...)
		}
		errs = append(errs, oneOf(at.Child("protocol"), p.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)...)
		if s.spec.HostNetwork && s.opts.isPod() && p.HostPort != p.ContainerPort {
			errs = append(errs, field.Invalid(at.Child("hostPort"), p.HostPort, "must match `containerPort` when `hostNetwork` is true"))
		}
		if p.HostPort != 0 {
			errs = append(errs, portNumber(at.Child("hostPort"), p.HostPort)...)
			key := hostPort{p.Protocol, p.HostIP, p.HostPort}
			if s.hostPorts[key] {
				errs = append(errs, field.Duplicate(at.Child("hostPort"), fmt.Sprintf("%s/%s/%d", p.Protocol, p.HostIP, p.HostPort)))
			}
			s.hostPorts[key] = true
		}
	}
	return errs
}

func portNumber(path *field.Path, port int32) field.ErrorList {
	return matches(path, port, utilvalidation.IsValidPortNum(int(port)))
}

func restartPolicy(path *field.Path, c *corev1.Container) field.ErrorList {
	at := path.Child("restartPolicy")
	errs := pointerOneOf(at, c.RestartPolicy, corev1.ContainerRestartPolicyAlways, corev1.ContainerRestartPolicyNever, corev1.ContainerRestartPolicyOnFailure)
	if len(c.RestartPolicyRules) > 0 && c.RestartPolicy == nil {
		errs = append(errs, field.Required(at, "must specify restartPolicy when restart rules are used"))
	}
	for i, rule := range c.RestartPolicyRules {
		where := path.Child("restartPolicyRules").Index(i)
		errs = append(errs, strictOneOf(where.Child("action"), rule.Action, corev1.ContainerRestartRuleActionRestart, corev1.ContainerRestartRuleActionRestartAllContainers)...)
		if rule.ExitCodes == nil {
			errs = append(errs, field.Required(where.Child("exitCodes"), "must be specified"))
			continue
		}
		errs = append(errs, strictOneOf(where.Child("exitCodes", "operator"), rule.ExitCodes.Operator,
			corev1.ContainerRestartRuleOnExitCodesOpIn, corev1.ContainerRestartRuleOnExitCodesOpNotIn)...)
		if len(rule.ExitCodes.Values) > 255 {
			errs = append(errs, field.TooLong(where.Child("exitCodes", "values"), rule.ExitCodes.Values, 255))
		}
	}
	return errs
}
