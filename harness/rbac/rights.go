// Package rbac finds the least rights with which a part of the specification can be run, from the calls that were seen when it ran.
package rbac

import (
	"slices"
	"strings"

	"github.com/seatrial/seatrial/harness/journal"
)

// ownNamespace stands for the name of a behaviour's Namespace in what was recorded.
const ownNamespace = "${ns}"

// right is one thing that may be done. An empty name means to any object.
type right struct {
	group, resource, verb, name string
	// path is that of a request about no resource; then the others but verb are empty.
	path string
}

// place is where a right holds: everywhere, or in one Namespace.
type place struct{ namespace string }

// rights are what somebody may do, by place.
type rights map[place]map[right]bool

func (r rights) add(p place, one right) {
	if r[p] == nil {
		r[p] = map[right]bool{}
	}
	r[p][one] = true
}

// Options say for whom the rights are, and where.
type Options struct {
	// Namespaces are those that the run is given. Without any, it makes its own, so that it needs its rights everywhere.
	Namespaces []string
	// Needs are the capabilities that the behaviours ask for: to see whether they are there takes rights.
	Needs []string
}

// collect turns calls into rights.
func collect(calls []journal.Call, o Options) rights {
	all := rights{}
	for _, call := range calls {
		if call.As != "" || isEveryones(call) {
			continue
		}
		for _, p := range places(call, o) {
			for _, one := range rightsOf(call, o) {
				all.add(p, one)
			}
		}
	}
	return all
}

// places lists where the call must be allowed.
func places(call journal.Call, o Options) []place {
	switch {
	case !call.Namespaced:
		return []place{{}}
	case call.Namespace != "":
		return []place{{call.Namespace}}
	case len(o.Namespaces) == 0:
		return []place{{}}
	}
	var all []place
	for _, namespace := range o.Namespaces {
		all = append(all, place{namespace})
	}
	return all
}

// rightsOf is what the call needs: one right, or with names that hold that of the Namespace, one for each Namespace.
func rightsOf(call journal.Call, o Options) []right {
	resource := call.Resource
	if call.Subresource != "" {
		resource += "/" + call.Subresource
	}
	one := right{group: call.Group, resource: resource, verb: call.Verb, name: call.Name, path: call.Path}
	if one.path != "" {
		return []right{one}
	}
	if ofThisCluster(call) {
		one.name = ""
	}
	all := named(one, o)
	if one.verb == "list" {
		// Whether a list is followed by a watch depends on how soon the cluster gets there.
		for _, listed := range slices.Clone(all) {
			listed.verb = "watch"
			all = append(all, listed)
		}
	}
	return all
}

// named puts names of Namespaces where the right has the word for them.
func named(one right, o Options) []right {
	if !strings.Contains(one.name+one.group, ownNamespace) {
		return []right{one}
	}
	if len(o.Namespaces) == 0 {
		if strings.Contains(one.name, ownNamespace) {
			one.name = ""
		}
		if strings.Contains(one.group, ownNamespace) {
			one.group = "*"
		}
		return []right{one}
	}
	var all []right
	for _, namespace := range o.Namespaces {
		its := one
		its.name = strings.ReplaceAll(one.name, ownNamespace, namespace)
		its.group = strings.ReplaceAll(one.group, ownNamespace, namespace)
		all = append(all, its)
	}
	return all
}

// ofThisCluster reports whether the objects of the resource have names that another cluster does not have.
func ofThisCluster(call journal.Call) bool {
	machines := []string{"nodes", "persistentvolumes", "csinodes", "volumeattachments", "ipaddresses", "certificatesigningrequests", "resourceslices"}
	return slices.Contains(machines, call.Resource) || call.Resource == "leases" && call.Namespace == "kube-node-lease"
}

// isEveryones reports whether every user of a cluster may do this, by the default ClusterRoles system:basic-user, system:discovery and
// system:public-info-viewer. https://kubernetes.io/docs/reference/access-authn-authz/rbac/#discovery-roles
func isEveryones(call journal.Call) bool {
	if call.Path == "" {
		return strings.HasPrefix(call.Resource, "selfsubject")
	}
	if call.Verb != "get" {
		return false
	}
	for _, open := range []string{"/api", "/apis", "/openapi", "/version", "/healthz", "/livez", "/readyz"} {
		if call.Path == open || call.Path == open+"/" || strings.HasPrefix(call.Path, open+"/") && (strings.HasPrefix(open, "/api") || open == "/openapi") {
			return true
		}
	}
	return call.Path == "/"
}
