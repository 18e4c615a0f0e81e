package apiserver

import (
	"net/http"
	"time"

	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apiextensionsv1beta1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	"k8s.io/apiextensions-apiserver/pkg/apiserver"
	apiextensionsopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/util/webhook"
	aggregatorscheme "k8s.io/kube-aggregator/pkg/apiserver/scheme"
	"k8s.io/kube-openapi/pkg/common"

	"github.com/seatrial/seatrial/reference/api/scheme"
)

// customResources makes the server of CustomResourceDefinitions and their objects.
func (c *chain) customResources() (*apiserver.CustomResourceDefinitions, error) {
	generic := delegate(c.config)
	generic.SkipOpenAPIInstallation = false
	liveOpenAPI(&generic, apiextensionsopenapi.GetOpenAPIDefinitions)
	// As upstream: v1beta1 writes a schema once that all versions share.
	getter, err := c.backend.Encoded(apiserver.Codecs, apiextensionsv1beta1.SchemeGroupVersion, apiextensions.SchemeGroupVersion)
	if err != nil {
		return nil, err
	}
	generic.RESTOptionsGetter = getter
	config := &apiserver.Config{
		GenericConfig: &genericapiserver.RecommendedConfig{Config: generic, SharedInformerFactory: c.informers},
		ExtraConfig: apiserver.ExtraConfig{
			CRDRESTOptionsGetter: c.backend.CustomResources(),
			MasterCount:          1,
			ServiceResolver:      c.resolver,
			AuthResolverWrapper:  webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, generic.LoopbackClientConfig, generic.TracerProvider),
		},
	}
	notFound := genericapiserver.NewEmptyDelegateWithCustomHandler(http.NotFoundHandler())
	server, err := config.Complete().New(notFound)
	if err != nil || c.options.SharedStore {
		return server, err
	}
	return server, server.Informers.Apiextensions().V1().CustomResourceDefinitions().Informer().SetTransform(settled)
}

// settleTime is how long the library holds back the first create of an object
// whose definition has just been established: other API servers may not know it yet.
const settleTime = 2 * time.Second

// settled lets the only API server of a cluster not wait for others. See decision 0013.
func settled(obj any) (any, error) {
	crd, ok := obj.(*apiextensionsv1.CustomResourceDefinition)
	if !ok {
		return obj, nil
	}
	before := metav1.NewTime(time.Now().Add(-settleTime))
	for i := range crd.Status.Conditions {
		c := &crd.Status.Conditions[i]
		if c.Type == apiextensionsv1.Established && before.Before(&c.LastTransitionTime) {
			c.LastTransitionTime = before
		}
	}
	return crd, nil
}

// liveOpenAPI lets a server build its OpenAPI documents at run time; the two
// library servers have only a few kinds.
func liveOpenAPI(c *genericapiserver.Config, definitions common.GetOpenAPIDefinitions) {
	namer := openapi.NewDefinitionNamer([]*runtime.Scheme{scheme.Public, apiserver.Scheme, aggregatorscheme.Scheme}...)
	c.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(definitions, namer)
	c.OpenAPIConfig.Info.Title = "Kubernetes"
	c.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(definitions, namer)
	c.OpenAPIV3Config.Info.Title = "Kubernetes"
	secure(c.OpenAPIConfig, c.OpenAPIV3Config)
}
