package services

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// families are the IP families of a cluster, the default one first.
type families []corev1.IPFamily

var (
	policyPath   = field.NewPath("spec", "ipFamilyPolicy")
	familiesPath = field.NewPath("spec", "ipFamilies")
	addressPath  = field.NewPath("spec", "clusterIPs")
)

// fill completes ipFamilies and ipFamilyPolicy of a service whose addresses
// are well-formed. old is empty for a new service.
// Source: https://kubernetes.io/docs/concepts/services-networking/dual-stack/
func (f families) fill(s, old *corev1.Service) field.ErrorList {
	spec := &s.Spec
	if spec.Type == corev1.ServiceTypeExternalName || prefersAsBefore(spec, &old.Spec) {
		return nil
	}
	narrow(spec, &old.Spec)
	free := headless(s) && len(spec.Selector) == 0
	if free && spec.IPFamilyPolicy == nil {
		spec.IPFamilyPolicy = new(corev1.IPFamilyPolicyRequireDualStack)
	}
	if spec.IPFamilyPolicy == nil {
		spec.IPFamilyPolicy = new(corev1.IPFamilyPolicySingleStack)
	}
	if errs := append(tooMany(spec), f.infer(spec)...); len(errs) > 0 {
		return errs
	}
	if free {
		f.fillHeadless(spec)
		return nil
	}
	if errs := f.refuse(spec); len(errs) > 0 {
		return errs
	}
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []corev1.IPFamily{f[0]}
	}
	if *spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack && len(f) == 2 {
		addOther(spec)
	}
	return nil
}

// prefersAsBefore: a service that preferred two families and got one stays so
// when the cluster gets another, until its writer asks for a change.
func prefersAsBefore(spec, old *corev1.ServiceSpec) bool {
	prefers := func(s *corev1.ServiceSpec) bool {
		return s.IPFamilyPolicy != nil && *s.IPFamilyPolicy == corev1.IPFamilyPolicyPreferDualStack
	}
	return prefers(spec) && prefers(old) && old.Type != corev1.ServiceTypeExternalName && len(old.IPFamilies) > 0 &&
		slices.Equal(spec.IPFamilies, old.IPFamilies) && slices.Equal(spec.ClusterIPs, old.ClusterIPs)
}

// narrow drops the second address and family of a service that is to have only
// one, if the writer left them as they were.
func narrow(spec, old *corev1.ServiceSpec) {
	single := spec.IPFamilyPolicy != nil && *spec.IPFamilyPolicy == corev1.IPFamilyPolicySingleStack
	dual := old.IPFamilyPolicy != nil && *old.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack
	if !single || !dual {
		return
	}
	if len(spec.ClusterIPs) == 2 && slices.Equal(spec.ClusterIPs, old.ClusterIPs) {
		spec.ClusterIPs = spec.ClusterIPs[:1]
	}
	if len(spec.IPFamilies) == 2 && slices.Equal(spec.IPFamilies, old.IPFamilies) {
		spec.IPFamilies = spec.IPFamilies[:1]
	}
}

// infer takes the families of the given addresses.
func (f families) infer(spec *corev1.ServiceSpec) field.ErrorList {
	var errs field.ErrorList
	for i, ip := range spec.ClusterIPs {
		addr, ok := parse(ip)
		if !ok || i < len(spec.IPFamilies) {
			continue
		}
		family := familyOf(addr)
		if !slices.Contains(f, family) {
			errs = append(errs, field.Invalid(addressPath.Index(i), spec.ClusterIPs, fmt.Sprintf("%s is not configured on this cluster", family)))
			continue
		}
		spec.IPFamilies = append(spec.IPFamilies, family)
	}
	return errs
}

// fillHeadless: endpoints of a headless service without a selector are the
// user's, so it may have addresses of both families in any cluster.
func (f families) fillHeadless(spec *corev1.ServiceSpec) {
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []corev1.IPFamily{f[0]}
	}
	if *spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack {
		addOther(spec)
	}
}

// released refuses to give back the second family or address without saying so.
func released(spec, old *corev1.ServiceSpec) field.ErrorList {
	if spec.Type == corev1.ServiceTypeExternalName || spec.IPFamilyPolicy == nil || *spec.IPFamilyPolicy == corev1.IPFamilyPolicySingleStack {
		return nil
	}
	const policy = "must be 'SingleStack' to release the secondary "
	var errs field.ErrorList
	if len(old.ClusterIPs) == 2 && len(spec.ClusterIPs) == 1 {
		errs = append(errs, field.Invalid(policyPath, *spec.IPFamilyPolicy, policy+"cluster IP"))
	}
	if len(old.IPFamilies) == 2 && len(spec.IPFamilies) == 1 {
		errs = append(errs, field.Invalid(policyPath, *spec.IPFamilyPolicy, policy+"IP family"))
	}
	return errs
}

// tooMany refuses two of what a service of a single family has one of.
func tooMany(spec *corev1.ServiceSpec) field.ErrorList {
	if *spec.IPFamilyPolicy != corev1.IPFamilyPolicySingleStack {
		return nil
	}
	const policies = "must be 'RequireDualStack' or 'PreferDualStack' when multiple "
	var errs field.ErrorList
	if len(spec.ClusterIPs) == 2 {
		errs = append(errs, field.Invalid(policyPath, *spec.IPFamilyPolicy, policies+"cluster IPs are specified"))
	}
	if len(spec.IPFamilies) == 2 {
		errs = append(errs, field.Invalid(policyPath, *spec.IPFamilyPolicy, policies+"IP families are specified"))
	}
	return errs
}

// refuse says what this cluster cannot give.
func (f families) refuse(spec *corev1.ServiceSpec) field.ErrorList {
	var errs field.ErrorList
	if p := *spec.IPFamilyPolicy; p == corev1.IPFamilyPolicyRequireDualStack && len(f) < 2 {
		errs = append(errs, field.Invalid(policyPath, p, "this cluster is not configured for dual-stack services"))
	}
	for i, family := range spec.IPFamilies {
		if !slices.Contains(f, family) {
			errs = append(errs, field.Invalid(familiesPath.Index(i), family, "not configured on this cluster"))
		}
	}
	return errs
}

// addOther adds the family that a service with one does not have.
func addOther(spec *corev1.ServiceSpec) {
	if len(spec.IPFamilies) != 1 {
		return
	}
	other := corev1.IPv6Protocol
	if spec.IPFamilies[0] == corev1.IPv6Protocol {
		other = corev1.IPv4Protocol
	}
	spec.IPFamilies = append(spec.IPFamilies, other)
}
