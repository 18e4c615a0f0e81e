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
			v, err := check(ctx, z, node, a)
			switch {
			case err != nil:
				return authorizer.DecisionNoOpinion, fmt.Sprintf("node %q cannot %s %q: %v", node, a.GetVerb(), a.GetName(), err), nil
			case v.allow:
				return authorizer.DecisionAllow, "", nil
			case v.why != "":
				return authorizer.DecisionNoOpinion, v.why, nil
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
