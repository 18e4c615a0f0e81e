package validation

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// Service checks a service.
func Service(s *corev1.Service) field.ErrorList {
	spec, path := &s.Spec, specPath()
	return all(
		namespaced(&s.ObjectMeta, serviceName),
		serviceType(path, spec),
		servicePorts(path.Child("ports"), spec),
		serviceAffinity(path, spec),
		serviceAddresses(path, spec),
		servicePolicies(path, spec),
		annotatedRanges(s),
		metav1validation.ValidateLabels(spec.Selector, path.Child("selector")),
	)
}

func serviceType(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	errs := oneOf(path.Child("type"), spec.Type,
		corev1.ServiceTypeClusterIP, corev1.ServiceTypeNodePort, corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeExternalName)
	if spec.Type == corev1.ServiceTypeExternalName {
		at := path.Child("externalName")
		if spec.ExternalName == "" {
			errs = append(errs, field.Required(at, ""))
		} else {
			name := spec.ExternalName
			if name[len(name)-1] == '.' {
				name = name[:len(name)-1]
			}
			errs = append(errs, matches(at, spec.ExternalName, isSubdomain(name))...)
		}
		for _, f := range []struct {
			name string
			set  bool
		}{
			{"clusterIPs", len(spec.ClusterIPs) > 0 || spec.ClusterIP != ""},
			{"ipFamilies", len(spec.IPFamilies) > 0},
			{"ipFamilyPolicy", spec.IPFamilyPolicy != nil},
		} {
			if f.set {
				errs = append(errs, field.Forbidden(path.Child(f.name), "may not be set for ExternalName services"))
			}
		}
	}
	return errs
}

func servicePorts(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	headless := spec.ClusterIP == corev1.ClusterIPNone
	if len(spec.Ports) == 0 {
		if headless || spec.Type == corev1.ServiceTypeExternalName {
			return nil
		}
		return one(field.Required(path, ""))
	}
	var errs field.ErrorList
	type key struct {
		protocol corev1.Protocol
		port     int32
	}
	names, ports, nodePorts := seen[string]{}, map[key]bool{}, map[key]bool{}
	for i := range spec.Ports {
		p, at := &spec.Ports[i], path.Index(i)
		errs = append(errs, servicePort(at, p, len(spec.Ports) > 1, names)...)
		if ports[key{p.Protocol, p.Port}] {
			errs = append(errs, field.Duplicate(at, corev1.ServicePort{Protocol: p.Protocol, Port: p.Port}))
		}
		ports[key{p.Protocol, p.Port}] = true
		if p.NodePort == 0 {
			continue
		}
		if spec.Type == corev1.ServiceTypeClusterIP {
			errs = append(errs, field.Forbidden(at.Child("nodePort"), fmt.Sprintf("may not be used when `type` is '%s'", spec.Type)))
		}
		if nodePorts[key{p.Protocol, p.NodePort}] {
			errs = append(errs, field.Duplicate(at.Child("nodePort"), p.NodePort))
		}
		nodePorts[key{p.Protocol, p.NodePort}] = true
	}
	return errs
}

func servicePort(path *field.Path, p *corev1.ServicePort, nameRequired bool, names seen[string]) field.ErrorList {
	var errs field.ErrorList
	if p.Name != "" {
		errs = all(errs, matches(path.Child("name"), p.Name, isLabel(p.Name)), names.add(path.Child("name"), p.Name))
	} else if nameRequired {
		errs = append(errs, field.Required(path.Child("name"), ""))
	}
	errs = all(errs,
		portNumber(path.Child("port"), p.Port),
		oneOf(path.Child("protocol"), p.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP),
		port(path.Child("targetPort"), p.TargetPort),
	)
	if p.AppProtocol != nil {
		errs = append(errs, matches(path.Child("appProtocol"), *p.AppProtocol, utilvalidation.IsQualifiedName(*p.AppProtocol))...)
	}
	return errs
}

// maxAffinitySeconds is one day.
const maxAffinitySeconds = 86400

func serviceAffinity(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	errs := oneOf(path.Child("sessionAffinity"), spec.SessionAffinity, corev1.ServiceAffinityClientIP, corev1.ServiceAffinityNone)
	at, config := path.Child("sessionAffinityConfig"), spec.SessionAffinityConfig
	switch spec.SessionAffinity {
	case corev1.ServiceAffinityNone:
		if config != nil {
			errs = append(errs, field.Forbidden(at, fmt.Sprintf("must not be set when session affinity is %s", corev1.ServiceAffinityNone)))
		}
	case corev1.ServiceAffinityClientIP:
		if config == nil || config.ClientIP == nil || config.ClientIP.TimeoutSeconds == nil {
			return append(errs, field.Required(at, fmt.Sprintf("when session affinity type is %s", corev1.ServiceAffinityClientIP)))
		}
		if seconds := *config.ClientIP.TimeoutSeconds; seconds <= 0 || seconds > maxAffinitySeconds {
			errs = append(errs, field.Invalid(at.Child("clientIP", "timeoutSeconds"), seconds, fmt.Sprintf("must be greater than 0 and less than %d", maxAffinitySeconds)))
		}
	}
	return errs
}

