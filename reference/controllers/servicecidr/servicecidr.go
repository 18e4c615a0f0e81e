// Package servicecidr says which ServiceCIDRs are ready, and keeps those that
// are deleted until no address that they alone have is in use.
// Source: https://kubernetes.io/docs/tasks/network/extend-service-ip-ranges/
package servicecidr

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	applymetav1 "k8s.io/client-go/applyconfigurations/meta/v1"
	applynetworkingv1 "k8s.io/client-go/applyconfigurations/networking/v1"
	"k8s.io/client-go/kubernetes"
	networkinglisters "k8s.io/client-go/listers/networking/v1"

	"github.com/seatrial/seatrial/reference/controller"
)

const (
	name      = "service-cidr-controller"
	finalizer = "networking.k8s.io/service-cidr-finalizer"
	managedBy = "ipallocator.k8s.io"
	// grace is the time in which API servers learn that a range is not to be used any more.
	grace = 10 * time.Second
)

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	networking := env.Informers.Networking().V1()
	r := &reconciler{client: env.Client, cidrs: networking.ServiceCIDRs().Lister(), addresses: networking.IPAddresses().Lister()}
	return controller.Controller{
		Name: name,
		Watches: []controller.Watch{
			{Informer: networking.ServiceCIDRs().Informer(), Keys: r.withDeleted},
			// Only that an address goes away can end the wait of a range.
			{Informer: networking.IPAddresses().Informer(), Keys: r.withDeleted, Matters: func(any, any) bool { return false }},
		},
		Reconcile: r.reconcile,
	}, nil
}

type reconciler struct {
	client    kubernetes.Interface
	cidrs     networkinglisters.ServiceCIDRLister
	addresses networkinglisters.IPAddressLister
}

// withDeleted are the range of an event, and all that wait to be deleted.
func (r *reconciler) withDeleted(obj any) (keys []controller.Key) {
	if c, ok := obj.(*networkingv1.ServiceCIDR); ok {
		keys = append(keys, controller.Key{Name: c.Name})
	}
	all, err := r.cidrs.List(labels.Everything())
	if err != nil {
		return keys
	}
	for _, c := range all {
		if c.DeletionTimestamp != nil {
			keys = append(keys, controller.Key{Name: c.Name})
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	c, err := r.cidrs.Get(key.Name)
	if apierrors.IsNotFound(err) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	all, err := r.cidrs.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	addresses, err := r.addresses.List(labels.SelectorFromSet(labels.Set{networkingv1.LabelManagedBy: managedBy}))
	if err != nil {
		return 0, err
	}
	step := plan(c, all, addresses, time.Now())
	switch {
	case step.finalizers != nil:
		return 0, r.setFinalizers(ctx, c, step.finalizers)
	case step.condition != nil:
		_, err := r.client.NetworkingV1().ServiceCIDRs().ApplyStatus(ctx,
			applynetworkingv1.ServiceCIDR(c.Name).WithStatus(applynetworkingv1.ServiceCIDRStatus().WithConditions(step.condition)),
			metav1.ApplyOptions{FieldManager: name, Force: true})
		return step.again, err
	}
	return step.again, nil
}

func (r *reconciler) setFinalizers(ctx context.Context, c *networkingv1.ServiceCIDR, finalizers []string) error {
	data, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": c.UID, "resourceVersion": c.ResourceVersion, "finalizers": finalizers,
	}})
	if err != nil {
		return fmt.Errorf("encode finalizers: %w", err)
	}
	_, err = r.client.NetworkingV1().ServiceCIDRs().Patch(ctx, c.Name, types.MergePatchType, data, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// step is the one thing to do next; none of it means that all is well.
type step struct {
	finalizers []string
	condition  *applymetav1.ConditionApplyConfiguration
	again      time.Duration
}

// plan is free of I/O.
func plan(c *networkingv1.ServiceCIDR, all []*networkingv1.ServiceCIDR, addresses []*networkingv1.IPAddress, now time.Time) step {
	protected := slices.Contains(c.Finalizers, finalizer)
	if c.DeletionTimestamp == nil {
		switch {
		case !protected:
			return step{finalizers: append(slices.Clone(c.Finalizers), finalizer)}
		case !has(c, metav1.ConditionTrue):
			return step{condition: condition(metav1.ConditionTrue, "", "Kubernetes Service CIDR is ready", now)}
		}
		return step{}
	}
	if !protected {
		return step{}
	}
	if inUse(c, all, addresses) {
		if has(c, metav1.ConditionFalse) {
			return step{}
		}
		return step{condition: condition(metav1.ConditionFalse, networkingv1.ServiceCIDRReasonTerminating,
			"There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR", now)}
	}
	if left := grace - now.Sub(c.DeletionTimestamp.Time); left > 0 {
		return step{again: left}
	}
	return step{finalizers: slices.DeleteFunc(append([]string{}, c.Finalizers...), func(f string) bool { return f == finalizer })}
}

func has(c *networkingv1.ServiceCIDR, status metav1.ConditionStatus) bool {
	return slices.ContainsFunc(c.Status.Conditions, func(condition metav1.Condition) bool {
		return condition.Type == networkingv1.ServiceCIDRConditionReady && condition.Status == status
	})
}

func condition(status metav1.ConditionStatus, reason, message string, now time.Time) *applymetav1.ConditionApplyConfiguration {
	return applymetav1.Condition().WithType(networkingv1.ServiceCIDRConditionReady).WithStatus(status).
		WithReason(reason).WithMessage(message).WithLastTransitionTime(metav1.NewTime(now))
}

// inUse says whether an address is in a range of c and in no range that stays.
func inUse(c *networkingv1.ServiceCIDR, all []*networkingv1.ServiceCIDR, addresses []*networkingv1.IPAddress) bool {
	var rest []netip.Prefix
	for _, other := range all {
		if other.Name != c.Name && other.DeletionTimestamp == nil {
			rest = append(rest, ranges(other)...)
		}
	}
	own := ranges(c)
	return slices.ContainsFunc(addresses, func(a *networkingv1.IPAddress) bool {
		addr, err := netip.ParseAddr(a.Name)
		contains := func(p netip.Prefix) bool { return p.Contains(addr) }
		return err == nil && slices.ContainsFunc(own, contains) && !slices.ContainsFunc(rest, contains)
	})
}

func ranges(c *networkingv1.ServiceCIDR) []netip.Prefix {
	var all []netip.Prefix
	for _, cidr := range c.Spec.CIDRs {
		if p, err := netip.ParsePrefix(cidr); err == nil {
			all = append(all, p)
		}
	}
	return all
}
