package services

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// transaction is one create or update. The store may try the write several
// times; only what the last attempt allocated counts.
type transaction struct {
	rest    *REST
	dryRun  bool
	service *corev1.Service // that of the current attempt

	// of the current attempt
	newAddresses, oldAddresses []string
	newPorts, oldPorts         []int32
}

type transactionKey struct{}

func (r *REST) begin(dryRun bool) *transaction { return &transaction{rest: r, dryRun: dryRun} }

func (t *transaction) in(ctx context.Context) context.Context {
	return context.WithValue(ctx, transactionKey{}, t)
}

func transactionIn(ctx context.Context) *transaction {
	t, _ := ctx.Value(transactionKey{}).(*transaction)
	return t
}

// restart forgets the previous attempt.
func (t *transaction) restart(ctx context.Context, s *corev1.Service) {
	t.giveBack(ctx, t.newAddresses, t.newPorts)
	*t = transaction{rest: t.rest, dryRun: t.dryRun, service: s}
}

// end gives back what the write no longer needs. The client may be gone already.
// Where nobody knows whether the store has the new object, both sets stay
// claimed until a repair has seen which.
func (t *transaction) end(ctx context.Context, err error) {
	ctx = context.WithoutCancel(ctx)
	switch {
	case err == nil:
		t.giveBack(ctx, t.oldAddresses, t.oldPorts)
	case !inDoubt(err):
		t.giveBack(ctx, t.newAddresses, t.newPorts)
	}
}

// inDoubt says whether a write that ended with err may have happened: the
// store broke off, instead of an answer.
func inDoubt(err error) bool {
	var answer apierrors.APIStatus
	if errors.As(err, &answer) {
		return apierrors.IsServerTimeout(err) || apierrors.IsTimeout(err)
	}
	return true
}

func (t *transaction) giveBack(ctx context.Context, addresses []string, ports []int32) {
	if t.dryRun {
		return
	}
	t.rest.addresses.freeAll(ctx, t.service, addresses)
	t.rest.ports.freeAll(ctx, t.service, ports)
}

// allocateAddresses gives the service an address of each of its families.
func (t *transaction) allocateAddresses(ctx context.Context, s, old *corev1.Service) field.ErrorList {
	had := addressesOf(old)
	if needsAddress(s) {
		for i, family := range s.Spec.IPFamilies {
			if err := t.address(ctx, s, i, family, had); err != nil {
				return field.ErrorList{field.Invalid(addressPath, s.Spec.ClusterIPs, err.Error())}
			}
		}
		s.Spec.ClusterIP = s.Spec.ClusterIPs[0]
	}
	has := addressesOf(s)
	t.oldAddresses = slices.DeleteFunc(had, func(ip string) bool { return slices.Contains(has, ip) })
	return nil
}

// address takes the i-th address: the one that the service asks for, or any.
func (t *transaction) address(ctx context.Context, s *corev1.Service, i int, family corev1.IPFamily, had []string) error {
	if i >= len(s.Spec.ClusterIPs) {
		addr, err := t.anyAddress(ctx, family, s)
		if err != nil {
			return fmt.Errorf("failed to allocate a serviceIP: %w", err)
		}
		t.newAddresses = append(t.newAddresses, addr.String())
		s.Spec.ClusterIPs = append(s.Spec.ClusterIPs, addr.String())
		return nil
	}
	asked := s.Spec.ClusterIPs[i]
	addr, ok := parse(asked)
	if !ok || slices.Contains(had, asked) {
		return nil // validation tells what is wrong
	}
	var err error
	if t.dryRun {
		err = t.rest.addresses.mayTake(ctx, addr)
	} else {
		err = t.rest.addresses.measure(ctx, scopeStatic, func() (netip.Addr, error) { return addr, t.rest.addresses.take(ctx, addr, s) })
	}
	if err != nil {
		return fmt.Errorf("failed to allocate IP %s: %w", asked, err)
	}
	t.newAddresses = append(t.newAddresses, asked)
	return nil
}

func (t *transaction) anyAddress(ctx context.Context, family corev1.IPFamily, s *corev1.Service) (netip.Addr, error) {
	if t.dryRun {
		return t.rest.addresses.free(ctx, family)
	}
	var addr netip.Addr
	err := t.rest.addresses.measure(ctx, scopeDynamic, func() (_ netip.Addr, err error) {
		addr, err = t.rest.addresses.takeAny(ctx, family, s)
		return addr, err
	})
	return addr, err
}

func (t *transaction) allocatePorts(ctx context.Context, s, old *corev1.Service) field.ErrorList {
	had := portsOf(old)
	var errs field.ErrorList
	if needsPorts(s) {
		shared := map[int32]int32{} // a new service has one node port for a port of several protocols
		for i := range s.Spec.Ports {
			p := &s.Spec.Ports[i]
			at := field.NewPath("spec", "ports").Index(i).Child("nodePort")
			if p.NodePort == 0 && old.Name == "" {
				p.NodePort = shared[p.Port]
			}
			if old.Name == "" && shared[p.Port] != p.NodePort && slices.Contains(t.newPorts, p.NodePort) {
				errs = append(errs, field.Invalid(at, p.NodePort, errPortTaken.Error()))
			}
			errs = append(errs, t.port(ctx, s, &p.NodePort, had, at)...)
			shared[p.Port] = p.NodePort
		}
	}
	kept := s.Spec.HealthCheckNodePort == old.Spec.HealthCheckNodePort // validation refuses to change it
	if needsHealthCheckPort(s) && (kept || !needsHealthCheckPort(old)) {
		errs = append(errs, t.port(ctx, s, &s.Spec.HealthCheckNodePort, had, field.NewPath("spec", "healthCheckNodePort"))...)
	}
	has := portsOf(s)
	t.oldPorts = slices.DeleteFunc(had, func(p int32) bool { return slices.Contains(has, p) })
	return errs
}

// port takes the port that is asked for, or any. Ports of one service may share
// a number when their protocols differ.
func (t *transaction) port(ctx context.Context, s *corev1.Service, port *int32, had []int32, at *field.Path) field.ErrorList {
	if *port != 0 && (slices.Contains(had, *port) || slices.Contains(t.newPorts, *port)) {
		return nil
	}
	p := t.rest.ports
	var err error
	asked := *port
	switch {
	case asked == 0 && t.dryRun:
		*port, err = p.free(ctx, t.newPorts...)
	case asked == 0:
		*port, err = p.takeAny(ctx, s)
		measured().port(scopeDynamic, err)
	case t.dryRun:
		err = p.mayTake(ctx, asked)
	default:
		err = p.take(ctx, asked, s)
		measured().port(scopeStatic, err)
	}
	if err != nil {
		return field.ErrorList{field.Invalid(at, asked, err.Error())}
	}
	t.newPorts = append(t.newPorts, *port)
	return nil
}
