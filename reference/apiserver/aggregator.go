package apiserver

import (
	"cmp"

	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/kube-aggregator/pkg/apis/apiregistration"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	aggregator "k8s.io/kube-aggregator/pkg/apiserver"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"
	aggregatoropenapi "k8s.io/kube-aggregator/pkg/generated/openapi"
)

// aggregator makes the first server of the chain, which sends each request to
// the next one or to an extension API server, as its APIService says.
func (c *chain) aggregator(builtIn *genericapiserver.GenericAPIServer, custom *apiserver.CustomResourceDefinitions, groups storages) (*aggregator.APIAggregator, error) {
	generic := delegate(c.config)
	liveOpenAPI(&generic, aggregatoropenapi.GetOpenAPIDefinitions)
	getter, err := c.backend.Encoded(aggregatorscheme.Codecs, apiregistrationv1.SchemeGroupVersion, apiregistration.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	generic.RESTOptionsGetter = getter
	callees := c.options.Settings.Callees
	config := &aggregator.Config{
		GenericConfig: &genericapiserver.RecommendedConfig{Config: generic, SharedInformerFactory: c.informers},
		ExtraConfig: aggregator.ExtraConfig{
			ProxyClientCertFile:       cmp.Or(callees.ProxyCert, c.options.ProxyClientCertFile),
			ProxyClientKeyFile:        cmp.Or(callees.ProxyKey, c.options.ProxyClientKeyFile),
			ServiceResolver:           c.resolver,
			RejectForwardingRedirects: c.options.Settings.Rules.RejectRedirects,
		},
	}
	completed := config.Complete()
	top, err := completed.NewWithDelegate(builtIn)
	if err != nil {
		return nil, err
	}
	return top, c.registerGroups(top, custom, groups)
}
