package quota

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
)

const countServices = corev1.ResourceName("count/services")

// services use themselves, node ports and load balancers.
type services struct{}

func (services) resource() string { return "services" }

func (services) handles(a admission.Attributes) bool {
	return a.GetSubresource() == "" && (a.GetOperation() == admission.Create || a.GetOperation() == admission.Update)
}

func (services) counts(name corev1.ResourceName) bool {
	switch name {
	case countServices, corev1.ResourceServices, corev1.ResourceServicesNodePorts, corev1.ResourceServicesLoadBalancers:
		return true
	}
	return false
}

func (services) uses(o runtime.Object) (corev1.ResourceList, error) {
	svc, err := as[*corev1.Service](o)
	if err != nil {
		return nil, err
	}
	n := func(i int) resource.Quantity { return *resource.NewQuantity(int64(i), resource.DecimalSI) }
	used := corev1.ResourceList{
		countServices: n(1), corev1.ResourceServices: n(1), corev1.ResourceServicesNodePorts: n(0), corev1.ResourceServicesLoadBalancers: n(0),
	}
	switch svc.Spec.Type {
	case corev1.ServiceTypeNodePort:
		used[corev1.ResourceServicesNodePorts] = n(len(svc.Spec.Ports))
	case corev1.ServiceTypeLoadBalancer:
		used[corev1.ResourceServicesLoadBalancers] = n(1)
		used[corev1.ResourceServicesNodePorts] = n(nodePorts(svc))
	}
	return used, nil
}

func nodePorts(svc *corev1.Service) int {
	if a := svc.Spec.AllocateLoadBalancerNodePorts; a == nil || *a {
		return len(svc.Spec.Ports)
	}
	n := 0
	for _, p := range svc.Spec.Ports {
		if p.NodePort != 0 {
			n++
		}
	}
	return n
}

func (services) inScope(corev1.ScopedResourceSelectorRequirement, runtime.Object) (bool, error) {
	return false, nil
}

func (services) complete([]corev1.ResourceName, runtime.Object) error { return nil }

func as[T runtime.Object](o runtime.Object) (T, error) {
	t, ok := o.(T)
	if !ok {
		return t, fmt.Errorf("evaluate quota: got %T, want %T", o, t)
	}
	return t, nil
}
