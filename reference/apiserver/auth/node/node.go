// Package node decides the requests of kubelets: a node may read what the pods
// bound to it refer to, and write about itself and its pods.
//
//	n, err := node.New(client)                       // an authorizer.Authorizer
//	go n.Run(ctx)                                    // keeps the index of pods
//
// The users are system:node:NAME in the group system:nodes.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/node/
package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/kubernetes"

	"github.com/seatrial/seatrial/reference/apiserver/auth/bootstrap"
	"github.com/seatrial/seatrial/reference/apiserver/auth/rbac"
)

const userPrefix = "system:node:"

// Authorizer decides the requests of kubelets and has no opinion on others.
type Authorizer struct {
	client kubernetes.Interface
	pods   *podIndex
	rules  []rbacv1.PolicyRule // of the role system:node
}

var (
	_ authorizer.Authorizer   = (*Authorizer)(nil)
	_ authorizer.RuleResolver = (*Authorizer)(nil)
)

// New returns an authorizer. Before Run it asks the client for every answer.
func New(client kubernetes.Interface) (*Authorizer, error) {
	policy, err := bootstrap.Default()
	if err != nil {
		return nil, err
	}
	a := &Authorizer{client: client}
	for _, r := range policy.ClusterRoles {
		if r.Name == "system:node" {
			a.rules = r.Rules
		}
	}
	a.pods, err = newPodIndex(client)
	return a, err
}

// Run keeps the index of pods until ctx is done.
func (z *Authorizer) Run(ctx context.Context) error {
	z.pods.informer.RunWithContext(ctx)
	return nil
}

// NameOf returns the name of the node that a user is, or "".
func NameOf(u user.Info) string {
	if u == nil || !slices.Contains(u.GetGroups(), user.NodesGroup) {
		return ""
	}
	name, ok := strings.CutPrefix(u.GetName(), userPrefix)
	if !ok {
		return ""
	}
	return name
}

// Authorize implements authorizer.Authorizer.
func (z *Authorizer) Authorize(ctx context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	if a.GetUser() == nil || !slices.Contains(a.GetUser().GetGroups(), user.NodesGroup) {
		return authorizer.DecisionNoOpinion, "", nil
	}
	node := NameOf(a.GetUser())
	if node == "" {
		return authorizer.DecisionNoOpinion, fmt.Sprintf("unknown node for user %q", a.GetUser().GetName()), nil
	}
	if a.IsResourceRequest() {
		if check, ok := checks[a.GetAPIGroup()+"/"+a.GetResource()]; ok {
			why, err := check(ctx, z, node, a)
			if err != nil {
				return authorizer.DecisionNoOpinion, fmt.Sprintf("node %q cannot %s %q: %v", node, a.GetVerb(), a.GetName(), err), nil
			}
			if why != "" {
				return authorizer.DecisionNoOpinion, why, nil
			}
		}
	}
	for i := range z.rules {
		if rbac.RuleAllows(&z.rules[i], a) {
			return authorizer.DecisionAllow, "", nil
		}
	}
	return authorizer.DecisionNoOpinion, "", nil
}

// RulesFor implements authorizer.RuleResolver: what a node may do depends on its
// pods and cannot be listed.
func (z *Authorizer) RulesFor(_ context.Context, u user.Info, _ string) ([]authorizer.ResourceRuleInfo, []authorizer.NonResourceRuleInfo, bool, error) {
	if NameOf(u) != "" {
		return nil, nil, true, errors.New("node authorizer does not support user rule resolution")
	}
	return nil, nil, false, nil
}

