package apiserver

import (
	"net/url"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiserver/pkg/util/proxy"
	"k8s.io/client-go/informers"
	listers "k8s.io/client-go/listers/core/v1"
	aggregator "k8s.io/kube-aggregator/pkg/apiserver"

	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

// resolver finds the server behind the Service of a webhook or an APIService.
// It picks a ready endpoint itself, so it does not depend on a service proxy on
// the machine of the API server. See decision 0012.
type resolver struct {
	services              listers.ServiceLister
	byEndpoint, byAddress aggregator.ServiceResolver
}

func newResolver(factory informers.SharedInformerFactory, rules settings.Rules) (*resolver, error) {
	services := factory.Core().V1().Services().Lister()
	slices, err := proxy.NewEndpointSliceIndexerGetter(factory.Discovery().V1().EndpointSlices())
	if err != nil {
		return nil, err
	}
	r := &resolver{
		services:   services,
		byEndpoint: aggregator.NewEndpointServiceResolver(services, slices),
		byAddress:  aggregator.NewClusterIPServiceResolver(services),
	}
	if !rules.RouteToEndpoints {
		r.byEndpoint = r.byAddress
	}
	return r, nil
}

// ResolveEndpoint implements the resolvers of webhooks and of the aggregator.
func (r *resolver) ResolveEndpoint(namespace, name string, port int32) (*url.URL, error) {
	s, err := r.services.Services(namespace).Get(name)
	if err != nil {
		return nil, err
	}
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return r.byAddress.ResolveEndpoint(namespace, name, port)
	}
	return r.byEndpoint.ResolveEndpoint(namespace, name, port)
}
