package validation

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	utilvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
	netutils "k8s.io/utils/net"
)

// Endpoints checks endpoints.
func Endpoints(e *corev1.Endpoints) field.ErrorList {
	errs := namespaced(&e.ObjectMeta, subdomainName)
	for i := range e.Subsets {
		errs = append(errs, endpointSubset(field.NewPath("subsets").Index(i), &e.Subsets[i])...)
	}
	return errs
}

func endpointSubset(path *field.Path, s *corev1.EndpointSubset) field.ErrorList {
	var errs field.ErrorList
	if len(s.Addresses) == 0 && len(s.NotReadyAddresses) == 0 {
		errs = append(errs, field.Required(path, "must specify `addresses` or `notReadyAddresses`"))
	}
	for i := range s.Addresses {
		errs = append(errs, endpointAddress(path.Child("addresses").Index(i), &s.Addresses[i])...)
	}
	for i := range s.NotReadyAddresses {
		errs = append(errs, endpointAddress(path.Child("notReadyAddresses").Index(i), &s.NotReadyAddresses[i])...)
	}
	for i, p := range s.Ports {
		at := path.Child("ports").Index(i)
		if p.Name == "" && len(s.Ports) > 1 {
			errs = append(errs, field.Required(at.Child("name"), ""))
		}
		errs = all(errs,
			optional(at.Child("name"), p.Name, isLabel),
			portNumber(at.Child("port"), p.Port),
			oneOf(at.Child("protocol"), p.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP),
		)
		if p.AppProtocol != nil {
			errs = append(errs, matches(at.Child("appProtocol"), *p.AppProtocol, utilvalidation.IsQualifiedName(*p.AppProtocol))...)
		}
	}
	return errs
}

func endpointAddress(path *field.Path, a *corev1.EndpointAddress) field.ErrorList {
	errs := all(
		utilvalidation.IsValidIPForLegacyField(path.Child("ip"), a.IP, true, nil),
		optional(path.Child("hostname"), a.Hostname, isLabel),
		reachableIP(path.Child("ip"), a.IP),
	)
	if a.NodeName != nil {
		errs = append(errs, matches(path.Child("nodeName"), *a.NodeName, isSubdomain(*a.NodeName))...)
	}
	return errs
}

// EndpointsUpdate checks an update of endpoints.
func EndpointsUpdate(e, old *corev1.Endpoints) field.ErrorList {
	return all(metaUpdate(&e.ObjectMeta, &old.ObjectMeta), Endpoints(e))
}

// What an endpoint slice holds at most.
const (
	sliceEndpoints     = 1000
	slicePorts         = 20000
	sliceEndpointAddrs = 100
	sliceHints         = 8
)

// EndpointSlice checks an endpoint slice.
func EndpointSlice(s *discoveryv1.EndpointSlice) field.ErrorList {
	errs := all(
		namespaced(&s.ObjectMeta, subdomainName),
		oneOf(field.NewPath("addressType"), s.AddressType, discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6, discoveryv1.AddressTypeFQDN),
		slicePortList(field.NewPath("ports"), s.Ports),
	)
	path := field.NewPath("endpoints")
	if len(s.Endpoints) > sliceEndpoints {
		return append(errs, field.TooMany(path, len(s.Endpoints), sliceEndpoints))
	}
	for i := range s.Endpoints {
		errs = append(errs, sliceEndpoint(path.Index(i), &s.Endpoints[i], s.AddressType)...)
	}
	return errs
}

func sliceEndpoint(path *field.Path, e *discoveryv1.Endpoint, kind discoveryv1.AddressType) field.ErrorList {
	at := path.Child("addresses")
	var errs field.ErrorList
	switch {
	case len(e.Addresses) == 0:
		errs = append(errs, field.Required(at, "must contain at least 1 address"))
	case len(e.Addresses) > sliceEndpointAddrs:
		errs = append(errs, field.TooMany(at, len(e.Addresses), sliceEndpointAddrs))
	}
	for i, address := range e.Addresses {
		wrong := sliceAddress(at.Index(i), address, kind)
		isIP := kind == discoveryv1.AddressTypeIPv4 || kind == discoveryv1.AddressTypeIPv6
		if isIP && len(wrong) == 0 && netutils.IsIPv6String(address) != (kind == discoveryv1.AddressTypeIPv6) {
			wrong = append(wrong, field.Invalid(at, address, fmt.Sprintf("must be an %s address", kind)))
		}
		errs = append(errs, wrong...)
	}
	if e.NodeName != nil {
		errs = append(errs, matches(path.Child("nodeName"), *e.NodeName, isSubdomain(*e.NodeName))...)
	}
	if e.Hostname != nil {
		errs = append(errs, matches(path.Child("hostname"), *e.Hostname, isLabel(*e.Hostname))...)
	}
	if e.Hints == nil {
		return errs
	}
	var zones, nodes []string
	for _, zone := range e.Hints.ForZones {
		zones = append(zones, zone.Name)
	}
	for _, node := range e.Hints.ForNodes {
		nodes = append(nodes, node.Name)
	}
	hints := path.Child("hints")
	if errs = append(errs, hintNames(hints.Child("forZones"), zones, utilvalidation.IsValidLabelValue)...); len(zones) > sliceHints {
		return errs
	}
	return append(errs, hintNames(hints.Child("forNodes"), nodes, isSubdomain)...)
}

// hintNames checks the zones or nodes for which an endpoint is meant (KEP-2433, KEP-3015).
func hintNames(path *field.Path, names []string, rule func(string) []string) field.ErrorList {
	var errs field.ErrorList
	if len(names) > sliceHints {
		return one(field.TooMany(path, len(names), sliceHints))
	}
	had := seen[string]{}
	for i, name := range names {
		at := path.Index(i).Child("name")
		errs = all(errs, had.add(at, name), matches(at, name, rule(name)))
	}
	return errs
}

func sliceAddress(path *field.Path, address string, kind discoveryv1.AddressType) field.ErrorList {
	switch kind {
	case discoveryv1.AddressTypeIPv4, discoveryv1.AddressTypeIPv6:
		return append(utilvalidation.IsValidIP(path, address), reachableIP(path, address)...)
	case discoveryv1.AddressTypeFQDN:
		return utilvalidation.IsFullyQualifiedDomainName(path, address)
	}
	return nil
}

func slicePortList(path *field.Path, ports []discoveryv1.EndpointPort) field.ErrorList {
	if len(ports) > slicePorts {
		return one(field.TooMany(path, len(ports), slicePorts))
	}
	var errs field.ErrorList
	names := seen[string]{}
	for i, p := range ports {
		at := path.Index(i)
		if p.Name != nil {
			errs = all(errs, optional(at.Child("name"), *p.Name, isLabel), names.add(at.Child("name"), *p.Name))
		}
		if p.Protocol == nil {
			errs = append(errs, field.Required(at.Child("protocol"), ""))
		} else {
			errs = append(errs, pointerOneOf(at.Child("protocol"), p.Protocol, corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP)...)
		}
		if p.AppProtocol != nil {
			errs = append(errs, matches(at.Child("appProtocol"), *p.AppProtocol, utilvalidation.IsQualifiedName(*p.AppProtocol))...)
		}
	}
	return errs
}

// EndpointSliceUpdate checks an update of an endpoint slice: its kind of addresses stays.
func EndpointSliceUpdate(s, old *discoveryv1.EndpointSlice) field.ErrorList {
	return all(
		metaUpdate(&s.ObjectMeta, &old.ObjectMeta),
		EndpointSlice(s),
		unchanged(field.NewPath("addressType"), s.AddressType, old.AddressType),
	)
}
