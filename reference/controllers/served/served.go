// Package served tells which resources the API server serves at the moment, custom and aggregated ones included.
package served

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Resource is one stored resource in its preferred version.
type Resource struct {
	schema.GroupVersionResource
	Kind       string
	Namespaced bool
	Verbs      []string
}

// Can reports whether the resource offers all the verbs.
func (r Resource) Can(verbs ...string) bool {
	for _, verb := range verbs {
		if !slices.Contains(r.Verbs, verb) {
			return false
		}
	}
	return true
}

// Func returns the resources that are served now. When some groups do not answer, it returns the
// others together with an error for which errors.As finds *Incomplete.
type Func func(ctx context.Context) ([]Resource, error)

// Incomplete says which groups could not be asked.
type Incomplete struct {
	Groups map[schema.GroupVersion]error
}

// Error names every group with its cause.
func (e *Incomplete) Error() string {
	names := make([]string, 0, len(e.Groups))
	for gv, err := range e.Groups {
		names = append(names, fmt.Sprintf("%s: %v", gv, err))
	}
	slices.Sort(names)
	return fmt.Sprintf("discover resources of %d groups: %v", len(names), names)
}

// By asks the API server by discovery, each time anew.
func By(client discovery.ServerResourcesInterface) Func {
	return func(context.Context) ([]Resource, error) {
		lists, err := client.ServerPreferredResources()
		var failed *discovery.ErrGroupDiscoveryFailed
		switch {
		case errors.As(err, &failed):
			err = &Incomplete{Groups: failed.Groups}
		case err != nil:
			return nil, fmt.Errorf("discover resources: %w", err)
		}
		var all []Resource
		for _, list := range lists {
			gv, parseErr := schema.ParseGroupVersion(list.GroupVersion)
			if parseErr != nil {
				return nil, fmt.Errorf("parse discovered group version %q: %w", list.GroupVersion, parseErr)
			}
			for _, r := range list.APIResources {
				if strings.Contains(r.Name, "/") {
					continue // a subresource
				}
				all = append(all, Resource{
					GroupVersionResource: gv.WithResource(r.Name), Kind: r.Kind, Namespaced: r.Namespaced, Verbs: r.Verbs,
				})
			}
		}
		return all, err
	}
}
