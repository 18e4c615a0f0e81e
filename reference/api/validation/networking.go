package validation

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// NetworkPolicy checks a network policy.
func NetworkPolicy(p *networkingv1.NetworkPolicy) field.ErrorList {
	path, spec := specPath(), &p.Spec
	errs := all(namespaced(&p.ObjectMeta, subdomainName), labelSelector(path.Child("podSelector"), &spec.PodSelector))
	for i := range spec.Ingress {
		at := path.Child("ingress").Index(i)
		errs = append(errs, policyPorts(at.Child("ports"), spec.Ingress[i].Ports)...)
		errs = append(errs, policyPeers(at.Child("from"), spec.Ingress[i].From)...)
	}
	for i := range spec.Egress {
		at := path.Child("egress").Index(i)
		errs = append(errs, policyPorts(at.Child("ports"), spec.Egress[i].Ports)...)
		errs = append(errs, policyPeers(at.Child("to"), spec.Egress[i].To)...)
	}
	if len(spec.PolicyTypes) > 2 {
		errs = append(errs, field.Invalid(path.Child("policyTypes"), &spec.PolicyTypes, "may not specify more than two policyTypes"))
	}
	for i, kind := range spec.PolicyTypes {
		errs = append(errs, oneOf(path.Child("policyTypes").Index(i), kind, networkingv1.PolicyTypeEgress, networkingv1.PolicyTypeIngress)...)
	}
	return errs
}

func policyPorts(path *field.Path, ports []networkingv1.NetworkPolicyPort) field.ErrorList {
	var errs field.ErrorList
	for i, p := range ports {
		at := path.Index(i)
		errs = append(errs, pointerOneOf(at.Child("protocol"), p.Protocol, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)...)
		if p.Port != nil {
			errs = append(errs, port(at.Child("port"), *p.Port)...)
		}
		if p.EndPort == nil {
			continue
		}
		switch {
		case p.Port == nil:
			errs = append(errs, field.Required(at.Child("port"), "must be specified when `endPort` is specified"))
		case p.Port.Type == intstr.String:
			errs = append(errs, field.Invalid(at.Child("endPort"), *p.EndPort, "may not be specified when `port` is non-numeric"))
		case *p.EndPort < p.Port.IntVal:
			errs = append(errs, field.Invalid(at.Child("endPort"), *p.EndPort, "must be greater than or equal to `port`"))
		default:
			errs = append(errs, portNumber(at.Child("endPort"), *p.EndPort)...)
		}
	}
	return errs
}

func policyPeers(path *field.Path, peers []networkingv1.NetworkPolicyPeer) field.ErrorList {
	var errs field.ErrorList
	for i, peer := range peers {
		at := path.Index(i)
		errs = append(errs, labelSelector(at.Child("podSelector"), peer.PodSelector)...)
		errs = append(errs, labelSelector(at.Child("namespaceSelector"), peer.NamespaceSelector)...)
		selectors := peer.PodSelector != nil || peer.NamespaceSelector != nil
		switch {
		case peer.IPBlock == nil && !selectors:
			errs = append(errs, field.Required(at, "must specify a peer"))
		case peer.IPBlock != nil && selectors:
			errs = append(errs, field.Forbidden(at, "may not specify both ipBlock and another peer"))
		}
		if peer.IPBlock != nil {
			errs = append(errs, ipBlock(at.Child("ipBlock"), peer.IPBlock)...)
		}
	}
	return errs
}

func ipBlock(path *field.Path, b *networkingv1.IPBlock) field.ErrorList {
	if b.CIDR == "" {
		return one(field.Required(path.Child("cidr"), ""))
	}
	errs := utilvalidation.IsValidCIDRForLegacyField(path.Child("cidr"), b.CIDR, true, nil)
	if len(errs) > 0 {
		return errs
	}
	_, block, _ := netutils.ParseCIDRSloppy(b.CIDR)
	for i, except := range b.Except {
		at := path.Child("except").Index(i)
		wrong := utilvalidation.IsValidCIDRForLegacyField(at, except, true, nil)
		if len(wrong) > 0 {
			errs = append(errs, wrong...)
			continue
		}
		_, part, _ := netutils.ParseCIDRSloppy(except)
		outer, _ := block.Mask.Size()
		inner, _ := part.Mask.Size()
		if !block.Contains(part.IP) || inner <= outer {
			errs = append(errs, field.Invalid(at, except, fmt.Sprintf("must be a strict subset of `cidr`: %s", b.CIDR)))
		}
	}
	return errs
}

