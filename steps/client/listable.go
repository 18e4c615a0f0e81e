package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Manager is the field manager of the kit's plain writes.
const Manager = userAgent

// Listable returns every kind that can be listed, in the preferred version of its group, as the cluster serves it now. The reasons say
// for which groups it is not known.
func (k *Kinds) Listable(ctx context.Context) (kinds []Kind, reasons []string, err error) {
	type found struct {
		lists []*metav1.APIResourceList
		err   error
	}
	done := make(chan found, 1)
	go func() { // the client of discovery knows no context
		lists, err := k.discovery.ServerPreferredResources()
		done <- found{lists, err}
	}()
	var got found
	select {
	case got = <-done:
	case <-ctx.Done():
		return nil, nil, fmt.Errorf("find kinds: %w", context.Cause(ctx))
	}
	var failed *discovery.ErrGroupDiscoveryFailed
	switch {
	case errors.As(got.err, &failed):
		for _, gv := range slices.SortedFunc(maps.Keys(failed.Groups), func(a, b schema.GroupVersion) int { return strings.Compare(a.String(), b.String()) }) {
			reasons = append(reasons, fmt.Sprintf("%s: %v", gv, failed.Groups[gv]))
		}
	case got.err != nil:
		return nil, nil, fmt.Errorf("find kinds: %w", got.err)
	}
	for _, list := range got.lists {
		kinds = append(kinds, listable(list)...)
	}
	return kinds, reasons, nil
}

func listable(list *metav1.APIResourceList) []Kind {
	gv, err := schema.ParseGroupVersion(list.GroupVersion)
	if err != nil {
		return nil
	}
	var kinds []Kind
	for _, r := range list.APIResources {
		if !strings.Contains(r.Name, "/") && slices.Contains(r.Verbs, "list") {
			kinds = append(kinds, Kind{GroupVersionResource: gv.WithResource(r.Name), Kind: r.Kind, Namespaced: r.Namespaced})
		}
	}
	return kinds
}
