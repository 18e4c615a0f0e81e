package validation

import (
	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// ServiceUpdate checks an update of a service: addresses stay while the type does.
func ServiceUpdate(s, old *corev1.Service) field.ErrorList {
	errs := all(metaUpdate(&s.ObjectMeta, &old.ObjectMeta), ServiceClusterIPsUpdate(&s.Spec, &old.Spec), keptBalancing(&s.Spec, &old.Spec))
	return append(errs, named(Service(s))...)
}

// keptBalancing keeps what a load balancer was set up with.
func keptBalancing(spec, old *corev1.ServiceSpec) field.ErrorList {
	var errs field.ErrorList
	if ServiceHasHealthCheck(spec) && ServiceHasHealthCheck(old) && spec.HealthCheckNodePort != old.HealthCheckNodePort {
		errs = append(errs, field.Forbidden(specPath().Child("healthCheckNodePort"), immutable))
	}
	if old.Type == corev1.ServiceTypeLoadBalancer && spec.Type == corev1.ServiceTypeLoadBalancer {
		errs = append(errs, unchanged(specPath().Child("loadBalancerClass"), spec.LoadBalancerClass, old.LoadBalancerClass)...)
	}
	return errs
}

// ServiceHasHealthCheck says whether a load balancer asks each node if it has local endpoints.
func ServiceHasHealthCheck(spec *corev1.ServiceSpec) bool {
	return spec.Type == corev1.ServiceTypeLoadBalancer && spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

// ServiceStatusUpdate checks a write of services/status.
func ServiceStatusUpdate(s, old *corev1.Service) field.ErrorList {
	errs := metaUpdate(&s.ObjectMeta, &old.ObjectMeta)
	path := statusPath().Child("loadBalancer", "ingress")
	if len(s.Status.LoadBalancer.Ingress) > 0 && s.Spec.Type != corev1.ServiceTypeLoadBalancer && len(old.Status.LoadBalancer.Ingress) == 0 {
		errs = append(errs, field.Forbidden(path, "may only be used when `spec.type` is \"LoadBalancer\""))
	}
	for i := range s.Status.LoadBalancer.Ingress {
		errs = append(errs, balancerIngress(path.Index(i), &s.Status.LoadBalancer.Ingress[i])...)
	}
	return errs
}

func balancerIngress(path *field.Path, ingress *corev1.LoadBalancerIngress) field.ErrorList {
	var errs field.ErrorList
	mode := path.Child("ipMode")
	if ingress.IP != "" {
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(path.Child("ip"), ingress.IP, true, nil)...)
		if ingress.IPMode == nil {
			errs = append(errs, field.Required(mode, "must be specified when `ip` is set"))
		}
	} else if ingress.IPMode != nil {
		errs = append(errs, field.Forbidden(mode, "may not be specified when `ip` is not set"))
	}
	errs = append(errs, pointerOneOf(mode, ingress.IPMode, corev1.LoadBalancerIPModeVIP, corev1.LoadBalancerIPModeProxy)...)
	if ingress.Hostname != "" {
		errs = append(errs, hostname(path.Child("hostname"), ingress.Hostname)...)
	}
	return errs
}

func hostname(path *field.Path, name string) field.ErrorList {
	errs := matches(path, name, isSubdomain(name))
	if netutils.ParseIPSloppy(name) != nil {
		errs = append(errs, field.Invalid(path, name, "must be a DNS name, not an IP address"))
	}
	return errs
}
