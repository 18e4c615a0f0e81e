package services

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/request"
)

// claimGrace protects the claims of writes that are under way, here or in another API server.
const claimGrace = time.Minute

// Repair makes claims and stored services agree: a process that was killed in
// the middle of a write leaves claims without a service. It only touches what
// this package has made, so IPAddresses of users stay.
func (r *REST) Repair(ctx context.Context) error {
	ips, ports, err := r.held(ctx)
	if err != nil {
		return err
	}
	return errors.Join(r.repairAddresses(ctx, ips), r.repairPorts(ctx, ports))
}

// held returns what the stored services hold.
func (r *REST) held(ctx context.Context) (map[string]*corev1.Service, map[int32]*corev1.Service, error) {
	all := request.WithNamespace(ctx, metav1.NamespaceAll)
	obj, err := r.List(all, &metainternal.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("repair services: %w", err)
	}
	list, ok := obj.(*corev1.ServiceList)
	if !ok {
		return nil, nil, fmt.Errorf("repair services: %T is not a ServiceList", obj)
	}
	ips, ports := map[string]*corev1.Service{}, map[int32]*corev1.Service{}
	for i := range list.Items {
		s := &list.Items[i]
		for _, ip := range addressesOf(s) {
			ips[ip] = s
		}
		for _, port := range portsOf(s) {
			ports[port] = s
		}
	}
	return ips, ports, nil
}

func (r *REST) repairAddresses(ctx context.Context, held map[string]*corev1.Service) error {
	obj, err := r.addresses.store.List(clusterScope(ctx), &metainternal.ListOptions{})
	if err != nil {
		return fmt.Errorf("repair addresses: %w", err)
	}
	list, ok := obj.(*networkingv1.IPAddressList)
	if !ok {
		return fmt.Errorf("repair addresses: %T is not an IPAddressList", obj)
	}
	var claimed []string
	for i := range list.Items {
		ip := &list.Items[i]
		claimed = append(claimed, ip.Name)
		young := time.Since(ip.CreationTimestamp.Time) < claimGrace
		if held[ip.Name] == nil && ip.Labels[networkingv1.LabelManagedBy] == managedBy && !young {
			r.addresses.freeAll(ctx, []string{ip.Name})
		}
	}
	var errs []error
	for ip, s := range held {
		if slices.Contains(claimed, ip) {
			continue
		}
		if err := r.addresses.take(ctx, ip, s); err != nil && !errors.Is(err, errTaken) {
			errs = append(errs, fmt.Errorf("claim address %q of service %q: %w", ip, ownerOf(s), err))
		}
	}
	return errors.Join(errs...)
}

func (r *REST) repairPorts(ctx context.Context, held map[int32]*corev1.Service) error {
	claims, err := r.ports.claims.Taken(ctx)
	if err != nil {
		return fmt.Errorf("repair node ports: %w", err)
	}
	for key, claim := range claims {
		port, err := strconv.ParseInt(key, 10, 32)
		if err != nil || held[int32(port)] == nil && time.Since(claim.Since) > claimGrace {
			r.ports.freeAll(ctx, []int32{int32(port)})
		}
	}
	var errs []error
	for port, s := range held {
		if _, ok := claims[strconv.Itoa(int(port))]; ok {
			continue
		}
		if err := r.ports.take(ctx, port, s); err != nil && !errors.Is(err, errPortTaken) {
			errs = append(errs, fmt.Errorf("claim node port %d of service %q: %w", port, ownerOf(s), err))
		}
	}
	return errors.Join(errs...)
}
