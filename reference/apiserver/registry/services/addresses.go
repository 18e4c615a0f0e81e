package services

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"net/netip"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// managedBy is what upstream writes on the IPAddresses it makes.
const managedBy = "ipallocator.k8s.io"

// guesses is how often a random address is tried before all are looked at.
const guesses = 8

var (
	errTaken = errors.New("provided IP is already allocated")
	errFull  = errors.New("range is full")
)

// addresses allocates cluster IPs. An IPAddress object is the claim: making it
// is atomic, also among several API servers.
// Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects
type addresses struct {
	store *registry.REST
	cidr  netip.Prefix
}

// clusterScope is the context for objects without a namespace.
func clusterScope(ctx context.Context) context.Context {
	return request.WithNamespace(ctx, metav1.NamespaceNone)
}

// take claims one address for the service.
func (a *addresses) take(ctx context.Context, ip string, s *corev1.Service) error {
	addr, err := a.inRange(ip)
	if err != nil {
		return err
	}
	family := string(corev1.IPv4Protocol)
	if addr.Is6() {
		family = string(corev1.IPv6Protocol)
	}
	claim := &networkingv1.IPAddress{
		ObjectMeta: metav1.ObjectMeta{
			Name: addr.String(),
			Labels: map[string]string{
				networkingv1.LabelIPAddressFamily: family,
				networkingv1.LabelManagedBy:       managedBy,
			},
		},
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{
			Resource: "services", Namespace: s.Namespace, Name: s.Name,
		}},
	}
	_, err = a.store.Create(clusterScope(ctx), claim, rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("failed to allocate IP %s: %w", ip, errTaken)
	}
	return err
}

// takeAny claims a free address: a random one of the upper part of the range,
// so that users can choose addresses in the lower part without a collision.
// Source: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func (a *addresses) takeAny(ctx context.Context, s *corev1.Service) (string, error) {
	for range guesses {
		ip := a.random().String()
		err := a.take(ctx, ip, s)
		if err == nil {
			return ip, nil
		}
		if !errors.Is(err, errTaken) {
			return "", err
		}
	}
	for {
		ip, err := a.free(ctx)
		if err != nil {
			return "", err
		}
		if err := a.take(ctx, ip, s); !errors.Is(err, errTaken) {
			return ip, err
		}
	}
}

// mayTake is take without its effect.
func (a *addresses) mayTake(ctx context.Context, ip string) error {
	addr, err := a.inRange(ip)
	if err != nil {
		return err
	}
	_, err = a.store.Get(clusterScope(ctx), addr.String(), &metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	return fmt.Errorf("failed to allocate IP %s: %w", ip, errTaken)
}

// free returns an address that nobody has now, the highest ones first.
func (a *addresses) free(ctx context.Context) (string, error) {
	obj, err := a.store.List(clusterScope(ctx), &metainternal.ListOptions{})
	if err != nil {
		return "", err
	}
	list, ok := obj.(*networkingv1.IPAddressList)
	if !ok {
		return "", fmt.Errorf("list addresses: %T is not an IPAddressList", obj)
	}
	taken := make(map[string]bool, len(list.Items))
	for i := range list.Items {
		taken[list.Items[i].Name] = true
	}
	for n := a.last(); n > 0; n-- {
		if ip := a.nth(n).String(); !taken[ip] {
			return ip, nil
		}
	}
	return "", errFull
}

// freeAll gives claims back. What is gone already is fine; what cannot be
// deleted now is found by the next repair.
func (a *addresses) freeAll(ctx context.Context, ips []string) {
	for _, ip := range ips {
		_, _, _ = a.store.Delete(clusterScope(ctx), ip, rest.ValidateAllObjectFunc, metav1.NewDeleteOptions(0))
	}
}

func (a *addresses) inRange(ip string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return addr, err
	}
	if !a.cidr.Contains(addr) || addr == a.cidr.Addr() || strings.Contains(ip, "%") {
		return addr, fmt.Errorf("failed to allocate IP %s: the provided IP is not in the valid range. The range of valid IPs is %s", ip, a.cidr)
	}
	return addr, nil
}

// last is the number of the last usable address; the first address of the
// range, and the last one of an IPv4 range, are never given away. Of larger
// ranges only the first 65,534 addresses are.
func (a *addresses) last() int64 {
	bits := a.cidr.Addr().BitLen() - a.cidr.Bits()
	n := int64(1)<<min(bits, 16) - 1
	if a.cidr.Addr().Is4() && n > 1 {
		n--
	}
	return n
}

// reserved is the size of the lower part, from which only asked-for addresses are taken:
// a sixteenth of the range, at least 16 and at most 256 addresses.
// https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func (a *addresses) reserved() int64 {
	size := int64(1) << min(a.cidr.Addr().BitLen()-a.cidr.Bits(), 16)
	if size <= 16 {
		return 0
	}
	return min(max(16, size/16), 256)
}

func (a *addresses) random() netip.Addr {
	lower := min(a.reserved(), a.last()-1)
	return a.nth(lower + 1 + rand.Int64N(a.last()-lower))
}

// nth is the address n places after the first of the range.
func (a *addresses) nth(n int64) netip.Addr {
	first := new(big.Int).SetBytes(a.cidr.Addr().AsSlice())
	sum := first.Add(first, big.NewInt(n)).FillBytes(make([]byte, a.cidr.Addr().BitLen()/8))
	addr, _ := netip.AddrFromSlice(sum)
	return addr
}
