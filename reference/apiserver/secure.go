package apiserver

import (
	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/apiserver/pkg/util/flowcontrol"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/admission"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
)

// secure sets who may do what, and how much of it at a time.
func (c *chain) secure(ids *identities) error {
	o := c.options.Auth
	o.Client, o.Informers, o.Components = c.client, c.informers, ids
	if ca := c.options.ClientCA; len(ca) > 0 {
		content, err := dynamiccertificates.NewStaticCAContent("client-ca", ca)
		if err != nil {
			return err
		}
		o.ClientCA = content
	}
	if ca := c.options.RequestHeaderCA; len(ca) > 0 {
		content, err := dynamiccertificates.NewStaticCAContent("request-header-ca", ca)
		if err != nil {
			return err
		}
		o.RequestHeader = requestHeader(content)
	}
	a, err := auth.New(o)
	if err != nil {
		return err
	}
	c.auth = a
	c.config.Authentication.Authenticator = a.Authenticator
	c.config.Authentication.APIAudiences = a.Audiences
	c.config.Authentication.RequestHeaderConfig = a.RequestHeader
	c.config.Authorization.Authorizer = a.Authorizer
	c.config.RuleResolver = a.RuleResolver
	c.config.FlowControl = flowcontrol.New(c.informers, c.client.FlowcontrolV1(),
		c.config.MaxRequestsInFlight+c.config.MaxMutatingRequestsInFlight)
	return c.admit()
}

// admit makes the chain of admission plugins.
func (c *chain) admit() error {
	config := rest.CopyConfig(c.config.LoopbackClientConfig)
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	c.admission, err = admission.New(admission.Options{
		Enable: c.options.EnableAdmission, Disable: c.options.DisableAdmission,
		Client: c.client, Dynamic: client, Loopback: config, Informers: c.informers,
		Authorizer: c.auth.Authorizer, Services: c.resolver,
		EffectiveVersion: c.config.EffectiveVersion, Drained: c.config.DrainedNotify(), Tracing: c.config.TracerProvider,
	})
	if err != nil {
		return err
	}
	c.config.AdmissionControl = c.admission.Chain
	return nil
}

// requestHeader is what kube-system/extension-apiserver-authentication says, too.
func requestHeader(ca dynamiccertificates.CAContentProvider) *authenticatorfactory.RequestHeaderConfig {
	return &authenticatorfactory.RequestHeaderConfig{
		CAContentProvider:   ca,
		AllowedClientNames:  headerrequest.StaticStringSlice{"front-proxy-client"},
		UsernameHeaders:     headerrequest.StaticStringSlice{"X-Remote-User"},
		UIDHeaders:          headerrequest.StaticStringSlice{"X-Remote-Uid"},
		GroupHeaders:        headerrequest.StaticStringSlice{"X-Remote-Group"},
		ExtraHeaderPrefixes: headerrequest.StaticStringSlice{"X-Remote-Extra-"},
	}
}
