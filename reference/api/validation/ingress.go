package validation

import (
	"fmt"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

const ingressClassAnnotation = "kubernetes.io/ingress.class"

// Ingress checks a new ingress.
func Ingress(i *networkingv1.Ingress) field.ErrorList {
	errs := ingress(i)
	if class, ok := i.Annotations[ingressClassAnnotation]; ok && i.Spec.IngressClassName != nil && class != *i.Spec.IngressClassName {
		errs = append(errs, field.Invalid(field.NewPath("annotations").Child(ingressClassAnnotation), class, "must match `ingressClassName` when both are specified"))
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
		at := path.Child("resource")
		return all(setGroup(at.Child("apiGroup"), b.Resource.APIGroup), requiredAnd(at.Child("kind"), b.Resource.Kind, pathSegment), requiredAnd(at.Child("name"), b.Resource.Name, pathSegment))
	case b.Service == nil:
		return one(field.Invalid(path, "", "resource or service backend is required"))
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

// setGroup checks the group of a reference, which nothing but its absence may leave empty.
func setGroup(path *field.Path, group *string) field.ErrorList {
	if group == nil {
		return nil
	}
	return matches(path, *group, isSubdomain(*group))
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
			errs = append(errs, hostname(at.Child("hostname"), a.Hostname)...)
		}
	}
	return errs
}

// IngressClass checks an ingress class.
func IngressClass(c *networkingv1.IngressClass) field.ErrorList {
	path := specPath()
	errs := clusterScoped(&c.ObjectMeta, subdomainName)
	controller := path.Child("controller")
	if len(c.Spec.Controller) > maxController {
		errs = append(errs, field.TooLong(controller, c.Spec.Controller, maxController))
	}
	if c.Spec.Controller == "" {
		errs = append(errs, field.Required(controller, ""))
	} else {
		errs = append(errs, utilvalidation.IsDomainPrefixedPath(controller, c.Spec.Controller)...)
	}
	if p := c.Spec.Parameters; p != nil {
		errs = append(errs, classParameters(path.Child("parameters"), p)...)
	}
	return errs
}

// maxController is how long the name of a controller may be, in bytes.
const maxController = 250

func classParameters(path *field.Path, p *networkingv1.IngressClassParametersReference) field.ErrorList {
	errs := all(setGroup(path.Child("apiGroup"), p.APIGroup), requiredAnd(path.Child("kind"), p.Kind, pathSegment), requiredAnd(path.Child("name"), p.Name, pathSegment))
	if p.Scope == nil {
		return append(errs, field.Required(path.Child("scope"), ""))
	}
	errs = append(errs, pointerOneOf(path.Child("scope"), p.Scope, networkingv1.IngressClassParametersReferenceScopeCluster, networkingv1.IngressClassParametersReferenceScopeNamespace)...)
	at := path.Child("namespace")
	switch *p.Scope {
	case networkingv1.IngressClassParametersReferenceScopeNamespace:
		if p.Namespace == nil {
			return append(errs, field.Required(at, "`parameters.scope` is set to 'Namespace'"))
		}
		errs = append(errs, matches(at, *p.Namespace, isLabel(*p.Namespace))...)
	case networkingv1.IngressClassParametersReferenceScopeCluster:
		if p.Namespace != nil {
			errs = append(errs, field.Forbidden(at, "`parameters.scope` is set to 'Cluster'"))
		}
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
