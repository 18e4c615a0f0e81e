package apiserver

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/server/healthz"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// rows are the resources of the table as the settings want them.
func (c *chain) rows() []api.Resource {
	rows := slices.Clone(api.Resources())
	for i := range rows {
		if rows[i].TTL > 0 { // events, and nothing else
			rows[i].TTL = c.options.Settings.EventTTL
		}
		if !c.options.Settings.Rules.AllowPrivileged {
			forbidPrivileged(&rows[i])
		}
	}
	return rows
}

// servedVersions are all group-versions of this server, whether switched off or not.
func servedVersions() []schema.GroupVersion {
	all := []schema.GroupVersion{authenticationv1.SchemeGroupVersion, authorizationv1.SchemeGroupVersion}
	for _, row := range api.Resources() {
		for _, gv := range row.Served {
			if !slices.Contains(all, gv) {
				all = append(all, gv)
			}
		}
	}
	return all
}

// enabled reports whether clients get the resource (--runtime-config).
func (c *chain) enabled(gvr schema.GroupVersionResource) bool {
	return c.config.MergedResourceConfig.ResourceEnabled(gvr)
}

// hide takes away what is switched off, and returns it: the stores behind it
// are still used by other resources.
func (c *chain) hide(all storages) storages {
	hidden := storages{}
	for gv, paths := range all {
		for path, st := range paths {
			resource, _, _ := strings.Cut(path, "/")
			if !c.enabled(gv.WithResource(resource)) {
				hidden.add(gv, path, st)
				delete(paths, path)
			}
		}
		if len(paths) == 0 {
			delete(all, gv)
		}
	}
	return hidden
}

// hookNeeded reports whether a hook writes something that is served.
func (c *chain) hookNeeded(name string) bool {
	switch name {
	case hookFlowControl:
		return c.config.FlowControl != nil && c.enabled(flowcontrolv1.SchemeGroupVersion.WithResource("flowschemas"))
	case hookRBAC:
		return c.enabled(rbacv1.SchemeGroupVersion.WithResource("clusterroles"))
	case hookClasses:
		return c.enabled(schedulingv1.SchemeGroupVersion.WithResource("priorityclasses"))
	case hookIdentityGarbage:
		return c.enabled(coordinationv1.SchemeGroupVersion.WithResource("leases"))
	case "start-kubernetes-service-cidr-controller":
		return c.enabled(networkingv1.SchemeGroupVersion.WithResource("servicecidrs"))
	}
	return true
}

// openStore connects the registries to etcd, as the settings want it. stop ends
// what the encryption needs.
func (c *chain) openStore() (backend *storage.Backend, stop func(), err error) {
	s := c.options.Settings
	uncached, err := s.Uncached()
	if err != nil {
		return nil, nil, err
	}
	encryption, stop, err := s.Encryption(c.config)
	if err != nil {
		return nil, nil, err
	}
	config := s.Storage.StorageConfig
	backend = storage.NewBackend(storage.Options{
		Config: &config, MediaType: s.Storage.DefaultStorageMediaType, KeepGarbage: !s.Storage.EnableGarbageCollection,
		Client: c.options.Etcd, Compaction: cmp.Or(c.options.EtcdCompaction, s.Compaction()), Tracker: c.config.StorageObjectCountTracker,
		Encryption: encryption, Uncached: uncached, DeleteWorkers: s.Storage.DeleteCollectionWorkers, Log: c.options.Logger,
	})
	c.config.AddHealthChecks(healthz.NamedGroupedCheck("etcd", "etcd", func(r *http.Request) error { return backend.Check(r.Context(), config.HealthcheckTimeout) }))
	c.config.AddReadyzChecks(healthz.NamedGroupedCheck("etcd-readiness", "etcd-readiness", func(r *http.Request) error { return backend.Check(r.Context(), config.ReadycheckTimeout) }))
	publishMetrics(c.options.Etcd)
	return backend, stop, nil
}
