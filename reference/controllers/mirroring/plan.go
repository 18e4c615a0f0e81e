package mirroring

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// perSlice bounds the endpoints of a slice, and thereby of a subset.
const perSlice = 1000

// slicesOf are the slices of the Endpoints: one for each subset and address family.
func slicesOf(ep *corev1.Endpoints) []*discoveryv1.EndpointSlice {
	byKey := map[string]*discoveryv1.EndpointSlice{}
	var out []*discoveryv1.EndpointSlice
	for _, subset := range ep.Subsets {
		add := func(a corev1.EndpointAddress, ready bool) {
			family, ok := familyOf(a.IP)
			if !ok {
				return
			}
			slice := newSlice(ep, family, subset.Ports)
			if old, ok := byKey[keyOf(slice)]; ok {
				slice = old
			} else {
				byKey[keyOf(slice)] = slice
				out = append(out, slice)
			}
			if len(slice.Endpoints) < perSlice {
				slice.Endpoints = append(slice.Endpoints, endpoint(a, ready))
			}
		}
		for _, a := range subset.Addresses {
			add(a, true)
		}
		for _, a := range subset.NotReadyAddresses {
			add(a, false)
		}
	}
	return out
}

func familyOf(ip string) (discoveryv1.AddressType, bool) {
	addr, err := netip.ParseAddr(ip)
	switch {
	case err != nil:
		return "", false
	case addr.Is4():
		return discoveryv1.AddressTypeIPv4, true
	}
	return discoveryv1.AddressTypeIPv6, true
}

func newSlice(ep *corev1.Endpoints, family discoveryv1.AddressType, ports []corev1.EndpointPort) *discoveryv1.EndpointSlice {
	labels := maps.Clone(ep.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[discoveryv1.LabelServiceName], labels[discoveryv1.LabelManagedBy] = ep.Name, managedBy
	annotations := maps.Clone(ep.Annotations)
	delete(annotations, corev1.EndpointsLastChangeTriggerTime)
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: ep.Namespace, GenerateName: ep.Name + "-", Labels: labels, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(ep, corev1.SchemeGroupVersion.WithKind("Endpoints"))},
		},
		AddressType: family,
	}
	for _, p := range ports {
		slice.Ports = append(slice.Ports, discoveryv1.EndpointPort{
			Name: new(p.Name), Port: new(p.Port), Protocol: new(p.Protocol), AppProtocol: p.AppProtocol,
		})
	}
	return slice
}

func endpoint(a corev1.EndpointAddress, ready bool) discoveryv1.Endpoint {
	e := discoveryv1.Endpoint{
		Addresses: []string{a.IP}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}, TargetRef: a.TargetRef, NodeName: a.NodeName,
	}
	if a.Hostname != "" {
		e.Hostname = &a.Hostname
	}
	return e
}

// keyOf is what cannot change in a slice: its family and, by choice, its ports.
func keyOf(s *discoveryv1.EndpointSlice) string {
	var key strings.Builder
	key.WriteString(string(s.AddressType))
	for _, p := range s.Ports {
		fmt.Fprintf(&key, " %s/%d/%s/%s", ptr.Deref(p.Name, ""), ptr.Deref(p.Port, 0), ptr.Deref(p.Protocol, ""), ptr.Deref(p.AppProtocol, ""))
	}
	return key.String()
}

type changes struct{ create, update, remove []*discoveryv1.EndpointSlice }

// plan is free of I/O. Slices that exist are kept where they can be.
func plan(want, have []*discoveryv1.EndpointSlice) (c changes) {
	left := slices.Clone(have)
	for _, w := range want {
		i := slices.IndexFunc(left, func(h *discoveryv1.EndpointSlice) bool { return h.DeletionTimestamp == nil && keyOf(h) == keyOf(w) })
		if i < 0 {
			c.create = append(c.create, w)
			continue
		}
		old := left[i]
		left = slices.Delete(left, i, i+1)
		next := old.DeepCopy()
		next.Labels, next.Annotations, next.Endpoints, next.OwnerReferences = w.Labels, w.Annotations, w.Endpoints, w.OwnerReferences
		if !equality.Semantic.DeepEqual(old, next) {
			c.update = append(c.update, next)
		}
	}
	for _, h := range left {
		if h.DeletionTimestamp == nil {
			c.remove = append(c.remove, h)
		}
	}
	return c
}
