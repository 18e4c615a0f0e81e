package validation

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// ServiceClusterIPs checks the cluster IPs of a service and their families. The
// server does so before it gives out addresses, as there would be none to give.
// A new service has the zero value as old.
func ServiceClusterIPs(spec, old *corev1.ServiceSpec) field.ErrorList {
	if spec.Type == corev1.ServiceTypeExternalName {
		return nil // has none, which the rule for types says
	}
	path := specPath()
	families := ipFamilies(path.Child("ipFamilies"), spec.IPFamilies)
	errs := all(families, pointerOneOf(path.Child("ipFamilyPolicy"), spec.IPFamilyPolicy,
		corev1.IPFamilyPolicySingleStack, corev1.IPFamilyPolicyPreferDualStack, corev1.IPFamilyPolicyRequireDualStack))
	at, ips := path.Child("clusterIPs"), spec.ClusterIPs
	if len(ips) == 0 {
		return errs
	}
	switch {
	case spec.ClusterIP == "":
		errs = append(errs, field.Invalid(at, ips, "must be empty when `clusterIP` is not specified"))
	case ips[0] != spec.ClusterIP:
		errs = append(errs, field.Invalid(at, ips, "first value must match `clusterIP`"))
	}
	if len(ips) > 2 {
		errs = append(errs, field.Invalid(at, ips, "may only hold up to 2 values"))
	}
	var addresses field.ErrorList
	for i, ip := range ips {
		if i > 0 || ip != corev1.ClusterIPNone {
			addresses = append(addresses, utilvalidation.IsValidIPForLegacyField(at.Index(i), ip, true, old.ClusterIPs)...)
		} else if len(ips) > 1 {
			errs = append(errs, field.Invalid(at, ips, "'None' must be the first and only value"))
		}
	}
	if errs = append(errs, addresses...); len(addresses) > 0 || ips[0] == corev1.ClusterIPNone {
		return errs
	}
	if dual, _ := netutils.IsDualStackIPStrings(ips); len(ips) > 1 && !dual {
		errs = append(errs, field.Invalid(at, ips, "may specify no more than one IP for each IP family"))
	}
	if len(families) > 0 {
		return errs
	}
	return append(errs, addressesOfFamilies(at, spec)...)
}

func ipFamilies(path *field.Path, list []corev1.IPFamily) field.ErrorList {
	var errs field.ErrorList
	had := seen[corev1.IPFamily]{}
	for i, family := range list {
		errs = append(errs, pointerOneOf(path.Index(i), &family, corev1.IPv4Protocol, corev1.IPv6Protocol)...)
		errs = append(errs, had.add(path.Index(i), family)...)
	}
	return errs
}

func addressesOfFamilies(path *field.Path, spec *corev1.ServiceSpec) field.ErrorList {
	var errs field.ErrorList
	for i, ip := range spec.ClusterIPs {
		if i >= len(spec.IPFamilies) {
			break
		}
		if family := spec.IPFamilies[i]; netutils.IsIPv6String(ip) != (family == corev1.IPv6Protocol) {
			errs = append(errs, field.Invalid(path.Index(i), ip, fmt.Sprintf("expected an %s value as indicated by `ipFamilies[%d]`", family, i)))
		}
	}
	return errs
}

// ServiceClusterIPsUpdate lets an update add and take away only a second address.
func ServiceClusterIPsUpdate(spec, old *corev1.ServiceSpec) field.ErrorList {
	if old.Type == corev1.ServiceTypeExternalName || spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	path := specPath()
	var errs field.ErrorList
	if len(old.ClusterIPs) > 0 && old.ClusterIPs[0] != "" && !slices.Equal(firstOf(spec.ClusterIPs), firstOf(old.ClusterIPs)) {
		errs = append(errs, field.Invalid(path.Child("clusterIPs").Index(0), spec.ClusterIPs, "may not change once set"))
	}
	if len(old.ClusterIPs) == 2 && len(spec.ClusterIPs) == 2 && spec.ClusterIPs[1] != old.ClusterIPs[1] {
		errs = append(errs, field.Invalid(path.Child("clusterIPs").Index(1), spec.ClusterIPs, "may not change once set"))
	}
	if spec.ClusterIP == corev1.ClusterIPNone {
		return errs // its families only choose endpoints
	}
	for i, family := range spec.IPFamilies {
		if i < len(old.IPFamilies) && i < 2 && family != old.IPFamilies[i] {
			errs = append(errs, field.Invalid(path.Child("ipFamilies").Index(i), spec.IPFamilies, "may not change once set"))
		}
	}
	return errs
}

func firstOf[T any](list []T) []T { return list[:min(1, len(list))] }
