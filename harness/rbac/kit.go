package rbac

import (
	"slices"

	"github.com/seatrial/seatrial/harness/capability"
	"github.com/seatrial/seatrial/harness/journal"
)

// kitCalls is what the kit needs besides the behaviours: to see whether the cluster offers what they need, and to have Namespaces for
// them. What it looks at only to tell more about a cluster, it does without.
func kitCalls(behaviours []journal.Call, o Options) []journal.Call {
	var calls []journal.Call
	for _, need := range o.Needs {
		calls = append(calls, questions(need)...)
	}
	namespaces := journal.Call{Version: "v1", Resource: "namespaces"}
	if len(o.Namespaces) == 0 {
		return append(calls, verbs(namespaces, "create", "delete", "list", "watch")...)
	}
	// A Namespace that is given is emptied for the next behaviour: of what was made in it, and of what controllers made of that.
	for _, resource := range residents(behaviours) {
		calls = append(calls, verbs(resource, "list", "watch", "delete", "patch")...)
		if resource.Resource == "events" {
			calls = append(calls, verbs(journal.Call{Resource: "events", Namespaced: true}, "deletecollection")...)
		}
	}
	own := namespaces
	own.Name = ownNamespace
	return append(calls, verbs(own, "get")...)
}

func verbs(call journal.Call, verbs ...string) []journal.Call {
	var calls []journal.Call
	for _, verb := range verbs {
		call.Verb = verb
		calls = append(calls, call)
	}
	return calls
}

// questions are the requests that tell whether the cluster offers the capability. Others need no right, or those of the behaviours.
func questions(need string) []journal.Call {
	list := func(group, resource string) []journal.Call {
		return []journal.Call{{Verb: "list", Group: group, Resource: resource}}
	}
	switch need {
	case capability.Nodes, capability.TwoNodes, capability.RealContainers, capability.LinuxAMD64:
		return list("", "nodes")
	case capability.DNS:
		return append(list("", "nodes"), journal.Call{Verb: "list", Resource: "services", Namespaced: true, Namespace: "kube-system"})
	case capability.DefaultStorageClass:
		return list("storage.k8s.io", "storageclasses")
	case capability.Metrics:
		return list("metrics.k8s.io", "nodes")
	case capability.PrivilegedPods, capability.BaselinePods:
		return []journal.Call{{Verb: "create", Resource: "pods", Namespaced: true}}
	case capability.DualStack:
		return []journal.Call{{Verb: "get", Group: "networking.k8s.io", Resource: "servicecidrs", Name: "kubernetes"}}
	case capability.NodeRestriction:
		return []journal.Call{
			{Verb: "create", Group: "authorization.k8s.io", Resource: "subjectaccessreviews"},
			{Verb: "impersonate", Resource: "users", Name: "system:node:seatrial-dry-run"},
			{Verb: "impersonate", Resource: "groups", Name: "system:nodes"},
		}
	}
	return nil
}

// residents are the resources of which there may be objects in a behaviour's Namespace.
func residents(behaviours []journal.Call) []journal.Call {
	var found []journal.Call
	add := func(group, resource string) {
		call := journal.Call{Group: group, Resource: resource, Namespaced: true}
		if !slices.ContainsFunc(found, func(c journal.Call) bool { return c.Group == group && c.Resource == resource }) {
			found = append(found, call)
		}
	}
	products := map[string][][2]string{
		"deployments": {{"apps", "replicasets"}}, "statefulsets": {{"apps", "controllerrevisions"}, {"", "persistentvolumeclaims"}},
		"daemonsets": {{"apps", "controllerrevisions"}}, "cronjobs": {{"batch", "jobs"}},
	}
	for _, call := range behaviours {
		if !call.Namespaced || call.Namespace != "" || call.Verb != "create" || call.Subresource != "" || call.Method == "" {
			continue
		}
		add(call.Group, call.Resource)
		for _, product := range products[call.Resource] {
			add(product[0], product[1])
		}
	}
	if len(found) > 0 {
		add("", "pods")
	}
	return found
}
