// Package aggregation fills ClusterRoles that have an aggregation rule with the rules of the roles it selects.
package aggregation

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
	rbaclisters "k8s.io/client-go/listers/rbac/v1"

	"github.com/seatrial/seatrial/reference/controller"
)

// New declares the controller.
func New(env controller.Env) (controller.Controller, error) {
	roles := env.Informers.Rbac().V1().ClusterRoles()
	r := &reconciler{client: env.Client, roles: roles.Lister()}
	return controller.Controller{
		Name:      "clusterrole-aggregation",
		Watches:   []controller.Watch{{Informer: roles.Informer(), Keys: r.aggregates}},
		Reconcile: r.reconcile,
	}, nil
}

type reconciler struct {
	client kubernetes.Interface
	roles  rbaclisters.ClusterRoleLister
}

// aggregates maps a change of any role to all roles with a rule: the old labels, by which one
// may have selected it, are not known any more.
func (r *reconciler) aggregates(any) []controller.Key {
	all, err := r.roles.List(labels.Everything())
	if err != nil {
		return nil
	}
	var keys []controller.Key
	for _, role := range all {
		if role.AggregationRule != nil {
			keys = append(keys, controller.Key{Name: role.Name})
		}
	}
	return keys
}

func (r *reconciler) reconcile(ctx context.Context, key controller.Key) (time.Duration, error) {
	role, err := r.roles.Get(key.Name)
	if apierrors.IsNotFound(err) || err == nil && role.AggregationRule == nil {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	all, err := r.roles.List(labels.Everything())
	if err != nil {
		return 0, err
	}
	rules, err := plan(role, all)
	if err != nil {
		return 0, fmt.Errorf("aggregation rule: %w", err)
	}
	if equality.Semantic.DeepEqual(role.Rules, rules) {
		return 0, nil
	}
	next := role.DeepCopy()
	next.Rules = rules
	if _, err := r.client.RbacV1().ClusterRoles().Update(ctx, next, metav1.UpdateOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return 0, fmt.Errorf("update rules: %w", err)
	}
	return 0, nil
}

// plan joins the rules of the selected roles, in the order of their names, each rule once.
func plan(role *rbacv1.ClusterRole, all []*rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	all = slices.Clone(all)
	slices.SortFunc(all, func(a, b *rbacv1.ClusterRole) int { return cmp.Compare(a.Name, b.Name) })
	var rules []rbacv1.PolicyRule
	for i := range role.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&role.AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			return nil, err
		}
		for _, other := range all {
			if other.Name == role.Name || !selector.Matches(labels.Set(other.Labels)) {
				continue
			}
			for _, rule := range other.Rules {
				if !slices.ContainsFunc(rules, func(o rbacv1.PolicyRule) bool { return equality.Semantic.DeepEqual(o, rule) }) {
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules, nil
}
