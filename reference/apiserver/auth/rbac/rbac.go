// Package rbac decides requests by Roles, ClusterRoles and their bindings.
//
//	r, err := rbac.New(factory, client.RbacV1()) // before the factory is started
//	config.Authorization.Authorizer = r          // Authorize
//	config.RuleResolver = r                      // RulesFor
//
// The bindings are indexed by subject, so that a decision looks only at the
// bindings of the user and of the user's groups.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
package rbac

import (
	"context"
	"errors"
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/serviceaccount"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/client-go/informers"
	rbacclient "k8s.io/client-go/kubernetes/typed/rbac/v1"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"
	"k8s.io/client-go/tools/cache"
)

const bySubject = "subject" // name of the index of both kinds of bindings

// Authorizer answers from the roles and bindings that its informers have seen.
type Authorizer struct {
	roles           rbaclisters.RoleLister
	clusterRoles    rbaclisters.ClusterRoleLister
	bindings        cache.Indexer // RoleBindings; key of the index: namespace, kind, name
	clusterBindings cache.Indexer // ClusterRoleBindings; key of the index: kind, name
	client          rbacclient.RbacV1Interface
}

var (
	_ authorizer.Authorizer   = (*Authorizer)(nil)
	_ authorizer.RuleResolver = (*Authorizer)(nil)
)

// New returns an authorizer that reads through the informers of factory; the
// caller starts the factory. The client serves Guard.
func New(factory informers.SharedInformerFactory, client rbacclient.RbacV1Interface) (*Authorizer, error) {
	r := factory.Rbac().V1()
	err := errors.Join(
		r.RoleBindings().Informer().AddIndexers(cache.Indexers{bySubject: roleBindingSubjects}),
		r.ClusterRoleBindings().Informer().AddIndexers(cache.Indexers{bySubject: clusterRoleBindingSubjects}),
	)
	if err != nil {
		return nil, fmt.Errorf("index role bindings: %w", err)
	}
	return &Authorizer{
		roles:           r.Roles().Lister(),
		clusterRoles:    r.ClusterRoles().Lister(),
		bindings:        r.RoleBindings().Informer().GetIndexer(),
		clusterBindings: r.ClusterRoleBindings().Informer().GetIndexer(),
		client:          client,
	}, nil
}

// Authorize allows what a rule allows, and has no opinion on the rest.
func (z *Authorizer) Authorize(_ context.Context, a authorizer.Attributes) (authorizer.Decision, string, error) {
	u := a.GetUser()
	if u == nil {
		return authorizer.DecisionNoOpinion, "", nil
	}
	why := ""
	err := z.visit(u, a.GetNamespace(), func(g grant) bool {
		for i := range g.rules {
			if RuleAllows(&g.rules[i], a) {
				why = "RBAC: allowed by " + g.String()
				return false
			}
		}
		return true
	})
	if why != "" {
		return authorizer.DecisionAllow, why, nil
	}
	if err != nil { // a binding to a missing role grants nothing; saying so helps
		return authorizer.DecisionNoOpinion, fmt.Sprintf("RBAC: %v", err), nil
	}
	return authorizer.DecisionNoOpinion, "", nil
}

// RulesFor lists the rules that apply to u in a namespace, the cluster-wide ones included.
func (z *Authorizer) RulesFor(_ context.Context, u user.Info, namespace string) ([]authorizer.ResourceRuleInfo, []authorizer.NonResourceRuleInfo, bool, error) {
	rules, err := z.Rules(u, namespace)
	var resources []authorizer.ResourceRuleInfo
	var paths []authorizer.NonResourceRuleInfo
	for _, r := range rules {
		if len(r.Resources) > 0 {
			resources = append(resources, &authorizer.DefaultResourceRuleInfo{
				Verbs: r.Verbs, APIGroups: r.APIGroups, Resources: r.Resources, ResourceNames: r.ResourceNames,
			})
		}
		if len(r.NonResourceURLs) > 0 {
			paths = append(paths, &authorizer.DefaultNonResourceRuleInfo{Verbs: r.Verbs, NonResourceURLs: r.NonResourceURLs})
		}
	}
	return resources, paths, false, err
}

