package endpointslicemirroring

import (
	"cmp"
	"fmt"
	"maps"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// perSlice is how many addresses of the same ports and family are mirrored; a slice cannot hold more.
const perSlice = 1000

// actions are the writes that make the slices copies of the Endpoints.
type actions struct {
	create, update, remove []*discoveryv1.EndpointSlice
	skipped                int // addresses that no slice has room for
}

// plan makes one slice for each set of ports and family of addresses. A slice that has them already
// is changed; without Endpoints every slice goes.
func plan(from *corev1.Endpoints, old []*discoveryv1.EndpointSlice) actions {
	var p actions
	have := map[string]*discoveryv1.EndpointSlice{}
	for _, slice := range slices.SortedFunc(slices.Values(old), func(a, b *discoveryv1.EndpointSlice) int { return cmp.Compare(a.Name, b.Name) }) {
		id := identity(slice.AddressType, slice.Ports)
		if _, twice := have[id]; twice {
			p.remove = append(p.remove, slice)
			continue
		}
		have[id] = slice
	}
	wanted, order := copies(from)
	for _, id := range order {
		next := wanted[id]
		if over := len(next.Endpoints) - perSlice; over > 0 {
			p.skipped += over
			next.Endpoints = next.Endpoints[:perSlice]
		}
		was, exists := have[id]
		delete(have, id)
		switch {
		case !exists:
			p.create = append(p.create, next)
		case !same(was, next):
			changed := was.DeepCopy()
			changed.Labels, changed.Annotations, changed.Endpoints = next.Labels, next.Annotations, next.Endpoints
			changed.OwnerReferences = next.OwnerReferences
			p.update = append(p.update, changed)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(have)) {
		p.remove = append(p.remove, have[id])
	}
	return p
}

func same(a, b *discoveryv1.EndpointSlice) bool {
	return maps.Equal(a.Labels, b.Labels) && maps.Equal(a.Annotations, b.Annotations) &&
		equality.Semantic.DeepEqual(a.Endpoints, b.Endpoints) && equality.Semantic.DeepEqual(a.OwnerReferences, b.OwnerReferences)
}

// copies are the wanted slices by identity, and their order. An address is listed once in each; it
// is ready when one of the subsets says so.
func copies(from *corev1.Endpoints) (wanted map[string]*discoveryv1.EndpointSlice, order []string) {
	wanted = map[string]*discoveryv1.EndpointSlice{}
	if from == nil {
		return wanted, nil
	}
	for _, subset := range from.Subsets {
		ports := portsOf(subset.Ports)
		add := func(a corev1.EndpointAddress, ready bool) {
			family, ok := familyOf(a.IP)
			if !ok {
				return
			}
			id := identity(family, ports)
			slice, exists := wanted[id]
			if !exists {
				slice = empty(from, family, ports)
				wanted[id], order = slice, append(order, id)
			}
			addTo(slice, a, ready)
		}
		for _, a := range subset.Addresses {
			add(a, true)
		}
		for _, a := range subset.NotReadyAddresses {
			add(a, false)
		}
	}
	return wanted, order
}

func addTo(slice *discoveryv1.EndpointSlice, a corev1.EndpointAddress, ready bool) {
	for i := range slice.Endpoints {
		if e := &slice.Endpoints[i]; e.Addresses[0] == a.IP {
			e.Conditions.Ready = new(*e.Conditions.Ready || ready)
			return
		}
	}
	e := discoveryv1.Endpoint{
		Addresses: []string{a.IP}, Conditions: discoveryv1.EndpointConditions{Ready: new(ready)}, TargetRef: a.TargetRef, NodeName: a.NodeName,
	}
	if a.Hostname != "" {
		e.Hostname = new(a.Hostname)
	}
	slice.Endpoints = append(slice.Endpoints, e)
}

func empty(from *corev1.Endpoints, family discoveryv1.AddressType, ports []discoveryv1.EndpointPort) *discoveryv1.EndpointSlice {
	labels, annotations := maps.Clone(from.Labels), maps.Clone(from.Annotations)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[discoveryv1.LabelServiceName], labels[discoveryv1.LabelManagedBy] = from.Name, managedBy
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	delete(annotations, corev1.EndpointsLastChangeTriggerTime)
	return &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: from.Name + "-", Namespace: from.Namespace, Labels: labels, Annotations: annotations,
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(from, corev1.SchemeGroupVersion.WithKind("Endpoints"))},
		},
		AddressType: family,
		Ports:       ports,
	}
}

func portsOf(list []corev1.EndpointPort) []discoveryv1.EndpointPort {
	out := make([]discoveryv1.EndpointPort, 0, len(list))
	for _, p := range list {
		out = append(out, discoveryv1.EndpointPort{Name: new(p.Name), Port: new(p.Port), Protocol: new(p.Protocol), AppProtocol: p.AppProtocol})
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
	default:
		return discoveryv1.AddressTypeIPv6, true
	}
}

// identity is equal for slices of the same family with the same ports in any order.
func identity(family discoveryv1.AddressType, ports []discoveryv1.EndpointPort) string {
	var list []string
	for _, p := range ports {
		list = append(list, fmt.Sprintf("%q %d %s %q", deref(p.Name), deref(p.Port), deref(p.Protocol), deref(p.AppProtocol)))
	}
	slices.Sort(list)
	return fmt.Sprint(family, list)
}

func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
