package endpoints

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/endpointslice"
	"k8s.io/endpointslice/util"
	"k8s.io/utils/ptr"
)

// capacity is the number of addresses that an Endpoints object holds; more are only in the EndpointSlices.
const capacity = 1000

// subsets groups the addresses by the ports that they serve, in a canonical order. truncated says
// that there are more than an Endpoints object holds.
func subsets(svc *corev1.Service, pods []*corev1.Pod) (grouped []corev1.EndpointSubset, truncated bool) {
	groups := map[string]*corev1.EndpointSubset{}
	pods = slices.Clone(pods)
	slices.SortFunc(pods, func(a, b *corev1.Pod) int { return cmp.Compare(a.Name, b.Name) })
	pods, truncated = fitting(svc, pods)
	for _, pod := range pods {
		ports, ok := portsOf(svc, pod)
		if !ok {
			continue
		}
		group, ok := groups[key(ports)]
		if !ok {
			group = &corev1.EndpointSubset{Ports: ports}
			groups[key(ports)] = group
		}
		if svc.Spec.PublishNotReadyAddresses || util.IsPodReady(pod) {
			group.Addresses = append(group.Addresses, address(svc, pod))
		} else {
			group.NotReadyAddresses = append(group.NotReadyAddresses, address(svc, pod))
		}
	}
	for _, group := range groups {
		slices.SortFunc(group.Addresses, byIP)
		slices.SortFunc(group.NotReadyAddresses, byIP)
		grouped = append(grouped, *group)
	}
	slices.SortFunc(grouped, func(a, b corev1.EndpointSubset) int { return cmp.Compare(key(a.Ports), key(b.Ports)) })
	return grouped, truncated
}

// fitting returns the pods that belong into the object. When there are too many, ready ones go first.
func fitting(svc *corev1.Service, pods []*corev1.Pod) (fit []*corev1.Pod, truncated bool) {
	for _, pod := range pods {
		if util.ShouldPodBeInEndpoints(pod, svc.Spec.PublishNotReadyAddresses) && podIP(svc, pod) != "" {
			fit = append(fit, pod)
		}
	}
	if len(fit) <= capacity {
		return fit, false
	}
	slices.SortStableFunc(fit, func(a, b *corev1.Pod) int { return rank(a) - rank(b) })
	return fit[:capacity], true
}

func rank(pod *corev1.Pod) int {
	if util.IsPodReady(pod) {
		return 0
	}
	return 1
}

// portsOf resolves the ports of the Service in the pod. A pod that has none of them is left out, but a
// headless Service needs no ports.
func portsOf(svc *corev1.Service, pod *corev1.Pod) (ports []corev1.EndpointPort, ok bool) {
	if len(svc.Spec.Ports) == 0 {
		return nil, svc.Spec.ClusterIP == corev1.ClusterIPNone
	}
	for i := range svc.Spec.Ports {
		p := &svc.Spec.Ports[i]
		number, err := endpointslice.FindPort(pod, p)
		if err != nil {
			continue // the pod does not name the port
		}
		ports = append(ports, corev1.EndpointPort{Name: p.Name, Port: int32(number), Protocol: p.Protocol, AppProtocol: p.AppProtocol})
	}
	slices.SortFunc(ports, func(a, b corev1.EndpointPort) int { return cmp.Compare(portKey(a), portKey(b)) })
	return ports, len(ports) > 0
}

// key makes ports comparable, behind their pointers.
func key(ports []corev1.EndpointPort) string {
	var out strings.Builder
	for _, p := range ports {
		out.WriteString(portKey(p) + " ")
	}
	return out.String()
}

func portKey(p corev1.EndpointPort) string {
	return fmt.Sprintf("%s/%d/%s/%s", p.Name, p.Port, p.Protocol, ptr.Deref(p.AppProtocol, ""))
}

func address(svc *corev1.Service, pod *corev1.Pod) corev1.EndpointAddress {
	a := corev1.EndpointAddress{
		IP: podIP(svc, pod),
		TargetRef: &corev1.ObjectReference{
			Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID,
		},
	}
	if pod.Spec.NodeName != "" {
		a.NodeName = new(pod.Spec.NodeName)
	}
	if util.ShouldSetHostname(pod, svc) {
		a.Hostname = pod.Spec.Hostname
	}
	return a
}

// podIP is the pod's address of the first family of the Service.
func podIP(svc *corev1.Service, pod *corev1.Pod) string {
	v6 := len(svc.Spec.IPFamilies) > 0 && svc.Spec.IPFamilies[0] == corev1.IPv6Protocol
	for _, ip := range append(slices.Clone(pod.Status.PodIPs), corev1.PodIP{IP: pod.Status.PodIP}) {
		if addr, err := netip.ParseAddr(ip.IP); err == nil && addr.Is6() == v6 {
			return ip.IP
		}
	}
	return ""
}

func byIP(a, b corev1.EndpointAddress) int { return cmp.Compare(a.IP, b.IP) }
