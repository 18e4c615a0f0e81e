package apiserver

import (
	"context"
	"fmt"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/admission"
	"github.com/seatrial/seatrial/reference/apiserver/auth"
	"github.com/seatrial/seatrial/reference/apiserver/registry/services"
	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// chain is the server while it is put together.
type chain struct {
	options   *Options
	config    *genericapiserver.Config
	backend   *storage.Backend
	client    kubernetes.Interface
	informers informers.SharedInformerFactory
	resolver  webhook.ServiceResolver
	auth      *auth.Auth
	admission *admission.Admission
	services  *services.REST
	repairs   *services.Repairs
}

// build makes the delegation chain: aggregator -> built-in resources -> custom resources -> 404.
func (s *Server) build(ctx context.Context) error {
	config, err := newConfig(&s.options, s.ids)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config.LoopbackClientConfig)
	if err != nil {
		return err
	}
	c := &chain{
		options: &s.options, config: config, client: client,
		informers: informers.NewSharedInformerFactory(client, 0),
	}
	if c.resolver, err = newResolver(c.informers, s.options.Settings.Rules); err != nil {
		return err
	}
	if err := c.secure(s.ids); err != nil {
		return err
	}
	if s.options.EtcdReady != nil {
		if err := s.options.EtcdReady(ctx); err != nil {
			return err
		}
	}
	if s.backend, s.stopEncryption, err = c.openStore(); err != nil {
		return err
	}
	c.backend = s.backend

	custom, err := c.customResources()
	if err != nil {
		return fmt.Errorf("make server of custom resources: %w", err)
	}
	builtIn, groups, err := c.builtIn(custom.GenericAPIServer)
	if err != nil {
		return fmt.Errorf("make server of built-in resources: %w", err)
	}
	if err := c.addHooks(builtIn); err != nil {
		return err
	}
	top, err := c.aggregator(builtIn, custom, groups)
	if err != nil {
		return fmt.Errorf("make aggregator: %w", err)
	}
	prepared, err := top.PrepareRun()
	if err != nil {
		return err
	}
	s.builtIn = builtIn
	s.handler = top.GenericAPIServer.Handler
	s.run = prepared.Run
	return nil
}
