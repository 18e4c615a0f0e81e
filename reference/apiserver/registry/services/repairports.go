package services

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// portRemedy is a claim to free, a port to claim for a service, both, or only something to tell.
type portRemedy struct {
	finding
	free    string          // the key of a claim
	freed   storage.Claim   // what it must still be
	service *corev1.Service // that claims port
	port    int32
}

func (r *Repairs) repairPorts(ctx context.Context) error {
	claims, err := r.rest.ports.claims.Taken(ctx)
	if err != nil {
		return fmt.Errorf("repair node ports: %w", err)
	}
	services, err := r.services(ctx)
	if err != nil {
		return fmt.Errorf("repair node ports: %w", err)
	}
	measured().countPorts(len(claims), r.rest.ports.span.Size)
	var errs []error
	for _, m := range r.rest.ports.plan(services, claims, time.Now()) {
		errs = append(errs, r.applyPort(ctx, m))
	}
	return errors.Join(errs...)
}

func (r *Repairs) applyPort(ctx context.Context, m portRemedy) error {
	p := r.rest.ports
	if m.free != "" {
		if err := p.claims.Free(ctx, m.free, func(c storage.Claim) bool { return c == m.freed }); err != nil {
			return err
		}
	}
	if m.service != nil {
		err := p.take(ctx, m.port, m.service)
		if errors.Is(err, errPortTaken) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("claim node port %d of service %q: %w", m.port, ownerOf(m.service), err)
		}
	}
	m.tell(r.ports)
	return nil
}

// plan is free of I/O.
func (p *ports) plan(services []corev1.Service, claims map[string]storage.Claim, now time.Time) []portRemedy {
	var all []portRemedy
	holders := map[int32]*corev1.Service{}
	for i := range services {
		s := &services[i]
		for _, port := range portsOf(s) {
			key := strconv.Itoa(int(port))
			if claim, ok := claims[key]; ok && isClaimant(claim, s) {
				holders[port] = s // its claim is right
			}
		}
	}
	for i := range services {
		s := &services[i]
		for _, port := range portsOf(s) {
			if m, ok := p.missing(s, port, holders[port], claims, now); ok {
				all = append(all, m)
			}
			if holders[port] == nil {
				holders[port] = s
			}
		}
	}
	for key, claim := range claims {
		port, err := strconv.ParseInt(key, 10, 32)
		if (err != nil || holders[int32(port)] == nil) && now.Sub(claim.Since) > claimGrace {
			all = append(all, portRemedy{free: key, freed: claim})
		}
	}
	return all
}

// missing says what is wrong with a port of a service, which another one may hold.
func (p *ports) missing(s *corev1.Service, port int32, holder *corev1.Service, claims map[string]storage.Claim, now time.Time) (portRemedy, bool) {
	m := portRemedy{finding: finding{about: s, action: portAction}}
	claim, claimed := claims[strconv.Itoa(int(port))]
	switch {
	case p.inRange(port) != nil:
		m.reason = "PortOutOfRange"
		m.note = fmt.Sprintf("Port %d is not within the port range %v; please recreate service", port, p.span)
	case holder == s:
		return m, false
	case holder != nil:
		m.reason = "PortAlreadyAllocated"
		m.note = fmt.Sprintf("Port %d was assigned to multiple services; please recreate service", port)
	case claimed && now.Sub(claim.Since) <= claimGrace:
		return m, false
	default:
		m.service, m.port, m.reason = s, port, "PortNotAllocated"
		m.note = fmt.Sprintf("Port %d is not allocated; repairing", port)
		if claimed {
			m.free, m.freed = strconv.Itoa(int(port)), claim
		}
	}
	return m, true
}
