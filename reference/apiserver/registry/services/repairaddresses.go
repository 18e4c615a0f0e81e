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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/registry/rest"
)

// remedy is one thing to put right: a claim to delete, an address to claim for
// a service, both, or only something to tell.
type remedy struct {
	finding
	release *networkingv1.IPAddress
	claim   netip.Addr
	service *corev1.Service
}

func (r *Repairs) repairAddresses(ctx context.Context) error {
	a := r.rest.addresses
	claims, err := a.claims(ctx)
	if err != nil {
		return fmt.Errorf("repair addresses: %w", err)
	}
	services, err := r.services(ctx)
	if err != nil {
		return fmt.Errorf("repair addresses: %w", err)
	}
	cidrs, err := a.serviceCIDRs(ctx, "")
	if err != nil {
		return fmt.Errorf("repair addresses: %w", err)
	}
	var configured []subnet
	for i := range cidrs {
		configured = append(configured, subnetsOf(&cidrs[i])...)
	}
	measured().count(configured, claims)
	l := newLedger(services, claims)
	var errs []error
	for _, m := range slices.Concat(l.leaks(time.Now()), l.losses(configured)) {
		errs = append(errs, r.apply(ctx, m))
	}
	return errors.Join(errs...)
}

// apply tells only of what it did: a claim that is there meanwhile needs no repair.
func (r *Repairs) apply(ctx context.Context, m remedy) error {
	a := r.rest.addresses
	if m.release != nil {
		unchanged := &metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &m.release.UID, ResourceVersion: &m.release.ResourceVersion}}
		_, _, err := a.store.Delete(clusterScope(ctx), m.release.Name, rest.ValidateAllObjectFunc, unchanged)
		if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("delete address %q: %w", m.release.Name, err)
		}
	}
	if m.claim.IsValid() {
		err := a.claim(ctx, m.claim, m.service)
		if errors.Is(err, errTaken) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("claim address %s of service %q: %w", m.claim, ownerOf(m.service), err)
		}
	}
	m.tell(r.addresses)
	return nil
}

// ledger is what services hold and what is claimed.
type ledger struct {
	services map[string]*corev1.Service // by namespace and name
	claims   map[netip.Addr]*networkingv1.IPAddress
	order    []*corev1.Service
	sorted   []*networkingv1.IPAddress
}

func newLedger(services []corev1.Service, claims []networkingv1.IPAddress) ledger {
	l := ledger{services: map[string]*corev1.Service{}, claims: map[netip.Addr]*networkingv1.IPAddress{}}
	for i := range services {
		l.services[ownerOf(&services[i])] = &services[i]
		l.order = append(l.order, &services[i])
	}
	for i := range claims {
		if addr, ok := parse(claims[i].Name); ok {
			l.claims[addr] = &claims[i]
			l.sorted = append(l.sorted, &claims[i])
		}
	}
	return l
}

// parent is the service that an address was claimed for, if it is there.
func (l ledger) parent(c *networkingv1.IPAddress) *corev1.Service {
	ref := c.Spec.ParentRef
	if ref == nil || ref.Group != "" || ref.Resource != "services" {
		return nil
	}
	return l.services[ref.Namespace+"/"+ref.Name]
}

func holds(s *corev1.Service, addr netip.Addr) bool {
	return s != nil && slices.ContainsFunc(addressesOf(s), func(ip string) bool {
		held, _ := parse(ip)
		return held == addr
	})
}

// leaks are the claims of this package that no service needs.
func (l ledger) leaks(now time.Time) []remedy {
	var all []remedy
	for _, c := range l.sorted {
		if c.Labels[networkingv1.LabelManagedBy] != managedBy {
			continue
		}
		addr, _ := parse(c.Name)
		ref, parent := c.Spec.ParentRef, l.parent(c)
		young := now.Sub(c.CreationTimestamp.Time) < claimGrace
		m := remedy{release: c, finding: finding{about: c, action: claimAction}}
		switch {
		case ref == nil || ref.Group != "" || ref.Resource != "services":
			m.reason = "IPAddressNotAllocated"
			m.note = fmt.Sprintf("IPAddress %s appears to have been modified, not referencing a Service %v: cleaning up", c.Name, ref)
		case holds(parent, addr) || young:
			continue
		case parent == nil:
			m.reason = "IPAddressNotAllocated"
			m.note = fmt.Sprintf("IPAddress: %s for Service %s/%s appears to have leaked: cleaning up", c.Name, ref.Namespace, ref.Name)
		default:
			m.reason = "IPAddressWrongReference"
			m.note = fmt.Sprintf("IPAddress: %s for Service %s/%s has a wrong reference; cleaning up", c.Name, ref.Namespace, ref.Name)
		}
		all = append(all, m)
	}
	return all
}

// losses are the addresses of services that nothing claims for them.
func (l ledger) losses(configured []subnet) []remedy {
	var all []remedy
	for _, s := range l.order {
		if !needsAddress(s) {
			continue
		}
		for _, ip := range s.Spec.ClusterIPs {
			if m, ok := l.loss(s, ip, configured); ok {
				all = append(all, m)
			}
		}
	}
	return all
}

func (l ledger) loss(s *corev1.Service, ip string, configured []subnet) (remedy, bool) {
	m := remedy{finding: finding{about: s, action: addressAction}}
	addr, ok := parse(ip)
	if !ok {
		m.reason, m.action = "ClusterIPNotValid", "ClusterIPValidation"
		m.note = fmt.Sprintf("Cluster IP %s is not a valid IP; please recreate Service", ip)
		return m, true
	}
	family := familyOf(addr)
	c := l.claims[addr]
	switch {
	case !slices.ContainsFunc(configured, func(in subnet) bool { return netip.Prefix(in).Contains(addr) }):
		m.reason = "ClusterIPOutOfRange"
		m.note = fmt.Sprintf("Cluster IP [%v]: %s is not within any configured Service CIDR; please recreate service", family, ip)
	case c == nil:
		m.claim, m.service, m.reason = addr, s, "ClusterIPNotAllocated"
		m.note = fmt.Sprintf("Cluster IP [%v]: %s is not allocated; repairing", family, ip)
	case isParent(c, s):
		return remedy{}, false
	case holds(l.parent(c), addr):
		m.reason = "ClusterIPAlreadyAllocated"
		m.note = fmt.Sprintf("Cluster IP [%v]:%s was assigned to multiple services; please recreate service", family, ip)
	default:
		m.release, m.claim, m.service, m.reason = c, addr, s, "ClusterIPNotAllocated"
		m.note = fmt.Sprintf("the ClusterIP [%v]: %s for Service %s has a wrong reference; repairing", family, ip, ownerOf(s))
	}
	return m, true
}
