package rbac

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
)

// rules puts rights into as few rules as say exactly the same.
func rules(all map[right]bool) []rbacv1.PolicyRule {
	// What may be done to every object of a resource need not be said of single ones.
	verbs := map[object][]string{}
	for one := range all {
		anything := one
		anything.name = ""
		if one.name != "" && all[anything] {
			continue
		}
		verbs[object{one.group, one.resource, one.path, one.name}] = append(verbs[object{one.group, one.resource, one.path, one.name}], one.verb)
	}
	for _, list := range verbs {
		slices.Sort(list)
	}
	return merge(verbs)
}

// object is what a right is about.
type object struct{ group, resource, path, name string }

// merge joins first the names of a resource, then the resources of a group, about which the same is said.
func merge(verbs map[object][]string) []rbacv1.PolicyRule {
	type subject struct{ group, resource, path, verbs string }
	names := map[subject][]string{}
	for o, list := range verbs {
		s := subject{o.group, o.resource, o.path, strings.Join(list, " ")}
		names[s] = append(names[s], o.name)
	}
	type statement struct{ group, names, verbs string }
	resources, paths := map[statement][]string{}, map[string][]string{}
	for s, list := range names {
		slices.Sort(list)
		if s.path != "" {
			paths[s.verbs] = append(paths[s.verbs], s.path)
			continue
		}
		key := statement{s.group, strings.Join(list, " "), s.verbs}
		resources[key] = append(resources[key], s.resource)
	}
	var found []rbacv1.PolicyRule
	for key, list := range resources {
		slices.Sort(list)
		found = append(found, rbacv1.PolicyRule{APIGroups: []string{key.group}, Resources: list, ResourceNames: strings.Fields(key.names), Verbs: strings.Fields(key.verbs)})
	}
	for words, list := range paths {
		slices.Sort(list)
		found = append(found, rbacv1.PolicyRule{NonResourceURLs: list, Verbs: strings.Fields(words)})
	}
	slices.SortFunc(found, func(a, b rbacv1.PolicyRule) int {
		return cmp.Or(slices.Compare(a.APIGroups, b.APIGroups), slices.Compare(a.Resources, b.Resources),
			slices.Compare(a.ResourceNames, b.ResourceNames), slices.Compare(a.NonResourceURLs, b.NonResourceURLs), slices.Compare(a.Verbs, b.Verbs))
	})
	return found
}

// sorted lists the places: everywhere first, then the Namespaces by name.
func (r rights) sorted() []place {
	return slices.SortedFunc(maps.Keys(r), func(a, b place) int { return cmp.Compare(a.namespace, b.namespace) })
}
