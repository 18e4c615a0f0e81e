package bootstrap

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
	"k8s.io/component-helpers/auth/rbac/reconciliation"
)

const parallel = 16 // requests at a time

// Ensure writes what is missing of the default policy. What users added to a
// default role stays, and a role or binding with the annotation
// rbac.authorization.kubernetes.io/autoupdate=false is left alone.
func Ensure(ctx context.Context, client kubernetes.Interface) error {
	p, err := Default()
	if err != nil {
		return err
	}
	return p.Ensure(ctx, client)
}

// Ensure is Ensure for any policy.
func (p *Policy) Ensure(ctx context.Context, client kubernetes.Interface) error {
	have, err := listAll(ctx, client)
	if err != nil {
		return err
	}
	api, namespaces := client.RbacV1(), client.CoreV1().Namespaces()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for _, r := range p.ClusterRoles {
		o := reconciliation.ClusterRoleRuleOwner{ClusterRole: r}
		g.Go(func() error { return have.role(ctx, o, reconciliation.ClusterRoleModifier{Client: api.ClusterRoles()}) })
	}
	for _, r := range p.Roles {
		o := reconciliation.RoleRuleOwner{Role: r}
		g.Go(func() error {
			return have.role(ctx, o, reconciliation.RoleModifier{Client: api, NamespaceClient: namespaces})
		})
	}
	for _, b := range p.ClusterRoleBindings {
		o := reconciliation.ClusterRoleBindingAdapter{ClusterRoleBinding: b}
		g.Go(func() error {
			return have.binding(ctx, o, reconciliation.ClusterRoleBindingClientAdapter{Client: api.ClusterRoleBindings()})
		})
	}
	for _, b := range p.RoleBindings {
		o := reconciliation.RoleBindingAdapter{RoleBinding: b}
		g.Go(func() error {
			return have.binding(ctx, o, reconciliation.RoleBindingClientAdapter{Client: api, NamespaceClient: namespaces})
		})
	}
	return g.Wait()
}

// role makes one role cover what o asks for.
func (s *snapshot) role(ctx context.Context, o reconciliation.RuleOwner, by reconciliation.RuleOwnerModifier) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	listed := &listedRole{RuleOwnerModifier: by, all: s.roles[kindOf(o)]}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		_, err := (&reconciliation.ReconcileRoleOptions{Role: o, Client: listed, Confirm: true}).Run()
		return err
	})
	if err != nil {
		return fmt.Errorf("reconcile role %q: %w", o.GetName(), err)
	}
	return nil
}

// binding makes one binding name the subjects that o asks for.
func (s *snapshot) binding(ctx context.Context, o reconciliation.RoleBinding, by reconciliation.RoleBindingModifier) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	listed := &listedBinding{RoleBindingModifier: by, all: s.bindings[kindOf(o)]}
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		_, err := (&reconciliation.ReconcileRoleBindingOptions{RoleBinding: o, Client: listed, Confirm: true}).Run()
		return err
	})
	if err != nil {
		return fmt.Errorf("reconcile role binding %q: %w", o.GetName(), err)
	}
	return nil
}

// listAll reads all roles and bindings with four requests. The watch cache
// answers them: what it does not have yet comes to light as a conflict.
func listAll(ctx context.Context, client kubernetes.Interface) (*snapshot, error) {
	api, opts := client.RbacV1(), metav1.ListOptions{ResourceVersion: "0"}
	var clusterRoles *rbacv1.ClusterRoleList
	var roles *rbacv1.RoleList
	var clusterBindings *rbacv1.ClusterRoleBindingList
	var bindings *rbacv1.RoleBindingList
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) { clusterRoles, err = api.ClusterRoles().List(ctx, opts); return err })
	g.Go(func() (err error) { roles, err = api.Roles("").List(ctx, opts); return err })
	g.Go(func() (err error) { clusterBindings, err = api.ClusterRoleBindings().List(ctx, opts); return err })
	g.Go(func() (err error) { bindings, err = api.RoleBindings("").List(ctx, opts); return err })
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("list roles and bindings: %w", err)
	}
	s := newSnapshot()
	for i := range clusterRoles.Items {
		s.addRole(reconciliation.ClusterRoleRuleOwner{ClusterRole: &clusterRoles.Items[i]})
	}
	for i := range roles.Items {
		s.addRole(reconciliation.RoleRuleOwner{Role: &roles.Items[i]})
	}
	for i := range clusterBindings.Items {
		s.addBinding(reconciliation.ClusterRoleBindingAdapter{ClusterRoleBinding: &clusterBindings.Items[i]})
	}
	for i := range bindings.Items {
		s.addBinding(reconciliation.RoleBindingAdapter{RoleBinding: &bindings.Items[i]})
	}
	return s, nil
}
