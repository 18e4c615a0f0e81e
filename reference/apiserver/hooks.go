package apiserver

import (
	"context"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"

	rbac "github.com/seatrial/seatrial/reference/apiserver/auth/bootstrap"
	"github.com/seatrial/seatrial/reference/apiserver/bootstrap"
	"github.com/seatrial/seatrial/reference/apiserver/settings"
)

const (
	hookRetry         = 20 * time.Millisecond // while the server starts
	hookRetryMax      = time.Second
	hookPatience      = 2 * time.Second  // after which an error is worth a line in the log
	serviceInterval   = 10 * time.Second // upstream's, for the endpoints of default/kubernetes
	bootstrapInterval = 3 * time.Minute
	repairInterval    = time.Minute
	neverAgain        = time.Duration(0)
	hookObjects       = "start-system-namespaces-controller"
	hookService       = "bootstrap-controller"
	hookFlowControl   = "priority-and-fairness-config-producer"
	hookCIDR          = "start-kubernetes-service-cidr-controller"
	hookRepair        = "start-service-ip-repair-controllers"
	hookAuthorizers   = "start-authorizers"
	hookAdmission     = "start-apiserver-admission-initializer"
	hookClasses       = "scheduling/bootstrap-system-priority-classes"
	hookTrust         = "start-cluster-authentication-info-controller"
	hookStorage       = "storage-readiness"
	hookTracking      = "start-legacy-token-tracking-controller"

	// An API server that is killed is taken out of default/kubernetes after this time.
	serverTTL    = 15 * time.Second
	leaveTimeout = 5 * time.Second
	hookRBAC     = "rbac/bootstrap-roles"
)

// addHooks writes the bootstrap objects when the server starts, and keeps those
// that must not go away. The server is ready when each was written once.
func (c *chain) addHooks(server *genericapiserver.GenericAPIServer) error {
	o := bootstrap.Options{
		AdvertiseAddress: c.options.AdvertiseAddress,
		NodePort:         c.options.Settings.Rules.KubernetesNodePort,
		ServiceCIDR:      c.options.ServiceCIDR,
		ClientCA:         c.options.trust.clientCA,
		RequestHeader:    c.options.trust.published(),
	}
	if c.options.Settings.Rules.EndpointReconciler == settings.ReconcileByLease {
		o.Members = c.backend.Members("apiservers", serverTTL)
	}
	hooks := []struct {
		name  string
		again time.Duration
		write func(context.Context) error
	}{
		{hookObjects, bootstrapInterval, func(ctx context.Context) error { return bootstrap.WriteNamespaces(ctx, c.client) }},
		{hookClasses, bootstrapInterval, func(ctx context.Context) error { return bootstrap.WritePriorityClasses(ctx, c.client) }},
		{hookTrust, bootstrapInterval, func(ctx context.Context) error { return bootstrap.WriteAuthentication(ctx, c.client, o) }},
		{hookTracking, neverAgain, func(ctx context.Context) error { return bootstrap.WriteTokenTracking(ctx, c.client) }},
		{hookIdentityGarbage, identityDuration, c.dropIdentities},
		{hookService, serviceInterval, func(ctx context.Context) error { return bootstrap.WriteKubernetesService(ctx, c.client, o) }},
		{hookFlowControl, bootstrapInterval, func(ctx context.Context) error { return bootstrap.WriteFlowControl(ctx, c.client.FlowcontrolV1()) }},
		{hookCIDR, serviceInterval, func(ctx context.Context) error {
			return bootstrap.WriteServiceCIDR(ctx, c.client, c.options.serviceCIDRs())
		}},
		{hookRepair, repairInterval, c.repairs.Once},
		{hookRBAC, neverAgain, func(ctx context.Context) error { return rbac.Ensure(ctx, c.client) }},
	}
	for _, h := range hooks {
		if !c.hookNeeded(h.name) {
			continue
		}
		err := server.AddPostStartHook(h.name, func(hook genericapiserver.PostStartHookContext) error {
			c.writeOnce(hook, h.name, h.write)
			if h.again > 0 {
				go c.writeAgain(hook, h.name, h.again, h.write)
			}
			return nil // the library ends the process on an error
		})
		if err != nil {
			return err
		}
	}
	err := server.AddPreShutdownHook(hookService, func() error {
		ctx, cancel := context.WithTimeout(context.Background(), leaveTimeout)
		defer cancel()
		return bootstrap.LeaveEndpoints(ctx, c.client, o)
	})
	if err != nil {
		return err
	}
	if err := server.AddPostStartHook(hookStorage, server.StorageReadinessHook.Hook); err != nil {
		return err
	}
	if err := c.addIdentityLease(server); err != nil {
		return err
	}
	if err := c.addRunner(server, hookAuthorizers, c.auth.Run); err != nil {
		return err
	}
	return c.addRunner(server, hookAdmission, c.admission.Run)
}

// addRunner runs something for as long as the server runs.
func (c *chain) addRunner(server *genericapiserver.GenericAPIServer, name string, run func(context.Context) error) error {
	return server.AddPostStartHook(name, func(hook genericapiserver.PostStartHookContext) error {
		go func() {
			if err := run(hook); err != nil && hook.Err() == nil {
				c.options.Logger.Error("part of the API server stopped", "hook", name, "err", err)
			}
		}()
		return nil
	})
}

// writeOnce retries until write succeeds or the server stops. Errors of the
// first moments are normal: hooks wait for each other's objects.
func (c *chain) writeOnce(ctx context.Context, name string, write func(context.Context) error) {
	wait, started, last := hookRetry, time.Now(), ""
	for {
		err := write(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		if time.Since(started) > hookPatience && err.Error() != last {
			c.options.Logger.Warn("bootstrap objects cannot be written", "hook", name, "err", err)
			last = err.Error()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(wait*3/2, hookRetryMax)
	}
}

func (c *chain) writeAgain(ctx context.Context, name string, interval time.Duration, write func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := write(ctx); err != nil && ctx.Err() == nil {
			c.options.Logger.Warn("bootstrap objects are not up to date", "hook", name, "err", err)
		}
	}
}
