package controllers

import (
	"fmt"

	"github.com/seatrial/seatrial/reference/controller"
	"github.com/seatrial/seatrial/reference/controllers/deployment"
	"github.com/seatrial/seatrial/reference/controllers/endpoints"
	"github.com/seatrial/seatrial/reference/controllers/endpointslice"
	"github.com/seatrial/seatrial/reference/controllers/namespace"
	"github.com/seatrial/seatrial/reference/controllers/replicaset"
	"github.com/seatrial/seatrial/reference/controllers/rootca"
	"github.com/seatrial/seatrial/reference/controllers/serviceaccount"
)

// build declares every controller. This is the list.
func (c *Controllers) build(env controller.Env) ([]controller.Controller, error) {
	builders := []func(controller.Env) (controller.Controller, error){
		func(env controller.Env) (controller.Controller, error) {
			return namespace.New(env, c.metadata, c.resources)
		},
		serviceaccount.New,
		func(env controller.Env) (controller.Controller, error) { return rootca.New(env, c.opts.RootCA) },
		replicaset.New,
		replicaset.NewForControllers,
		deployment.New,
		endpoints.New,
		endpointslice.New,
	}
	var all []controller.Controller
	for _, build := range builders {
		one, err := build(env)
		if err != nil {
			return nil, fmt.Errorf("make controller: %w", err)
		}
		all = append(all, one)
	}
	return all, nil
}
