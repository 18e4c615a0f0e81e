package services

import (
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// transaction is one create or update. The store may try the write several
// times; only what the last attempt allocated counts.
type transaction struct {
	rest   *REST
	dryRun bool

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
func (t *transaction) restart(ctx context.Context) {
	t.giveBack(ctx, t.newAddresses, t.newPorts)
	*t = transaction{rest: t.rest, dryRun: t.dryRun}
}

// end gives back what the write no longer needs. The client may be gone already.
func (t *transaction) end(ctx context.Context, err error) {
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		t.giveBack(ctx, t.newAddresses, t.newPorts)
		return
	}
	t.giveBack(ctx, t.oldAddresses, t.oldPorts)
}

func (t *transaction) giveBack(ctx context.Context, addresses []string, ports []int32) {
	if t.dryRun {
		return
	}
	t.rest.addresses.freeAll(ctx, addresses)
	t.rest.ports.freeAll(ctx, ports)
}

func (t *transaction) allocateAddresses(ctx context.Context, s, old *corev1.Service) field.ErrorList {
	had := addressesOf(old)
	path := field.NewPath("spec", "clusterIPs")
	if needsAddress(s) {
		ip, err := t.address(ctx, s, had)
		if err != nil {
			return field.ErrorList{field.Invalid(path, s.Spec.ClusterIPs, err.Error())}
		}
		if ip != "" {
			s.Spec.ClusterIP, s.Spec.ClusterIPs = ip, []string{ip}
		}
	}
	has := addressesOf(s)
	t.oldAddresses = slices.DeleteFunc(had, func(ip string) bool { return slices.Contains(has, ip) })
	return nil
}

// address takes the address that the service asks for, or any. It returns ""
// when there is nothing to take.
func (t *transaction) address(ctx context.Context, s *corev1.Service, had []string) (string, error) {
	asked := s.Spec.ClusterIP
	if slices.Contains(had, asked) {
		return "", nil
	}
	a := t.rest.addresses
	var ip string
	var err error
	switch {
	case asked == "" && t.dryRun:
		ip, err = a.free(ctx)
	case asked == "":
		ip, err = a.takeAny(ctx, s)
	case !valid(asked):
		return "", nil // for validation to say
	case t.dryRun:
		ip, err = asked, a.mayTake(ctx, asked)
	default:
		ip, err = asked, a.take(ctx, asked, s)
	}
	if err != nil {
		return "", err
	}
	t.newAddresses = append(t.newAddresses, ip)
	return ip, nil
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
	case t.dryRun:
		err = p.mayTake(ctx, asked)
	default:
		err = p.take(ctx, asked, s)
	}
	if err != nil {
		return field.ErrorList{field.Invalid(at, asked, err.Error())}
	}
	t.newPorts = append(t.newPorts, *port)
	return nil
}
