package api

import (
	networkingv1 "k8s.io/api/networking/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// networkingResources are the rows of networking.k8s.io/v1.
func networkingResources() []Resource {
	networking := in(networkingv1.SchemeGroupVersion)
	return []Resource{
		row[networkingv1.Ingress, networkingv1.IngressList](Resource{
			Served: networking, Plural: "ingresses", Short: names("ing"), Status: true,
			Columns: columns.Ingress(),
		}, hooks[networkingv1.Ingress]{
			validate: validation.Ingress, validateUpdate: validation.IngressUpdate, validateStatus: validation.IngressStatusUpdate,
			warnings: warnings.Ingress,
		}),

		row[networkingv1.IngressClass, networkingv1.IngressClassList](Resource{
			Served: networking, Plural: "ingressclasses", Scope: Cluster,
			Columns: columns.IngressClass(),
		}, hooks[networkingv1.IngressClass]{
			validate: validation.IngressClass, validateUpdate: validation.IngressClassUpdate,
		}),

		row[networkingv1.NetworkPolicy, networkingv1.NetworkPolicyList](Resource{
			Served: networking, Plural: "networkpolicies", Short: names("netpol"),
			Columns: columns.NetworkPolicy(),
		}, hooks[networkingv1.NetworkPolicy]{
			validate: validation.NetworkPolicy, validateUpdate: validation.NetworkPolicyUpdate,
		}),

		row[networkingv1.ServiceCIDR, networkingv1.ServiceCIDRList](Resource{
			Served: networking, Plural: "servicecidrs", Scope: Cluster, Status: true, NoGeneration: true,
			StatusResets: names("metadata"),
			Columns:      columns.ServiceCIDR(),
		}, hooks[networkingv1.ServiceCIDR]{
			status:   prepare.KeepMetadata[*networkingv1.ServiceCIDR],
			validate: validation.ServiceCIDR, validateUpdate: validation.ServiceCIDRUpdate, validateStatus: validation.ServiceCIDRStatusUpdate,
		}),

		row[networkingv1.IPAddress, networkingv1.IPAddressList](Resource{
			Served: networking, Plural: "ipaddresses", Scope: Cluster, Short: names("ip"), NoGeneration: true,
			Columns: columns.IPAddress(),
		}, hooks[networkingv1.IPAddress]{
			validate: validation.IPAddress, validateUpdate: validation.IPAddressUpdate,
		}),
	}
}
