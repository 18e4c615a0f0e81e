package services

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"

	"github.com/seatrial/seatrial/reference/apiserver/registry"
)

// managedBy is what upstream writes on the IPAddresses it makes.
const managedBy = "ipallocator.k8s.io"

// guesses is how often a random address is tried before all are looked at.
const guesses = 8

var (
	errTaken   = errors.New("provided IP is already allocated")
	errFull    = errors.New("range is full")
	errOutside = errors.New("the provided network does not match the current range")
	errNotOurs = errors.New("claim belongs to another service")
)

// addresses allocates cluster IPs. An IPAddress object is the claim: making it
// is atomic, also among several API servers. The ranges are ServiceCIDR objects.
// Source: https://kubernetes.io/docs/reference/networking/virtual-ips/#ip-address-objects
type addresses struct {
	store *registry.REST // IPAddresses
	cidrs *registry.REST // ServiceCIDRs
}

// clusterScope is the context for objects without a namespace.
func clusterScope(ctx context.Context) context.Context {
	return request.WithNamespace(ctx, metav1.NamespaceNone)
}

// claimOf is the IPAddress of a service.
func claimOf(addr netip.Addr, s *corev1.Service) *networkingv1.IPAddress {
	return &networkingv1.IPAddress{
		ObjectMeta: metav1.ObjectMeta{
			Name: addr.String(),
			Labels: map[string]string{
				networkingv1.LabelIPAddressFamily: string(familyOf(addr)),
				networkingv1.LabelManagedBy:       managedBy,
			},
		},
		Spec: networkingv1.IPAddressSpec{ParentRef: &networkingv1.ParentReference{
			Resource: "services", Namespace: s.Namespace, Name: s.Name,
		}},
	}
}

// claim makes the IPAddress, whatever the ranges are.
func (a *addresses) claim(ctx context.Context, addr netip.Addr, s *corev1.Service) error {
	_, err := a.store.Create(clusterScope(ctx), claimOf(addr, s), rest.ValidateAllObjectFunc, &metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return errTaken
	}
	return err
}

// take claims the address that a service asks for.
func (a *addresses) take(ctx context.Context, addr netip.Addr, s *corev1.Service) error {
	if err := a.inRange(ctx, addr); err != nil {
		return err
	}
	return a.claim(ctx, addr, s)
}

// measure counts what allocate does, under the range of its address.
func (a *addresses) measure(ctx context.Context, scope string, allocate func() (netip.Addr, error)) error {
	started := time.Now()
	addr, err := allocate()
	took := time.Since(started)
	if all, listErr := a.subnets(ctx, "0"); listErr == nil && addr.IsValid() {
		measured().address(rangeOf(all, addr), scope, took, err)
	}
	return err
}

// mayTake is take without its effect.
func (a *addresses) mayTake(ctx context.Context, addr netip.Addr) error {
	if err := a.inRange(ctx, addr); err != nil {
		return err
	}
	_, err := a.store.Get(clusterScope(ctx), addr.String(), &metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return nil
	case err != nil:
		return err
	}
	return errTaken
}

// takeAny claims a free address of the family: a random one of the upper part
// of a range, so that users can choose addresses in the lower part.
// Source: https://kubernetes.io/docs/concepts/services-networking/cluster-ip-allocation/
func (a *addresses) takeAny(ctx context.Context, family corev1.IPFamily, s *corev1.Service) (netip.Addr, error) {
	known, err := a.ofFamily(ctx, family, "0")
	if err != nil {
		return netip.Addr{}, err
	}
	for _, in := range known[:min(1, len(known))] {
		for range guesses {
			addr := in.random()
			if err := a.claim(ctx, addr, s); !errors.Is(err, errTaken) {
				return addr, err
			}
		}
	}
	for {
		addr, err := a.free(ctx, family)
		if err != nil {
			return netip.Addr{}, err
		}
		if err := a.claim(ctx, addr, s); !errors.Is(err, errTaken) {
			return addr, err
		}
	}
}

// free returns an address of the family that nobody has now. It asks for the
// state of this moment, since it is the last resort before a refusal.
func (a *addresses) free(ctx context.Context, family corev1.IPFamily) (netip.Addr, error) {
	all, err := a.ofFamily(ctx, family, "")
	if err != nil {
		return netip.Addr{}, err
	}
	claims, err := a.claims(ctx)
	if err != nil {
		return netip.Addr{}, err
	}
	taken := make(map[string]bool, len(claims))
	for i := range claims {
		taken[claims[i].Name] = true
	}
	for _, in := range all {
		if addr, ok := in.free(taken); ok {
			return addr, nil
		}
	}
	return netip.Addr{}, errFull
}

// claims returns all IPAddresses, also those that others have made.
func (a *addresses) claims(ctx context.Context) ([]networkingv1.IPAddress, error) {
	obj, err := a.store.List(clusterScope(ctx), &metainternal.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("list addresses: %w", err)
	}
	list, ok := obj.(*networkingv1.IPAddressList)
	if !ok {
		return nil, fmt.Errorf("list addresses: %T is not an IPAddressList", obj)
	}
	return list.Items, nil
}

func (a *addresses) ofFamily(ctx context.Context, family corev1.IPFamily, resourceVersion string) ([]subnet, error) {
	all, err := a.subnets(ctx, resourceVersion)
	return slices.DeleteFunc(all, func(s subnet) bool { return familyOf(s.nth(0)) != family }), err
}

// inRange asks once more for the state of this moment before it refuses, as a
// range may be new.
func (a *addresses) inRange(ctx context.Context, addr netip.Addr) error {
	for _, resourceVersion := range []string{"0", ""} {
		all, err := a.subnets(ctx, resourceVersion)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(all, func(s subnet) bool { return s.has(addr) }) {
			return nil
		}
	}
	return errOutside
}

// freeAll gives the claims of a service back. What is gone already is fine;
// what cannot be deleted now is found by the next repair.
func (a *addresses) freeAll(ctx context.Context, s *corev1.Service, ips []string) {
	for _, ip := range ips {
		addr, ok := parse(ip)
		if !ok {
			continue
		}
		_, _, err := a.store.Delete(clusterScope(ctx), addr.String(), func(_ context.Context, obj runtime.Object) error {
			if claim, ok := obj.(*networkingv1.IPAddress); !ok || !isParent(claim, s) {
				return errNotOurs
			}
			return nil
		}, metav1.NewDeleteOptions(0))
		if all, listErr := a.subnets(ctx, "0"); err == nil && listErr == nil {
			measured().addressFreed(rangeOf(all, addr))
		}
	}
}

// isParent says whether the address was claimed for the service.
func isParent(claim *networkingv1.IPAddress, s *corev1.Service) bool {
	ref := claim.Spec.ParentRef
	return ref != nil && ref.Group == "" && ref.Resource == "services" && ref.Namespace == s.Namespace && ref.Name == s.Name
}
