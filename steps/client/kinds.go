package client

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Kind is one kind of object as the cluster serves it.
type Kind struct {
	schema.GroupVersionResource
	Kind       string
	Namespaced bool
}

// APIVersion is the value of the field apiVersion.
func (k Kind) APIVersion() string { return k.GroupVersion().String() }

// Path is the address of the collection, or with a name, of one object. The namespace is left out for a cluster-scoped kind.
func (k Kind) Path(namespace, name, subresource string) string {
	path := "/apis/" + k.APIVersion()
	if k.Group == "" {
		path = "/api/" + k.Version
	}
	if k.Namespaced && namespace != "" {
		path += "/namespaces/" + namespace
	}
	path += "/" + k.Resource
	for _, part := range []string{name, subresource} {
		if part != "" {
			path += "/" + url.PathEscape(part)
		}
	}
	return path
}

// Kinds looks kinds up by their name. It asks the cluster at the first need and once more when a name is not known.
type Kinds struct {
	discovery discovery.DiscoveryInterface
	mu        sync.Mutex
	known     map[string][]Kind
}

// Find returns the kind of this name in the group's preferred version; when several groups have one, the group that the cluster lists
// first, which is the core group for Event. An apiVersion picks another one.
func (k *Kinds) Find(ctx context.Context, kind, apiVersion string) (Kind, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for range 2 {
		for _, candidate := range k.known[kind] {
			if apiVersion == "" || candidate.APIVersion() == apiVersion {
				return candidate, nil
			}
		}
		if err := k.load(ctx, apiVersion); err != nil {
			return Kind{}, err
		}
	}
	for _, candidate := range k.known[kind] {
		if apiVersion == "" || candidate.APIVersion() == apiVersion {
			return candidate, nil
		}
	}
	return Kind{}, fmt.Errorf("find kind %q: the cluster does not serve it", strings.TrimSpace(apiVersion+" "+kind))
}

func (k *Kinds) load(_ context.Context, apiVersion string) error {
	lists, err := k.discovery.ServerPreferredResources()
	if apiVersion != "" {
		if list, err := k.discovery.ServerResourcesForGroupVersion(apiVersion); err == nil {
			lists = append(lists, list)
		}
	}
	if err != nil && len(lists) == 0 {
		return fmt.Errorf("find kinds: %w", err)
	}
	k.known = map[string][]Kind{}
	for _, list := range lists {
		if err := k.add(list); err != nil {
			return err
		}
	}
	return nil
}

func (k *Kinds) add(list *metav1.APIResourceList) error {
	gv, err := schema.ParseGroupVersion(list.GroupVersion)
	if err != nil {
		return fmt.Errorf("find kinds: %w", err)
	}
	for _, r := range list.APIResources {
		if strings.Contains(r.Name, "/") {
			continue
		}
		k.known[r.Kind] = append(k.known[r.Kind], Kind{GroupVersionResource: gv.WithResource(r.Name), Kind: r.Kind, Namespaced: r.Namespaced})
	}
	return nil
}