// Rules returns every rule granted to u in a namespace. The error joins the
// missing roles; the rules are right nevertheless.
func (z *Authorizer) Rules(u user.Info, namespace string) ([]rbacv1.PolicyRule, error) {
	var rules []rbacv1.PolicyRule
	err := z.visit(u, namespace, func(g grant) bool {
		rules = append(rules, g.rules...)
		return true
	})
	return rules, err
}

// grant is the rules of one role as given to a user by one binding.
type grant struct {
	name, namespace string // of the binding; a ClusterRoleBinding has no namespace
	role            rbacv1.RoleRef
	subject         subject
	rules           []rbacv1.PolicyRule
}

func (g grant) String() string {
	binding := fmt.Sprintf("ClusterRoleBinding %q", g.name)
	if g.namespace != "" {
		binding = fmt.Sprintf("RoleBinding %q", g.name+"/"+g.namespace)
	}
	return fmt.Sprintf("%s of %s %q to %s", binding, g.role.Kind, g.role.Name, g.subject)
}

// visit calls f with the grants of u, cluster-wide ones first, until f returns
// false. The error joins what stood in the way of others.
func (z *Authorizer) visit(u user.Info, namespace string, f func(grant) bool) error {
	var errs []error
	subjects := subjectsOf(u)
	for _, s := range subjects {
		objs, err := z.clusterBindings.ByIndex(bySubject, s.key(""))
		if err != nil {
			errs = append(errs, err)
		}
		for _, o := range objs {
			b := o.(*rbacv1.ClusterRoleBinding)
			rules, err := z.rules(b.RoleRef, "")
			if err != nil {
				errs = append(errs, err)
				continue
			}
			if !f(grant{b.Name, "", b.RoleRef, s, rules}) {
				return nil
			}
		}
	}
	if namespace == "" {
		return errors.Join(errs...)
	}
	for _, s := range subjects {
		objs, err := z.bindings.ByIndex(bySubject, s.key(namespace))
		if err != nil {
			errs = append(errs, err)
		}
		for _, o := range objs {
			b := o.(*rbacv1.RoleBinding)
			rules, err := z.rules(b.RoleRef, namespace)
			if err != nil {
				errs = append(errs, err)
				continue
			}
			if !f(grant{b.Name, b.Namespace, b.RoleRef, s, rules}) {
				return nil
			}
		}
	}
	return errors.Join(errs...)
}

// rules returns the rules of the role that a binding in namespace points to.
func (z *Authorizer) rules(ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	switch ref.Kind {
	case "ClusterRole":
		r, err := z.clusterRoles.Get(ref.Name)
		if err != nil {
			return nil, named(err, "clusterrole", ref.Name)
		}
		return r.Rules, nil
	case "Role":
		r, err := z.roles.Roles(namespace).Get(ref.Name)
		if err != nil {
			return nil, named(err, "role", ref.Name)
		}
		return r.Rules, nil
	}
	return nil, fmt.Errorf("unsupported role reference kind: %q", ref.Kind)
}

// stored is rules, read from the store: a role that was made or grew a moment
// ago may not have reached the informers.
func (z *Authorizer) stored(ctx context.Context, ref rbacv1.RoleRef, namespace string) ([]rbacv1.PolicyRule, error) {
	switch ref.Kind {
	case "ClusterRole":
		r, err := z.client.ClusterRoles().Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		return r.Rules, nil
	case "Role":
		r, err := z.client.Roles(namespace).Get(ctx, ref.Name, metav1.GetOptions{})
		if err != nil {
			return nil, err
		}
		return r.Rules, nil
	}
	return nil, fmt.Errorf("unsupported role reference kind: %q", ref.Kind)
}

// named turns the error of a lister into the one that the API server shows.
func named(err error, resource, name string) error {
	if apierrors.IsNotFound(err) {
		return apierrors.NewNotFound(rbacv1.Resource(resource), name)
	}
	return err
}

// subjectsOf lists the ways in which a binding may name u.
func subjectsOf(u user.Info) []subject {
	groups := u.GetGroups()
	out := make([]subject, 0, len(groups)+2)
	out = append(out, subject{kind: rbacv1.UserKind, name: u.GetName()})
	if ns, name, err := serviceaccount.SplitUsername(u.GetName()); err == nil {
		out = append(out, subject{kind: rbacv1.ServiceAccountKind, name: ns + "/" + name, display: name + "/" + ns})
	}
	for _, g := range groups {
		out = append(out, subject{kind: rbacv1.GroupKind, name: g})
	}
	return out
}
