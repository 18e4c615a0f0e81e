package apiserver

import (
	"fmt"
	"maps"
	"slices"
	"time"

	apidiscoveryv2 "k8s.io/api/apidiscovery/v2"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apiserver/pkg/endpoints"
	"k8s.io/apiserver/pkg/endpoints/discovery"
	"k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	"k8s.io/apiserver/pkg/features"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/seatrial/seatrial/reference/api/scheme"
	"github.com/seatrial/seatrial/reference/apiserver/compress"
)

// install adds the routes and the discovery documents of all group-versions.
// The library's InstallAPIGroups would build OpenAPI models for each kind at
// every start; ours are made at build time.
func install(server *genericapiserver.GenericAPIServer, c *genericapiserver.Config, all storages, types managedfields.TypeConverter) error {
	if c.FeatureGate.Enabled(features.APIResponseCompression) {
		server.Handler.GoRestfulContainer.Filter(compress.Lists())
	}
	for _, name := range groupNames(all) {
		group := metav1.APIGroup{Name: name}
		for _, gv := range scheme.Scheme.PrioritizedVersionsForGroup(name) {
			if all[gv] == nil {
				continue
			}
			if err := installVersion(server, c, gv, all, types); err != nil {
				return fmt.Errorf("install %s: %w", gv, err)
			}
			group.Versions = append(group.Versions, metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version})
		}
		if len(group.Versions) == 0 {
			return fmt.Errorf("install group %q: the scheme knows none of its versions", name)
		}
		if name == "" {
			root := discovery.NewLegacyRootAPIHandler(c.DiscoveryAddresses, scheme.Codecs, genericapiserver.DefaultLegacyAPIPrefix)
			manager := server.AggregatedLegacyDiscoveryGroupManager
			wrapped := aggregated.WrapAggregatedDiscoveryToHandler(root, manager, manager)
			server.Handler.GoRestfulContainer.Add(wrapped.GenerateWebService(genericapiserver.DefaultLegacyAPIPrefix, metav1.APIVersions{}))
			continue
		}
		group.PreferredVersion = group.Versions[0]
		server.DiscoveryGroupManager.AddGroup(group)
		server.Handler.GoRestfulContainer.Add(discovery.NewAPIGroupHandler(scheme.Codecs, group).WebService())
	}
	server.RegisterDestroyFunc(all.destroy)
	return nil
}

func groupNames(all storages) []string {
	names := map[string]bool{}
	for gv := range all {
		names[gv.Group] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func (s storages) destroy() {
	for _, paths := range s {
		for _, st := range paths {
			st.Destroy()
		}
	}
}

func installVersion(server *genericapiserver.GenericAPIServer, c *genericapiserver.Config, gv schema.GroupVersion,
	all storages, types managedfields.TypeConverter,
) error {
	version := groupVersion(c, gv, all)
	version.TypeConverter = types
	version.Serializer = served()
	resources, _, err := version.InstallREST(server.Handler.GoRestfulContainer)
	if err != nil {
		return err
	}
	manager := server.AggregatedDiscoveryGroupManager
	if gv.Group == "" {
		manager = server.AggregatedLegacyDiscoveryGroupManager
	}
	manager.AddGroupVersion(gv.Group, apidiscoveryv2.APIVersionDiscovery{
		Freshness: apidiscoveryv2.DiscoveryFreshnessCurrent, Version: gv.Version, Resources: resources,
	})
	for path, st := range all[gv] {
		if ready, ok := st.(rest.StorageWithReadiness); ok {
			server.StorageReadinessHook.RegisterStorage(metav1.GroupVersionResource{Group: gv.Group, Version: gv.Version, Resource: path}, ready)
		}
	}
	return nil
}

// served encodes lists object by object, so that a long one is never in memory
// as a whole; and speaks CBOR if its gate says so.
func served() runtime.NegotiatedSerializer {
	return genericapiserver.NewDefaultAPIGroupInfo("", scheme.Scheme, scheme.ParameterCodec, scheme.Codecs).NegotiatedSerializer
}

func groupVersion(c *genericapiserver.Config, gv schema.GroupVersion, all storages) *endpoints.APIGroupVersion {
	root := genericapiserver.APIGroupPrefix
	if gv.Group == "" {
		root = genericapiserver.DefaultLegacyAPIPrefix
	}
	served := map[string][]string{}
	for other, paths := range all {
		if other.Group != gv.Group {
			continue
		}
		for path := range paths {
			served[path] = append(served[path], other.String())
		}
	}
	return &endpoints.APIGroupVersion{
		Root: root, Storage: all[gv], GroupVersion: gv, AllServedVersionsByResource: served,
		OptionsExternalVersion:     &schema.GroupVersion{Version: "v1"},
		ParameterCodec:             scheme.ParameterCodec,
		Creater:                    scheme.Scheme,
		Convertor:                  scheme.Scheme,
		ConvertabilityChecker:      scheme.Scheme,
		UnsafeConvertor:            runtime.UnsafeObjectConvertor(scheme.Scheme),
		Defaulter:                  scheme.Scheme,
		Typer:                      scheme.Scheme,
		Namer:                      runtime.Namer(meta.NewAccessor()),
		EquivalentResourceRegistry: c.EquivalentResourceRegistry,
		Admit:                      c.AdmissionControl,
		MinRequestTimeout:          time.Duration(c.MinRequestTimeout) * time.Second,
		Authorizer:                 c.Authorization.Authorizer,
		MaxRequestBodyBytes:        c.MaxRequestBodyBytes,
	}
}
