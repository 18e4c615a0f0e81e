package validation

import (
	"fmt"

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
		errs = append(errs, pointerOneOf(path.Child("policyTypes").Index(i), &kind, networkingv1.PolicyTypeEgress, networkingv1.PolicyTypeIngress)...)
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
			errs = append(errs, field.Invalid(at.Child("endPort"), *p.EndPort, "may not be specified when `port` is not specified"))
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
	_, block, err := netutils.ParseCIDRSloppy(b.CIDR)
	for i, except := range b.Except {
		at := path.Child("except").Index(i)
		wrong := utilvalidation.IsValidCIDRForLegacyField(at, except, true, nil)
		if len(wrong) > 0 {
			errs = append(errs, wrong...)
			continue
		}
		if err != nil {
			continue // nothing to compare with
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
	return all(metaUpdate(&p.ObjectMeta, &old.ObjectMeta), named(NetworkPolicy(p)))
}
