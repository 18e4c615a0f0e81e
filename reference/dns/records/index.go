package records

import (
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/tools/cache"
)

// Names of the indexes that Cached uses.
const (
	byAddress = "address"
	byService = "service"
)

// Cached are Objects in informer caches.
type Cached struct {
	namespaces, services, slices cache.Indexer
}

// NewCached adds the indexes to the informers, which must not have started.
func NewCached(namespaces, services, slices cache.SharedIndexInformer) (*Cached, error) {
	if err := services.AddIndexers(cache.Indexers{byAddress: func(o any) ([]string, error) {
		return o.(*corev1.Service).Spec.ClusterIPs, nil
	}}); err != nil {
		return nil, err
	}
	if err := slices.AddIndexers(cache.Indexers{byAddress: addressesOf, byService: func(o any) ([]string, error) {
		slice := o.(*discoveryv1.EndpointSlice)
		return []string{slice.Namespace + "/" + ServiceOf(slice)}, nil
	}}); err != nil {
		return nil, err
	}
	return &Cached{namespaces.GetIndexer(), services.GetIndexer(), slices.GetIndexer()}, nil
}

// ServiceOf returns the name of the service that the slice belongs to.
func ServiceOf(slice *discoveryv1.EndpointSlice) string {
	return slice.Labels[discoveryv1.LabelServiceName]
}

// Namespace implements Objects.
func (c *Cached) Namespace(name string) bool {
	_, ok, err := c.namespaces.GetByKey(name)
	return ok && err == nil
}

// Service implements Objects.
func (c *Cached) Service(namespace, name string) *corev1.Service {
	o, ok, err := c.services.GetByKey(namespace + "/" + name)
	if !ok || err != nil {
		return nil
	}
	return o.(*corev1.Service)
}

// Slices implements Objects.
func (c *Cached) Slices(namespace, name string) []*discoveryv1.EndpointSlice {
	return find[*discoveryv1.EndpointSlice](c.slices, byService, namespace+"/"+name)
}

// ServicesAt implements Objects.
func (c *Cached) ServicesAt(ip string) []*corev1.Service {
	return find[*corev1.Service](c.services, byAddress, ip)
}

// SlicesAt implements Objects.
func (c *Cached) SlicesAt(ip string) []*discoveryv1.EndpointSlice {
	return find[*discoveryv1.EndpointSlice](c.slices, byAddress, ip)
}

func find[T any](indexer cache.Indexer, index, key string) []T {
	objects, err := indexer.ByIndex(index, key)
	if err != nil {
		return nil // only if the index were missing
	}
	found := make([]T, 0, len(objects))
	for _, o := range objects {
		found = append(found, o.(T))
	}
	return found
}

func addressesOf(o any) ([]string, error) {
	var addresses []string
	for _, endpoint := range o.(*discoveryv1.EndpointSlice).Endpoints {
		addresses = append(addresses, endpoint.Addresses...)
	}
	return addresses, nil
}
