package apiserver

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"

	"github.com/seatrial/seatrial/reference/api"
	"github.com/seatrial/seatrial/reference/api/scheme"
	"github.com/seatrial/seatrial/reference/apiserver/openapi"
	"github.com/seatrial/seatrial/reference/apiserver/registry"
	"github.com/seatrial/seatrial/reference/apiserver/registry/claims"
	"github.com/seatrial/seatrial/reference/apiserver/storage"
)

// storages is what a server serves: group-version, then path below it.
type storages map[schema.GroupVersion]map[string]rest.Storage

func (s storages) add(gv schema.GroupVersion, path string, st rest.Storage) {
	if s[gv] == nil {
		s[gv] = map[string]rest.Storage{}
	}
	s[gv][path] = st
}

// builtIn makes the server of the resources in the table.
func (c *chain) builtIn(next genericapiserver.DelegationTarget) (*genericapiserver.GenericAPIServer, storages, error) {
	rows := c.rows()
	getter, err := c.tableGetter(rows)
	if err != nil {
		return nil, nil, err
	}
	c.config.RESTOptionsGetter = getter
	server, err := c.config.Complete(c.informers).New("kube-apiserver", next)
	if err != nil {
		return nil, nil, err
	}
	all, opened := storages{}, stores{}
	for _, row := range claims.Guarded(rows, c.namespace) {
		r, err := registry.New(row, scheme.Scheme, getter)
		if err != nil {
			return nil, nil, err
		}
		opened[r.DefaultQualifiedResource] = r
		for path, st := range r.Storages() {
			for _, gv := range row.Served {
				all.add(gv, path, st)
			}
		}
	}
	c.addSpecial(all, opened)
	hidden := c.hide(all)
	server.RegisterDestroyFunc(hidden.destroy)
	if err := c.installIssuer(server); err != nil {
		return nil, nil, err
	}
	if err := install(server, c.config, all, openapi.NewTypes(scheme.Public)); err != nil {
		return nil, nil, err
	}
	served := c.enabled
	if len(hidden) == 0 {
		served = nil // the documents are right as they are
	}
	if err := openapi.Install(server.Handler.NonGoRestfulMux, served); err != nil {
		return nil, nil, err
	}
	return server, all, nil
}

// namespace reads a namespace as the server itself.
func (c *chain) namespace(ctx context.Context, name string) (*corev1.Namespace, error) {
	return c.client.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
}

// tableGetter knows how each row is stored. The library asks for virtual
// resources too; they get an error.
func (c *chain) tableGetter(rows []api.Resource) (*storage.Getter, error) {
	how := make(map[schema.GroupResource]storage.How, len(rows))
	for _, row := range rows {
		hub := registry.Hub(row)
		memory := schema.GroupVersion{Group: hub.Group, Version: runtime.APIVersionInternal}
		h, err := c.backend.How(scheme.Codecs, registry.StoredAs(row), memory)
		if err != nil {
			return nil, err
		}
		h.NoCache = row.NoCache
		how[schema.GroupResource{Group: hub.Group, Resource: row.Plural}] = h
	}
	return c.backend.Getter(func(gr schema.GroupResource) (storage.How, error) {
		h, ok := how[gr]
		if !ok {
			return h, fmt.Errorf("resource %q is not stored", gr)
		}
		return h, nil
	}), nil
}
