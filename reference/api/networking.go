package api

import (
	networkingv1 "k8s.io/api/networking/v1"
)

// networkingResources are the rows of networking.k8s.io/v1.
func networkingResources() []Resource {
	networking := in(networkingv1.SchemeGroupVersion)
	return []Resource{
		row[networkingv1.Ingress, networkingv1.IngressList](Resource{
			Served: networking, Plural: "ingresses", Short: names("ing"), Status: true,
		}, hooks[networkingv1.Ingress]{}),

		row[networkingv1.IngressClass, networkingv1.IngressClassList](Resource{
			Served: networking, Plural: "ingressclasses", Scope: Cluster,
		}, hooks[networkingv1.IngressClass]{}),

		row[networkingv1.NetworkPolicy, networkingv1.NetworkPolicyList](Resource{
			Served: networking, Plural: "networkpolicies", Short: names("netpol"),
		}, hooks[networkingv1.NetworkPolicy]{}),

		row[networkingv1.ServiceCIDR, networkingv1.ServiceCIDRList](Resource{
			Served: networking, Plural: "servicecidrs", Scope: Cluster, Status: true, NoGeneration: true,
		}, hooks[networkingv1.ServiceCIDR]{}),

		row[networkingv1.IPAddress, networkingv1.IPAddressList](Resource{
			Served: networking, Plural: "ipaddresses", Scope: Cluster, Short: names("ip"), NoGeneration: true,
		}, hooks[networkingv1.IPAddress]{}),
	}
}
