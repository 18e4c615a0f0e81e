package rbac

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/component-helpers/auth/rbac/validation"
)

// Guard stops users from granting what they do not have themselves.
//
//	guard := rbac.Guard{Rules: a.RBAC, Authorizer: a.Authorizer}
//	storage["roles"] = guard.Storage(store)   // also clusterroles, rolebindings, clusterrolebindings
//
// Rules is nil when RBAC is not among the authorization modes: then nothing is
// checked. Source: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
type Guard struct {
	Rules      *Authorizer
	Authorizer authorizer.Authorizer // the whole chain: asked for the verbs escalate and bind
}

// check refuses a write of obj over old (nil for a create) by the user of ctx.
func (g Guard) check(ctx context.Context, obj, old runtime.Object) error {
	u, ok := request.UserFrom(ctx)
	if !ok || g.Rules == nil || slices.Contains(u.GetGroups(), user.SystemPrivilegedGroup) {
		return nil
	}
	switch o := obj.(type) {
	case *rbacv1.Role:
		before, _ := old.(*rbacv1.Role)
		if before != nil && sameRules(before.Rules, o.Rules) || g.may(ctx, u, "escalate", "roles", o.Name, o.Namespace) {
			return nil
		}
		return forbid(g.covers(u, o.Namespace, o.Rules), "roles", o.Name)
	case *rbacv1.ClusterRole:
		before, _ := old.(*rbacv1.ClusterRole)
		return g.checkClusterRole(ctx, u, o, before)
	case *rbacv1.RoleBinding:
		before, _ := old.(*rbacv1.RoleBinding)
		if before != nil && grantSame(before.RoleRef, o.RoleRef, before.Subjects, o.Subjects) {
			return nil
		}
		return forbid(g.checkBinding(ctx, u, o.RoleRef, o.Namespace), "rolebindings", o.Name)
	case *rbacv1.ClusterRoleBinding:
		before, _ := old.(*rbacv1.ClusterRoleBinding)
		if before != nil && grantSame(before.RoleRef, o.RoleRef, before.Subjects, o.Subjects) {
			return nil
		}
		return forbid(g.checkBinding(ctx, u, o.RoleRef, ""), "clusterrolebindings", o.Name)
	}
	return nil
}

func grantSame(refBefore, ref rbacv1.RoleRef, before, after []rbacv1.Subject) bool {
	return refBefore == ref && sameSubjects(before, after)
}

// checkBinding lets who may bind the role, or has all that it grants, refer to it.
func (g Guard) checkBinding(ctx context.Context, u user.Info, ref rbacv1.RoleRef, namespace string) error {
	if g.mayBind(ctx, u, ref, namespace) {
		return nil
	}
	return g.coversRole(ctx, u, ref, namespace)
}

func (g Guard) checkClusterRole(ctx context.Context, u user.Info, role, before *rbacv1.ClusterRole) error {
	aggregationStays := before != nil && sameAggregation(before, role)
	if aggregationStays && sameRules(before.Rules, role.Rules) || g.may(ctx, u, "escalate", "clusterroles", role.Name, "") {
		return nil
	}
	if role.AggregationRule != nil && !aggregationStays {
		all := []rbacv1.PolicyRule{
			{Verbs: []string{"*"}, APIGroups: []string{"*"}, Resources: []string{"*"}},
			{Verbs: []string{"*"}, NonResourceURLs: []string{"*"}},
		}
		if err := g.covers(u, "", all); err != nil {
			return forbid(errors.New("must have cluster-admin privileges to use the aggregationRule"), "clusterroles", role.Name)
		}
	}
	return forbid(g.covers(u, "", role.Rules), "clusterroles", role.Name)
}

func (g Guard) mayBind(ctx context.Context, u user.Info, ref rbacv1.RoleRef, namespace string) bool {
	switch ref.Kind {
	case "ClusterRole":
		return g.may(ctx, u, "bind", "clusterroles", ref.Name, namespace)
	case "Role":
		return g.may(ctx, u, "bind", "roles", ref.Name, namespace)
	}
	return false
}

func (g Guard) may(ctx context.Context, u user.Info, verb, resource, name, namespace string) bool {
	d, _, err := g.Authorizer.Authorize(ctx, authorizer.AttributesRecord{
		User: u, Verb: verb, APIGroup: rbacv1.GroupName, APIVersion: "*", Resource: resource,
		Name: name, Namespace: namespace, ResourceRequest: true,
	})
	return err == nil && d == authorizer.DecisionAllow
}

func (g Guard) coversRole(ctx context.Context, u user.Info, ref rbacv1.RoleRef, namespace string) error {
	rules, err := g.Rules.stored(ctx, ref, namespace)
	if err != nil {
		return err
	}
	return g.covers(u, namespace, rules)
}

// covers says which of rules u does not have in a namespace.
func (g Guard) covers(u user.Info, namespace string, rules []rbacv1.PolicyRule) error {
	own, err := g.Rules.Rules(u, namespace)
	ok, missing := validation.Covers(own, rules)
	if ok {
		return nil
	}
	return &escalation{user: u, missing: missing, cause: err}
}

// escalation tells a user which of the rules to be granted he lacks.
type escalation struct {
	user    user.Info
	missing []rbacv1.PolicyRule
	cause   error
}

func (e *escalation) Error() string {
	lines := make([]string, 0, len(e.missing))
	for _, r := range e.missing {
		lines = append(lines, compact(r))
	}
	slices.Sort(lines)
	s := fmt.Sprintf("user %q (groups=%q) is attempting to grant RBAC permissions not currently held:\n%s",
		e.user.GetName(), e.user.GetGroups(), strings.Join(slices.Compact(lines), "\n"))
	if e.cause != nil {
		s += fmt.Sprintf("; resolution errors: %v", e.cause)
	}
	return s
}

// compact prints a rule as upstream does in this message.
func compact(r rbacv1.PolicyRule) string {
	var parts []string
	for _, f := range []struct {
		name   string
		values []string
	}{
		{"APIGroups", r.APIGroups},
		{"Resources", r.Resources},
		{"NonResourceURLs", r.NonResourceURLs},
		{"ResourceNames", r.ResourceNames},
		{"Verbs", r.Verbs},
	} {
		if len(f.values) > 0 {
			parts = append(parts, fmt.Sprintf("%s:%q", f.name, f.values))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

func forbid(err error, resource, name string) error {
	if err == nil {
		return nil
	}
	if apierrors.IsNotFound(err) { // the role of a binding
		return err
	}
	return apierrors.NewForbidden(rbacv1.Resource(resource), name, err)
}
