package apiserver

import (
	"context"
	"fmt"
	"os"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/uuid"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/component-helpers/apimachinery/lease"
	"k8s.io/utils/clock"
)

// An API server says that it is there with a Lease in kube-system, whose name
// and label are upstream's.
// Source: https://kubernetes.io/docs/concepts/architecture/leases/#api-server-identity
const (
	identityLabel    = "apiserver.kubernetes.io/identity"
	identityValue    = "kube-apiserver"
	identityDuration = time.Hour
	identityRenewal  = 10 * time.Second

	hookIdentity        = "start-kube-apiserver-identity-lease-controller"
	hookIdentityGarbage = "start-kube-apiserver-identity-lease-garbage-collector"
)

// addIdentityLease keeps the Lease of this server while it runs.
func (c *chain) addIdentityLease(server *genericapiserver.GenericAPIServer) error {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name the host of the API server: %w", err)
	}
	id := c.config.APIServerID
	keeper := lease.NewController(clock.RealClock{}, c.client, id+"_"+string(uuid.NewUUID()), int32(identityDuration/time.Second), nil,
		identityRenewal, id, metav1.NamespaceSystem, func(l *coordinationv1.Lease) error {
			if l.Labels == nil {
				l.Labels = map[string]string{}
			}
			l.Labels[identityLabel], l.Labels[corev1.LabelHostname] = identityValue, host
			return nil
		})
	err = server.AddPostStartHook(hookIdentity, func(hook genericapiserver.PostStartHookContext) error {
		go func() {
			c.writeOnce(hook, hookIdentity, func(ctx context.Context) error { // what keeps the Lease would complain loudly
				_, err := c.namespace(ctx, metav1.NamespaceSystem)
				return err
			})
			keeper.Run(hook)
		}()
		return nil
	})
	if err != nil {
		return err
	}
	return server.AddPreShutdownHook(hookIdentity, func() error {
		keeper.Stop()
		return nil
	})
}

// dropIdentities deletes the Leases of servers that are gone for long.
func (c *chain) dropIdentities(ctx context.Context) error {
	leases := c.client.CoordinationV1().Leases(metav1.NamespaceSystem)
	all, err := leases.List(ctx, metav1.ListOptions{LabelSelector: identityLabel + "=" + identityValue})
	if err != nil {
		return fmt.Errorf("list identity leases: %w", err)
	}
	for _, l := range all.Items {
		if !ended(&l, time.Now()) {
			continue
		}
		err := leases.Delete(ctx, l.Name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &l.UID, ResourceVersion: &l.ResourceVersion}})
		if err != nil && ctx.Err() == nil { // renewed meanwhile, or gone: nothing to do
			c.options.Logger.Debug("identity lease is not deleted", "lease", l.Name, "err", err)
		}
	}
	return nil
}

// ended reports whether nobody has renewed a Lease in time. One that says
// nothing about its time was not made by an API server.
func ended(l *coordinationv1.Lease, now time.Time) bool {
	if l.Spec.RenewTime == nil || l.Spec.LeaseDurationSeconds == nil {
		return true
	}
	return now.After(l.Spec.RenewTime.Add(time.Duration(*l.Spec.LeaseDurationSeconds) * time.Second))
}
