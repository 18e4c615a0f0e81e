package validation

import (
	networkingv1 "k8s.io/api/networking/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

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
	return all(metaUpdate(&a.ObjectMeta, &old.ObjectMeta), IPAddress(a), unchanged(specPath().Child("parentRef"), a.Spec.ParentRef, old.Spec.ParentRef))
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
	}
	var wrong field.ErrorList
	for i, cidr := range c.Spec.CIDRs {
		wrong = append(wrong, utilvalidation.IsValidCIDR(path.Index(i), cidr)...)
	}
	if dual, _ := netutils.IsDualStackCIDRStrings(c.Spec.CIDRs); len(wrong) == 0 && len(c.Spec.CIDRs) == 2 && !dual {
		wrong = one(field.Invalid(path, c.Spec.CIDRs, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96"))
	}
	return append(errs, wrong...)
}

// ServiceCIDRUpdate checks an update of a range: it may only get a second family.
func ServiceCIDRUpdate(c, old *networkingv1.ServiceCIDR) field.ErrorList {
	errs := metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
	now, before := c.Spec.CIDRs, old.Spec.CIDRs
	if len(now) == 2 && len(before) == 1 {
		return all(errs, unchanged(specPath().Child("cidrs").Index(0), now[0], before[0]), ServiceCIDR(c))
	}
	if len(now) != len(before) {
		return append(errs, unchanged(specPath().Child("cidrs"), now, before)...)
	}
	for i := range now {
		errs = append(errs, unchanged(specPath().Child("cidrs").Index(i), now[i], before[i])...)
	}
	return errs
}

// ServiceCIDRStatusUpdate checks a write of servicecidrs/status.
func ServiceCIDRStatusUpdate(c, old *networkingv1.ServiceCIDR) field.ErrorList {
	return metaUpdate(&c.ObjectMeta, &old.ObjectMeta)
}