// NetworkPolicyUpdate checks an update of a network policy.
func NetworkPolicyUpdate(p, old *networkingv1.NetworkPolicy) field.ErrorList {
	return all(metaUpdate(&p.ObjectMeta, &old.ObjectMeta), NetworkPolicy(p))
}

const ingressClassAnnotation = "kubernetes.io/ingress.class"

// Ingress checks a new ingress.
func Ingress(i *networkingv1.Ingress) field.ErrorList {
	errs := ingress(i)
	if class, ok := i.Annotations[ingressClassAnnotation]; ok && i.Spec.IngressClassName != nil && class != *i.Spec.IngressClassName {
		errs = append(errs, field.Invalid(metadataPath().Child("annotations").Child(ingressClassAnnotation), class, "must match `ingressClassName` when both are specified"))
	}
	return errs
}

func ingress(i *networkingv1.Ingress) field.ErrorList {
	path, spec := specPath(), &i.Spec
	errs := namespaced(&i.ObjectMeta, subdomainName)
	if len(spec.Rules) == 0 && spec.DefaultBackend == nil {
		errs = append(errs, field.Invalid(path, spec.Rules, "either `defaultBackend` or `rules` must be specified"))
	}
	if spec.DefaultBackend != nil {
		errs = append(errs, ingressBackend(path.Child("defaultBackend"), spec.DefaultBackend)...)
	}
	for k := range spec.Rules {
		errs = append(errs, ingressRule(path.Child("rules").Index(k), &spec.Rules[k])...)
	}
	for k, tls := range spec.TLS {
		at := path.Child("tls").Index(k)
		for h, host := range tls.Hosts {
			errs = append(errs, ingressHost(at.Child("hosts").Index(h), host)...)
		}
		errs = append(errs, optional(at.Child("secretName"), tls.SecretName, isSubdomain)...)
	}
	if spec.IngressClassName != nil {
		errs = append(errs, matches(path.Child("ingressClassName"), *spec.IngressClassName, isSubdomain(*spec.IngressClassName))...)
	}
	return errs
}

func ingressHost(path *field.Path, host string) field.ErrorList {
	if strings.Contains(host, "*") {
		return matches(path, host, utilvalidation.IsWildcardDNS1123Subdomain(host))
	}
	return matches(path, host, isSubdomain(host))
}

func ingressRule(path *field.Path, rule *networkingv1.IngressRule) field.ErrorList {
	var errs field.ErrorList
	if rule.Host != "" {
		at := path.Child("host")
		if netutils.ParseIPSloppy(rule.Host) != nil {
			errs = append(errs, field.Invalid(at, rule.Host, "must be a DNS name, not an IP address"))
		}
		errs = append(errs, ingressHost(at, rule.Host)...)
	}
	if rule.HTTP == nil {
		return errs
	}
	if len(rule.HTTP.Paths) == 0 {
		return append(errs, field.Required(path.Child("http", "paths"), ""))
	}
	for i := range rule.HTTP.Paths {
		errs = append(errs, ingressPath(path.Child("http", "paths").Index(i), &rule.HTTP.Paths[i])...)
	}
	return errs
}

