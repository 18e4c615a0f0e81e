package columns

import (
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Ingress are the columns of ingresses.
func Ingress() []Column {
	return named[networkingv1.Ingress](
		text("Class", "Class of the ingress.", func(i *networkingv1.Ingress) string {
			if i.Spec.IngressClassName != nil {
				return *i.Spec.IngressClassName
			}
			return or(i.Annotations["kubernetes.io/ingress.class"], none)
		}),
		text("Hosts", "First hosts that it serves.", func(i *networkingv1.Ingress) string {
			var hosts []string
			for _, rule := range i.Spec.Rules {
				if rule.Host != "" {
					hosts = append(hosts, rule.Host)
				}
			}
			return or(first(listed, ",", hosts), "*")
		}),
		text("Address", "Addresses under which it is reached.", func(i *networkingv1.Ingress) string {
			var addresses []string
			for _, a := range i.Status.LoadBalancer.Ingress {
				addresses = append(addresses, or(a.IP, a.Hostname))
			}
			return strings.Join(addresses, ",")
		}),
		text("Ports", "Ports that it serves.", func(i *networkingv1.Ingress) string {
			if len(i.Spec.TLS) > 0 {
				return "80, 443"
			}
			return "80"
		}),
		age[networkingv1.Ingress](),
	)
}

// IngressClass are the columns of ingress classes.
func IngressClass() []Column {
	return []Column{
		nameColumn(func(c *networkingv1.IngressClass) string {
			return defaultName(c.Name, c.Annotations[networkingv1.AnnotationIsDefaultIngressClass] == "true")
		}),
		text("Controller", "Controller of the class.", func(c *networkingv1.IngressClass) string { return c.Spec.Controller }),
		text("Parameters", "Further configuration of the controller.", func(c *networkingv1.IngressClass) string {
			p := c.Spec.Parameters
			if p == nil {
				return none
			}
			group := ""
			if p.APIGroup != nil && *p.APIGroup != "" {
				group = "." + *p.APIGroup
			}
			return p.Kind + group + "/" + p.Name
		}),
		age[networkingv1.IngressClass](),
	}
}

// defaultName marks the name of the class that is used when none is asked for.
func defaultName(name string, isDefault bool) string {
	if isDefault {
		return name + " (default)"
	}
	return name
}

// NetworkPolicy are the columns of network policies.
func NetworkPolicy() []Column {
	return named[networkingv1.NetworkPolicy](
		text("Pod-Selector", "Labels of the pods that it isolates.", func(p *networkingv1.NetworkPolicy) string { return selector(&p.Spec.PodSelector) }),
		age[networkingv1.NetworkPolicy](),
	)
}

// ServiceCIDR are the columns of ranges of service addresses.
func ServiceCIDR() []Column {
	return named[networkingv1.ServiceCIDR](
		text("CIDRs", "Ranges of addresses.", func(c *networkingv1.ServiceCIDR) string { return strings.Join(c.Spec.CIDRs, ",") }),
		age[networkingv1.ServiceCIDR](),
	)
}

// IPAddress are the columns of service addresses in use.
func IPAddress() []Column {
	return named[networkingv1.IPAddress](
		text("ParentRef", "Object that uses the address.", func(a *networkingv1.IPAddress) string {
			parent := a.Spec.ParentRef
			if parent == nil {
				return none
			}
			parts := []string{parent.Resource}
			if parent.Group != "" {
				parts[0] += "." + parent.Group
			}
			if parent.Namespace != "" {
				parts = append(parts, parent.Namespace)
			}
			return strings.Join(append(parts, parent.Name), "/")
		}),
	)
}