// check says why a node may not do something to a resource beyond what the
// rules of system:node say; "" means that the rules decide.
type check func(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (why string, err error)

var checks = map[string]check{
	"/secrets":                         referenced("secret"),
	"/configmaps":                      referenced("configmap"),
	"/persistentvolumeclaims":          referenced("pvc"),
	"/serviceaccounts":                 referenced("serviceaccount"),
	"resource.k8s.io/resourceclaims":   referenced("resourceclaim"),
	"/persistentvolumes":               volume,
	"storage.k8s.io/volumeattachments": attachment,
	"storage.k8s.io/csinodes":          ownName("CSINode"),
	"coordination.k8s.io/leases":       ownLease,
	"/nodes":                           ownNode,
	"/pods":                            ownPods,
	"resource.k8s.io/resourceslices":   ownSlices,
}

func unrelated(node string) string {
	return fmt.Sprintf("no relationship found between node '%s' and this object", node)
}

func referenced(kind string) check {
	return func(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (string, error) {
		if a.GetName() == "" || a.GetNamespace() == "" {
			return "No Object name found", nil
		}
		ok, err := z.pods.refer(ctx, node, kind, a.GetNamespace(), a.GetName())
		if err != nil || ok {
			return "", err
		}
		return unrelated(node), nil
	}
}

func volume(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (string, error) {
	if a.GetName() == "" {
		return "No Object name found", nil
	}
	pv, err := z.client.CoreV1().PersistentVolumes().Get(ctx, a.GetName(), metav1.GetOptions{ResourceVersion: "0"})
	if err != nil {
		return "", err
	}
	if c := pv.Spec.ClaimRef; c != nil {
		ok, err := z.pods.refer(ctx, node, "pvc", c.Namespace, c.Name)
		if err != nil || ok {
			return "", err
		}
	}
	return unrelated(node), nil
}

func attachment(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (string, error) {
	if a.GetName() == "" {
		return "No Object name found", nil
	}
	va, err := z.client.StorageV1().VolumeAttachments().Get(ctx, a.GetName(), metav1.GetOptions{ResourceVersion: "0"})
	if err != nil {
		return "", err
	}
	if va.Spec.NodeName != node {
		return unrelated(node), nil
	}
	return "", nil
}

// ownName lets a node touch the object that has its name. A create has no name
// yet: the admission plugin NodeRestriction looks at it.
func ownName(kind string) check {
	return func(_ context.Context, _ *Authorizer, node string, a authorizer.Attributes) (string, error) {
		if a.GetVerb() != "create" && a.GetName() != node {
			return fmt.Sprintf("can only access %s with the same name as the requesting node", kind), nil
		}
		return "", nil
	}
}

func ownLease(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (string, error) {
	if a.GetNamespace() != "kube-node-lease" {
		return `can only access leases in the "kube-node-lease" system namespace`, nil
	}
	return ownName("Lease")(ctx, z, node, a)
}

func ownNode(_ context.Context, _ *Authorizer, node string, a authorizer.Attributes) (string, error) {
	switch a.GetVerb() {
	case "get", "list", "watch":
		if a.GetName() != node { // a field selector on metadata.name counts as a name
			return fmt.Sprintf("node '%s' cannot read '%s', only its own Node object", node, a.GetName()), nil
		}
	}
	return "", nil
}

func ownPods(ctx context.Context, z *Authorizer, node string, a authorizer.Attributes) (string, error) {
	switch a.GetVerb() {
	case "get":
		ok, err := z.pods.refer(ctx, node, "pod", a.GetNamespace(), a.GetName())
		if err != nil || ok {
			return "", err
		}
		return unrelated(node), nil
	case "list", "watch":
		if !selects(a, "spec.nodeName", node) {
			return "can only list/watch pods with spec.nodeName field selector", nil
		}
	}
	return "", nil
}

func ownSlices(_ context.Context, _ *Authorizer, node string, a authorizer.Attributes) (string, error) {
	if a.GetVerb() == "deletecollection" && !selects(a, "spec.nodeName", node) {
		return "can only delete resourceslices with spec.nodeName field selector", nil
	}
	return "", nil
}

func selects(a authorizer.Attributes, name, value string) bool {
	reqs, err := a.GetFieldSelector()
	return err == nil && slices.ContainsFunc(reqs, func(r fields.Requirement) bool {
		return r.Field == name && r.Value == value && (r.Operator == "=" || r.Operator == "==")
	})
}
