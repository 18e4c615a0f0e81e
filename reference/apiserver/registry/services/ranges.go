package services

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// subnet is one range of a ServiceCIDR. Its addresses are counted from 0, the
// one that is never given away.
type subnet netip.Prefix

// last is the number of the last usable address: not the last one of an IPv4
// range, which is its broadcast address.
func (s subnet) last() uint64 {
	p := netip.Prefix(s)
	bits := p.Addr().BitLen() - p.Bits()
	if bits >= 63 {
		return math.MaxInt64
	}
	n := uint64(1)<<bits - 1
	if p.Addr().Is4() && n > 1 {
		n--
	}
	return n
}

// reserved is the size of the lower part, from which only asked-for addresses are taken while the
// upper part lasts: a sixteenth of the range, at least 16 and at most 256 addresses.
// https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func (s subnet) reserved() uint64 {
	size := s.last() + 1
	if size <= 16 {
		return 0
	}
	return min(max(16, (size+1)/16), 256)
}

// nth is the address n places after the first of the range.
func (s subnet) nth(n uint64) netip.Addr {
	base := netip.Prefix(s).Addr()
	sum := new(big.Int).SetBytes(base.AsSlice())
	sum.Add(sum, new(big.Int).SetUint64(n))
	addr, _ := netip.AddrFromSlice(sum.FillBytes(make([]byte, base.BitLen()/8)))
	return addr
}

// random is an address of the upper part.
func (s subnet) random() netip.Addr {
	lower := min(s.reserved(), s.last()-1)
	return s.nth(lower + 1 + rand.Uint64N(s.last()-lower))
}

// has says whether the address can be given to a service.
func (s subnet) has(addr netip.Addr) bool {
	p := netip.Prefix(s)
	return p.Contains(addr) && addr != p.Addr() && !s.nth(s.last()).Less(addr)
}

// free returns an address that is not taken: in the upper part if there is
// one, from a random place on, else in the lower part.
func (s subnet) free(taken map[string]bool) (netip.Addr, bool) {
	lower := min(s.reserved(), s.last()-1)
	upper := s.last() - lower
	from := rand.Uint64N(upper)
	for i := range upper {
		if addr := s.nth(lower + 1 + (from+i)%upper); !taken[addr.String()] {
			return addr, true
		}
	}
	for n := lower; n > 0; n-- {
		if addr := s.nth(n); !taken[addr.String()] {
			return addr, true
		}
	}
	return netip.Addr{}, false
}

// subnets returns the ranges that addresses are given from: those of all
// ServiceCIDRs that are ready. The resource version "0" asks for what the
// server knows, the empty one for what is true now.
// Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects
func (a *addresses) subnets(ctx context.Context, resourceVersion string) ([]subnet, error) {
	list, err := a.serviceCIDRs(ctx, resourceVersion)
	if err != nil {
		return nil, err
	}
	var all []subnet
	for i := range list {
		if usable(&list[i]) {
			all = append(all, subnetsOf(&list[i])...)
		}
	}
	return all, nil
}

func (a *addresses) serviceCIDRs(ctx context.Context, resourceVersion string) ([]networkingv1.ServiceCIDR, error) {
	obj, err := a.cidrs.List(clusterScope(ctx), &metainternal.ListOptions{ResourceVersion: resourceVersion})
	if err != nil {
		return nil, fmt.Errorf("list service CIDRs: %w", err)
	}
	list, ok := obj.(*networkingv1.ServiceCIDRList)
	if !ok {
		return nil, fmt.Errorf("list service CIDRs: %T is not a ServiceCIDRList", obj)
	}
	return list.Items, nil
}

func usable(c *networkingv1.ServiceCIDR) bool {
	return c.DeletionTimestamp == nil && slices.ContainsFunc(c.Status.Conditions, func(condition metav1.Condition) bool {
		return condition.Type == networkingv1.ServiceCIDRConditionReady && condition.Status == metav1.ConditionTrue
	})
}

func subnetsOf(c *networkingv1.ServiceCIDR) []subnet {
	var all []subnet
	for _, cidr := range c.Spec.CIDRs {
		if p, err := netip.ParsePrefix(cidr); err == nil {
			all = append(all, subnet(p.Masked()))
		}
	}
	return all
}

// familyOf is the family of an address.
func familyOf(addr netip.Addr) corev1.IPFamily {
	if addr.Is4() {
		return corev1.IPv4Protocol
	}
	return corev1.IPv6Protocol
}

// parse reads an address. Services may spell an IPv6 address in any way; the
// name of an IPAddress has only one spelling.
func parse(ip string) (netip.Addr, bool) {
	addr, err := netip.ParseAddr(ip)
	if err != nil || strings.Contains(ip, "%") {
		return netip.Addr{}, false
	}
	return addr.Unmap(), true
}
