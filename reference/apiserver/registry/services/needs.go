package services

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func headless(s *corev1.Service) bool { return s.Spec.ClusterIP == corev1.ClusterIPNone }

func needsAddress(s *corev1.Service) bool {
	return s.Spec.Type != corev1.ServiceTypeExternalName && !headless(s)
}

func needsPorts(s *corev1.Service) bool {
	switch s.Spec.Type {
	case corev1.ServiceTypeNodePort:
		return true
	case corev1.ServiceTypeLoadBalancer:
		return s.Spec.AllocateLoadBalancerNodePorts == nil || *s.Spec.AllocateLoadBalancerNodePorts
	}
	return false
}

func needsHealthCheckPort(s *corev1.Service) bool {
	return s.Spec.Type == corev1.ServiceTypeLoadBalancer && s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
}

// addressesOf returns the addresses that a stored service holds.
func addressesOf(s *corev1.Service) []string {
	if !needsAddress(s) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(s.Spec.ClusterIPs), func(ip string) bool { return !valid(ip) })
}

// portsOf returns the node ports that a stored service holds.
func portsOf(s *corev1.Service) []int32 {
	var all []int32
	for _, p := range s.Spec.Ports {
		if p.NodePort != 0 && !slices.Contains(all, p.NodePort) {
			all = append(all, p.NodePort)
		}
	}
	if p := s.Spec.HealthCheckNodePort; p != 0 && !slices.Contains(all, p) {
		all = append(all, p)
	}
	return all
}

func valid(ip string) bool {
	_, err := netip.ParseAddr(ip)
	return err == nil
}

// defaultFamilies fills in ipFamilies and ipFamilyPolicy for a cluster of one family.
// Source: https://kubernetes.io/docs/concepts/services-networking/dual-stack/
func defaultFamilies(s *corev1.Service, cidr netip.Prefix) field.ErrorList {
	spec := &s.Spec
	if spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	family := corev1.IPv4Protocol
	if cidr.Addr().Is6() {
		family = corev1.IPv6Protocol
	}
	if headless(s) && len(spec.Selector) == 0 {
		defaultHeadless(spec, family)
		return nil
	}
	var errs field.ErrorList
	if p := spec.IPFamilyPolicy; p != nil && *p == corev1.IPFamilyPolicyRequireDualStack {
		errs = append(errs, field.Invalid(field.NewPath("spec", "ipFamilyPolicy"), *p, "this cluster is not configured for dual-stack services"))
	}
	for i, f := range spec.IPFamilies {
		if (f == corev1.IPv4Protocol || f == corev1.IPv6Protocol) && f != family {
			errs = append(errs, field.Invalid(field.NewPath("spec", "ipFamilies").Index(i), f, "not configured on this cluster"))
		}
	}
	errs = append(errs, foreignAddresses(spec, cidr)...)
	if len(errs) > 0 {
		return errs
	}
	if spec.IPFamilyPolicy == nil {
		spec.IPFamilyPolicy = new(corev1.IPFamilyPolicySingleStack)
	}
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []corev1.IPFamily{family}
	}
	return nil
}

// foreignAddresses refuses addresses of the family that the cluster does not have.
func foreignAddresses(spec *corev1.ServiceSpec, cidr netip.Prefix) field.ErrorList {
	var errs field.ErrorList
	for i, ip := range spec.ClusterIPs {
		addr, err := netip.ParseAddr(ip)
		if err != nil || addr.Is6() == cidr.Addr().Is6() {
			continue
		}
		other := corev1.IPv4Protocol
		if addr.Is6() {
			other = corev1.IPv6Protocol
		}
		errs = append(errs, field.Invalid(field.NewPath("spec", "clusterIPs").Index(i), spec.ClusterIPs, fmt.Sprintf("%s is not configured on this cluster", other)))
	}
	return errs
}

// defaultHeadless: endpoints of a headless service without a selector are the
// user's, so it may have addresses of both families in any cluster.
func defaultHeadless(spec *corev1.ServiceSpec, family corev1.IPFamily) {
	if spec.IPFamilyPolicy == nil {
		spec.IPFamilyPolicy = new(corev1.IPFamilyPolicyRequireDualStack)
	}
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []corev1.IPFamily{family}
	}
	if *spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack && len(spec.IPFamilies) == 1 {
		other := corev1.IPv6Protocol
		if spec.IPFamilies[0] == corev1.IPv6Protocol {
			other = corev1.IPv4Protocol
		}
		spec.IPFamilies = append(spec.IPFamilies, other)
	}
}