func ingressPath(path *field.Path, p *networkingv1.HTTPIngressPath) field.ErrorList {
	at := path.Child("pathType")
	if p.PathType == nil {
		return one(field.Required(at, "pathType must be specified"))
	}
	var errs field.ErrorList
	switch *p.PathType {
	case networkingv1.PathTypeExact, networkingv1.PathTypePrefix:
		if !strings.HasPrefix(p.Path, "/") {
			errs = append(errs, field.Invalid(path.Child("path"), p.Path, "must be an absolute path"))
		}
		for _, sequence := range []string{"//", "/./", "/../", "%2f", "%2F"} {
			if strings.Contains(p.Path, sequence) {
				errs = append(errs, field.Invalid(path.Child("path"), p.Path, fmt.Sprintf("must not contain '%s'", sequence)))
			}
		}
		for _, suffix := range []string{"/..", "/."} {
			if strings.HasSuffix(p.Path, suffix) {
				errs = append(errs, field.Invalid(path.Child("path"), p.Path, fmt.Sprintf("cannot end with '%s'", suffix)))
			}
		}
	case networkingv1.PathTypeImplementationSpecific:
		if p.Path != "" && !strings.HasPrefix(p.Path, "/") {
			errs = append(errs, field.Invalid(path.Child("path"), p.Path, "must be an absolute path"))
		}
	default:
		errs = append(errs, field.NotSupported(at, *p.PathType, []networkingv1.PathType{networkingv1.PathTypeExact, networkingv1.PathTypeImplementationSpecific, networkingv1.PathTypePrefix}))
	}
	return append(errs, ingressBackend(path.Child("backend"), &p.Backend)...)
}

func ingressBackend(path *field.Path, b *networkingv1.IngressBackend) field.ErrorList {
	switch {
	case b.Resource != nil && b.Service != nil:
		return one(field.Invalid(path, "", "cannot set both resource and service backends"))
	case b.Resource != nil:
		return all(required(path.Child("resource", "kind"), b.Resource.Kind), required(path.Child("resource", "name"), b.Resource.Name))
	case b.Service == nil:
		return one(field.Required(path, "resource or service backend is required"))
	}
	at, s := path.Child("service"), b.Service
	errs := requiredAnd(at.Child("name"), s.Name, func(name string) []string { return serviceName(name, false) })
	switch name, number := s.Port.Name, s.Port.Number; {
	case name != "" && number != 0:
		errs = append(errs, field.Invalid(path, "", "cannot set both port name & port number"))
	case name != "":
		errs = append(errs, matches(at.Child("port", "name"), name, utilvalidation.IsValidPortName(name))...)
	case number != 0:
		errs = append(errs, portNumber(at.Child("port", "number"), number)...)
	default:
		errs = append(errs, field.Required(path, "port name or number is required"))
	}
	return errs
}

// IngressUpdate checks an update of an ingress.
func IngressUpdate(i, old *networkingv1.Ingress) field.ErrorList {
	return all(metaUpdate(&i.ObjectMeta, &old.ObjectMeta), ingress(i))
}

// IngressStatusUpdate checks a write of ingresses/status.
func IngressStatusUpdate(i, old *networkingv1.Ingress) field.ErrorList {
	errs := metaUpdate(&i.ObjectMeta, &old.ObjectMeta)
	for k, a := range i.Status.LoadBalancer.Ingress {
		at := statusPath().Child("loadBalancer", "ingress").Index(k)
		if a.IP != "" {
			errs = append(errs, utilvalidation.IsValidIPForLegacyField(at.Child("ip"), a.IP, true, nil)...)
		}
		if a.Hostname != "" {
			errs = append(errs, matches(at.Child("hostname"), a.Hostname, isSubdomain(a.Hostname))...)
		}
	}
	return errs
}

// IngressClass checks an ingress class.
func IngressClass(c *networkingv1.IngressClass) field.ErrorList {
	path := specPath()
	errs := clusterScoped(&c.ObjectMeta, subdomainName)
	if c.Spec.Controller == "" {
		errs = append(errs, field.Required(path.Child("controller"), ""))
	} else {
		errs = append(errs, utilvalidation.IsDomainPrefixedPath(path.Child("controller"), c.Spec.Controller)...)
	}
	p, at := c.Spec.Parameters, path.Child("parameters")
	if p == nil {
		return errs
	}
	errs = all(errs, required(at.Child("kind"), p.Kind), required(at.Child("name"), p.Name))
	if p.Scope == nil {
		return append(errs, field.Required(at.Child("scope"), ""))
	}
	errs = append(errs, oneOf(at.Child("scope"), *p.Scope, networkingv1.IngressClassParametersReferenceScopeCluster, networkingv1.IngressClassParametersReferenceScopeNamespace)...)
	switch {
	case *p.Scope == networkingv1.IngressClassParametersReferenceScopeNamespace && (p.Namespace == nil || *p.Namespace == ""):
		errs = append(errs, field.Required(at.Child("namespace"), "`parameters.scope` is set to 'Namespace'"))
	case *p.Scope == networkingv1.IngressClassParametersReferenceScopeCluster && p.Namespace != nil:
		errs = append(errs, field.Forbidden(at.Child("namespace"), "`parameters.scope` is set to 'Cluster'"))
	}
	return errs
}

