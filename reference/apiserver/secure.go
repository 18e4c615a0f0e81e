package apiserver

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/seatrial/seatrial/reference/apiserver/admission"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/auth/tokens"
)

// secure sets who may do what, and how much of it at a time.
func (c *chain) secure(ids *identities) error {
	o := c.options.Auth
	o.Client, o.Informers, o.Components = c.client, c.informers, ids
	o.ClientCAs, o.Proxies, o.ServerID, o.Logger = c.options.trust.clients, c.options.trust.proxies, c.config.APIServerID, c.options.Logger
	o.ServiceAccounts.JWKSURI = cmp.Or(o.ServiceAccounts.JWKSURI, "https://"+c.config.ExternalAddress+tokens.JWKSPath)
	a, err := auth.New(o)
	if err != nil {
		return err
	}
	c.auth = a
	c.config.Authentication.Authenticator = a.Authenticator
	c.config.Authentication.APIAudiences = a.Audiences
	c.config.Authentication.RequestHeaderConfig = c.options.trust.published()
	c.config.Authorization.Authorizer = a.Authorizer
	c.config.RuleResolver = a.RuleResolver
	if err := c.options.Settings.Features.ApplyTo(c.config, c.client, c.informers); err != nil {
		return err
	}
	return c.admit()
}

// admit makes the chain of admission plugins.
func (c *chain) admit() error {
	rules := c.options.Settings.Rules
	config := rest.CopyConfig(c.config.LoopbackClientConfig)
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return err
	}
	c.admission, err = admission.New(admission.Options{
		Enable: c.options.EnableAdmission, Disable: c.options.DisableAdmission, File: c.options.AdmissionFile,
		TolerationSeconds: map[string]int64{corev1.TaintNodeNotReady: rules.NotReadySeconds, corev1.TaintNodeUnreachable: rules.UnreachableSeconds},
		Client:            c.client, Dynamic: client, Loopback: config, Informers: c.informers,
		Authorizer: c.auth.Authorizer, Services: c.resolver,
		EffectiveVersion: c.config.EffectiveVersion, Drained: c.config.DrainedNotify(), Tracing: c.config.TracerProvider,
	})
	if err != nil {
		return err
	}
	c.config.AdmissionControl = c.admission.Chain
	return nil
}
