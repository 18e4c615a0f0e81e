package apiserver

import (
	"errors"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
)

// completeServices fills in and checks the ranges of cluster IPs and node ports.
func (o *Options) completeServices() error {
	if !o.ServiceCIDR.IsValid() {
		o.ServiceCIDR = netip.MustParsePrefix("10.96.0.0/16")
	}
	if o.NodePorts.Size == 0 {
		o.NodePorts = utilnet.PortRange{Base: 30000, Size: 2768}
	}
	for _, cidr := range o.serviceCIDRs() {
		if bits := cidr.Bits(); cidr.Addr().Is6() && bits < 64 {
			return errors.New("a range of IPv6 cluster IPs is at most a /64")
		}
	}
	if o.SecondServiceCIDR.IsValid() && o.SecondServiceCIDR.Addr().Is6() == o.ServiceCIDR.Addr().Is6() {
		return errors.New("two ranges of cluster IPs must be of different IP families")
	}
	return nil
}

// serviceCIDRs are the one or two ranges, that of the default family first.
func (o *Options) serviceCIDRs() []netip.Prefix {
	all := []netip.Prefix{o.ServiceCIDR.Masked()}
	if o.SecondServiceCIDR.IsValid() {
		all = append(all, o.SecondServiceCIDR.Masked())
	}
	return all
}

// serviceFamilies are the IP families that services can have.
func (o *Options) serviceFamilies() []corev1.IPFamily {
	var all []corev1.IPFamily
	for _, cidr := range o.serviceCIDRs() {
		family := corev1.IPv4Protocol
		if cidr.Addr().Is6() {
			family = corev1.IPv6Protocol
		}
		all = append(all, family)
	}
	return all
}