// IngressClassUpdate checks an update of an ingress class: its controller stays.
func IngressClassUpdate(c, old *networkingv1.IngressClass) field.ErrorList {
	return all(
		metaUpdate(&c.ObjectMeta, &old.ObjectMeta),
		unchanged(specPath().Child("controller"), c.Spec.Controller, old.Spec.Controller),
		IngressClass(c),
	)
}

// IPAddress checks an address in use; its name is the address in its only spelling.
func IPAddress(a *networkingv1.IPAddress) field.ErrorList {
	errs := clusterScoped(&a.ObjectMeta, func(name string, _ bool) []string {
		var messages []string
		for _, err := range utilvalidation.IsValidIP(nil, name) {
			messages = append(messages, err.Detail)
		}
		return messages
	})
	parent, path := a.Spec.ParentRef, specPath().Child("parentRef")
	if parent == nil {
		return append(errs, field.Required(path, ""))
	}
	return all(errs,
		optional(path.Child("group"), parent.Group, isSubdomain),
		requiredAnd(path.Child("resource"), parent.Resource, pathSegment),
		requiredAnd(path.Child("name"), parent.Name, pathSegment),
		optional(path.Child("namespace"), parent.Namespace, pathSegment),
	)
}

func pathSegment(name string) []string { return pathName(name, false) }

// IPAddressUpdate checks an update of an address in use: its parent stays.
func IPAddressUpdate(a, old *networkingv1.IPAddress) field.ErrorList {
	return all(metaUpdate(&a.ObjectMeta, &old.ObjectMeta), unchanged(specPath().Child("parentRef"), a.Spec.ParentRef, old.Spec.ParentRef))
}

// ServiceCIDR checks a range of service addresses.
func ServiceCIDR(c *networkingv1.ServiceCIDR) field.ErrorList {
	path := specPath().Child("cidrs")
	errs := clusterScoped(&c.ObjectMeta, subdomainName)
	switch n := len(c.Spec.CIDRs); {
	case n == 0:
		return append(errs, field.Required(path, "at least one CIDR required"))
	case n > 2:
		return append(errs, field.Invalid(path, c.Spec.CIDRs, "may only hold up to 2 values"))
	case n == 2 && netutils.IsIPv6CIDRString(c.Spec.CIDRs[0]) == netutils.IsIPv6CIDRString(c.Spec.CIDRs[1]):
		errs = append(errs, field.Invalid(path, c.Spec.CIDRs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96"))
	}
	for i, cidr := range c.Spec.CIDRs {
		errs = append(errs, utilvalidation.IsValidCIDR(path.Index(i), cidr)...)
	}
	return errs
}

// ServiceCIDRUpdate checks an update of a range: it may only get a second family.
func ServiceCIDRUpdate(c, old *networkingv1.ServiceCIDR) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	now, before := c.Spec.CIDRs, old.Spec.CIDRs
	if len(now) == 2 && len(before) == 1 && now[0] == before[0] {
		return append(errs, ServiceCIDR(c)...)
	}
	if !slices.Equal(now, before) {
		errs = append(errs, unchanged(specPath().Child("cidrs"), now, before)...)
	}
	return errs
}

// ServiceCIDRStatusUpdate checks a write of servicecidrs/status.
func ServiceCIDRStatusUpdate(c, old *networkingv1.ServiceCIDR) field.ErrorList {
	return metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
}