func serviceAddresses(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	errs := ServiceClusterIPs(spec, &corev1.ServiceSpec{ClusterIPs: spec.ClusterIPs}) // what was stored may stay
	if spec.ClusterIP == corev1.ClusterIPNone && spec.Type != corev1.ServiceTypeClusterIP && spec.Type != corev1.ServiceTypeExternalName {
		errs = append(errs, field.Invalid(path.Child("clusterIPs").Index(0), corev1.ClusterIPNone, fmt.Sprintf("may not be set to 'None' for %s services", spec.Type)))
	}
	for i, ip := range spec.ExternalIPs {
		at := path.Child("externalIPs").Index(i)
		errs = append(errs, utilvalidation.IsValidIPForLegacyField(at, ip, true, nil)...)
		errs = append(errs, reachableIP(at, ip)...)
	}
	if len(spec.LoadBalancerSourceRanges) > 0 && spec.Type != corev1.ServiceTypeLoadBalancer {
		errs = append(errs, field.Forbidden(path.Child("LoadBalancerSourceRanges"), "may only be used when `type` is 'LoadBalancer'"))
	}
	for i, cidr := range spec.LoadBalancerSourceRanges {
		errs = append(errs, utilvalidation.IsValidCIDRForLegacyField(path.Child("LoadBalancerSourceRanges").Index(i), strings.TrimSpace(cidr), true, nil)...)
	}
	return errs
}

// annotatedRanges checks the annotation that spec.loadBalancerSourceRanges replaced, if that is not there.
func annotatedRanges(s *corev1.Service) field.ErrorList {
	value, ok := s.Annotations[corev1.AnnotationLoadBalancerSourceRangesKey]
	if !ok || len(s.Spec.LoadBalancerSourceRanges) > 0 {
		return nil
	}
	path := metadataPath().Child("annotations").Key(corev1.AnnotationLoadBalancerSourceRangesKey)
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return one(field.Forbidden(path, loadBalancerOnly))
	}
	var errs field.ErrorList
	if value = strings.TrimSpace(value); value == "" {
		return nil
	}
	for cidr := range strings.SplitSeq(value, ",") {
		errs = append(errs, utilvalidation.IsValidCIDRForLegacyField(path, strings.TrimSpace(cidr), true, nil)...)
	}
	return errs
}

// reachableIP refuses addresses that can not be those of an endpoint or of a service.
func reachableIP(path *field.Path, address string) field.ErrorList {
	ip := netutils.ParseIPSloppy(address)
	switch {
	case ip == nil:
		return nil // reported by the rule for addresses
	case ip.IsUnspecified():
		return one(field.Invalid(path, address, fmt.Sprintf("may not be unspecified (%v)", ip)))
	case ip.IsLoopback():
		return one(field.Invalid(path, address, "may not be in the loopback range (127.0.0.0/8, ::1/128)"))
	case ip.IsLinkLocalUnicast():
		return one(field.Invalid(path, address, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"))
	case ip.IsLinkLocalMulticast():
		return one(field.Invalid(path, address, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"))
	}
	return nil
}

func servicePolicies(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	errs := all(trafficPolicies(path, spec), balancing(path, spec))
	return append(errs, pointerOneOf(path.Child("trafficDistribution"), spec.TrafficDistribution,
		corev1.ServiceTrafficDistributionPreferClose, corev1.ServiceTrafficDistributionPreferSameZone, corev1.ServiceTrafficDistributionPreferSameNode)...)
}

func trafficPolicies(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	var errs field.ErrorList
	at := path.Child("externalTrafficPolicy")
	if isExternal(spec) {
		errs = append(errs, oneOf(at, spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster, corev1.ServiceExternalTrafficPolicyLocal)...)
	} else if spec.ExternalTrafficPolicy != "" {
		errs = append(errs, field.Invalid(at, spec.ExternalTrafficPolicy, "may only be set for externally-accessible services"))
	}
	if spec.InternalTrafficPolicy == nil && spec.Type != corev1.ServiceTypeExternalName {
		errs = append(errs, field.Required(path.Child("internalTrafficPolicy"), ""))
	}
	return append(errs, pointerOneOf(path.Child("internalTrafficPolicy"), spec.InternalTrafficPolicy,
		corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyLocal)...)
}

// isExternal says whether a service can be reached from outside of the cluster.
func isExternal(spec *corev1.ServiceSpec) bool {
	switch spec.Type {
	case corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort:
		return true
	case corev1.ServiceTypeClusterIP:
		return len(spec.ExternalIPs) > 0
	default:
		return false
	}
}

const loadBalancerOnly = "may only be used when `type` is 'LoadBalancer'"

// balancing checks what only services with a load balancer have.
func balancing(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	var errs field.ErrorList
	balanced := spec.Type == corev1.ServiceTypeLoadBalancer
	if spec.HealthCheckNodePort != 0 {
		errs = append(errs, portNumber(path.Child("healthCheckNodePort"), spec.HealthCheckNodePort)...)
	}
	if spec.HealthCheckNodePort > 0 && (!balanced || spec.ExternalTrafficPolicy != corev1.ServiceExternalTrafficPolicyLocal) {
		errs = append(errs, field.Invalid(path.Child("healthCheckNodePort"), spec.HealthCheckNodePort, "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"))
	}
	nodePorts, class := path.Child("allocateLoadBalancerNodePorts"), path.Child("loadBalancerClass")
	switch {
	case balanced && spec.AllocateLoadBalancerNodePorts == nil:
		errs = append(errs, field.Required(nodePorts, ""))
	case !balanced && spec.AllocateLoadBalancerNodePorts != nil:
		errs = append(errs, field.Forbidden(nodePorts, loadBalancerOnly))
	}
	if spec.LoadBalancerClass == nil {
		return errs
	}
	if !balanced {
		errs = append(errs, field.Forbidden(class, loadBalancerOnly))
	}
	return append(errs, matches(class, *spec.LoadBalancerClass, utilvalidation.IsQualifiedName(*spec.LoadBalancerClass))...)
}
