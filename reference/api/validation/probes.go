package validation

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// probes checks the three probes of a container.
func probes(path *field.Path, c *corev1.Container) field.ErrorList {
	errs := all(
		probe(path.Child("livenessProbe"), c.LivenessProbe),
		probe(path.Child("readinessProbe"), c.ReadinessProbe),
		probe(path.Child("startupProbe"), c.StartupProbe),
	)
	if p := c.LivenessProbe; p != nil && p.SuccessThreshold != 1 {
		errs = append(errs, field.Invalid(path.Child("livenessProbe", "successThreshold"), p.SuccessThreshold, "must be 1"))
	}
	if p := c.StartupProbe; p != nil && p.SuccessThreshold != 1 {
		errs = append(errs, field.Invalid(path.Child("startupProbe", "successThreshold"), p.SuccessThreshold, "must be 1"))
	}
	if p := c.ReadinessProbe; p != nil && p.TerminationGracePeriodSeconds != nil {
		errs = append(errs, field.Invalid(path.Child("readinessProbe", "terminationGracePeriodSeconds"), *p.TerminationGracePeriodSeconds, "must not be set for readinessProbes"))
	}
	return errs
}

func probe(path *field.Path, p *corev1.Probe) field.ErrorList {
	if p == nil {
		return nil
	}
	errs := all(
		handler(path, &p.ProbeHandler),
		atLeastZero(path.Child("initialDelaySeconds"), &p.InitialDelaySeconds),
		atLeastZero(path.Child("timeoutSeconds"), &p.TimeoutSeconds),
		atLeastZero(path.Child("periodSeconds"), &p.PeriodSeconds),
		atLeastZero(path.Child("successThreshold"), &p.SuccessThreshold),
		atLeastZero(path.Child("failureThreshold"), &p.FailureThreshold),
	)
	if grace := p.TerminationGracePeriodSeconds; grace != nil && *grace <= 0 {
		errs = append(errs, field.Invalid(path.Child("terminationGracePeriodSeconds"), *grace, positive))
	}
	return errs
}

func handler(path *field.Path, h *corev1.ProbeHandler) field.ErrorList {
	var errs field.ErrorList
	handlers := 0
	check := func(name string, set bool, rules func(*field.Path) field.ErrorList) {
		if !set {
			return
		}
		handlers++
		if handlers > 1 {
			errs = append(errs, field.Forbidden(path.Child(name), "may not specify more than 1 handler type"))
			return
		}
		errs = append(errs, rules(path.Child(name))...)
	}
	check("exec", h.Exec != nil, func(at *field.Path) field.ErrorList { return execAction(at, h.Exec) })
	check("httpGet", h.HTTPGet != nil, func(at *field.Path) field.ErrorList { return httpGet(at, h.HTTPGet) })
	check("tcpSocket", h.TCPSocket != nil, func(at *field.Path) field.ErrorList { return port(at.Child("port"), h.TCPSocket.Port) })
	check("grpc", h.GRPC != nil, func(at *field.Path) field.ErrorList { return portNumber(at.Child("port"), h.GRPC.Port) })
	if handlers == 0 {
		errs = append(errs, field.Required(path, "must specify a handler type"))
	}
	return errs
}

func execAction(path *field.Path, e *corev1.ExecAction) field.ErrorList {
	if len(e.Command) == 0 {
		return one(field.Required(path.Child("command"), ""))
	}
	return nil
}

func httpGet(path *field.Path, h *corev1.HTTPGetAction) field.ErrorList {
	errs := all(
		required(path.Child("path"), h.Path),
		port(path.Child("port"), h.Port),
		oneOf(path.Child("scheme"), h.Scheme, corev1.URISchemeHTTP, corev1.URISchemeHTTPS),
	)
	for _, header := range h.HTTPHeaders {
		errs = append(errs, matches(path.Child("httpHeaders"), header.Name, utilvalidation.IsHTTPHeaderName(header.Name))...)
	}
	return errs
}

// port checks a port that is a number or the name of one.
func port(path *field.Path, p intstr.IntOrString) field.ErrorList {
	if p.Type == intstr.String {
		return matches(path, p.StrVal, utilvalidation.IsValidPortName(p.StrVal))
	}
	return matches(path, p.IntValue(), utilvalidation.IsValidPortNum(p.IntValue()))
}

func lifecycle(path *field.Path, l *corev1.Lifecycle, spec *corev1.PodSpec) field.ErrorList {
	if l == nil {
		return nil
	}
	errs := all(lifecycleHandler(path.Child("postStart"), l.PostStart, spec), lifecycleHandler(path.Child("preStop"), l.PreStop, spec))
	if l.StopSignal == nil {
		return errs
	}
	at := path.Child("stopSignal")
	if spec.OS == nil {
		return append(errs, field.Forbidden(at, "may not be set for containers with empty `spec.os.name`"))
	}
	if spec.OS.Name == corev1.Windows && !slices.Contains([]corev1.Signal{corev1.SIGTERM, corev1.SIGKILL}, *l.StopSignal) {
		errs = append(errs, field.NotSupported(at, *l.StopSignal, []corev1.Signal{corev1.SIGKILL, corev1.SIGTERM}))
	}
	return errs
}

func lifecycleHandler(path *field.Path, h *corev1.LifecycleHandler, spec *corev1.PodSpec) field.ErrorList {
	if h == nil {
		return nil
	}
	if h.Sleep == nil {
		return handler(path, &corev1.ProbeHandler{Exec: h.Exec, HTTPGet: h.HTTPGet, TCPSocket: h.TCPSocket})
	}
	if h.Exec != nil || h.HTTPGet != nil || h.TCPSocket != nil {
		return one(field.Forbidden(path.Child("sleep"), "may not specify more than 1 handler type"))
	}
	grace := int64(corev1.DefaultTerminationGracePeriodSeconds)
	if spec.TerminationGracePeriodSeconds != nil {
		grace = *spec.TerminationGracePeriodSeconds
	}
	if h.Sleep.Seconds < 0 || h.Sleep.Seconds > grace {
		return one(field.Invalid(path.Child("sleep"), h.Sleep.Seconds,
			fmt.Sprintf("must be non-negative and less than terminationGracePeriodSeconds (%d)", grace)))
	}
	return nil
}
