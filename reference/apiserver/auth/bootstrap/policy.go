// Package bootstrap holds the default roles and bindings of a cluster and
// writes those that are missing.
//
//	err := bootstrap.Ensure(ctx, client)      // in a post-start hook, as a user in system:masters
package bootstrap

import (
	"cmp"
	_ "embed" // the policy
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

//go:embed policy.txt
var policyText string

const aggregateTo = "rbac.authorization.k8s.io/aggregate-to-"

// Policy is a set of roles and bindings. The aggregated roles carry their rules
// already, so that a cluster without the aggregation controller can use them.
type Policy struct {
	ClusterRoles        []*rbacv1.ClusterRole
	ClusterRoleBindings []*rbacv1.ClusterRoleBinding
	Roles               []*rbacv1.Role
	RoleBindings        []*rbacv1.RoleBinding
}

// Default returns the policy of a new cluster.
func Default() (*Policy, error) {
	p := &Policy{}
	if err := p.parse(policyText); err != nil {
		return nil, fmt.Errorf("parse bootstrap policy: %w", err)
	}
	p.aggregate()
	return p, nil
}

// parse reads the format that policy.txt describes.
func (p *Policy) parse(text string) error {
	var rules *[]rbacv1.PolicyRule // of the role being read
	var role rbacv1.RoleRef
	namespace := ""
	for n, line := range strings.Split(text, "\n") {
		f, err := words(line)
		if err != nil {
			return fmt.Errorf("line %d: %w", n+1, err)
		}
		switch {
		case len(f) == 0:
		case f[0] == "clusterrole":
			r := &rbacv1.ClusterRole{ObjectMeta: object("", f[1])}
			if err := options(r, f[2:]); err != nil {
				return fmt.Errorf("line %d: %w", n+1, err)
			}
			p.ClusterRoles = append(p.ClusterRoles, r)
			rules, namespace, role = &r.Rules, "", rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: r.Name}
		case f[0] == "role":
			ns, name, _ := strings.Cut(f[1], "/")
			r := &rbacv1.Role{ObjectMeta: object(ns, name)}
			p.Roles = append(p.Roles, r)
			rules, namespace, role = &r.Rules, ns, rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name}
		case rules == nil:
			return fmt.Errorf("line %d: %q belongs to no role", n+1, line)
		case f[0] == "to":
			if err := p.bind(namespace, role, f[1:]); err != nil {
				return fmt.Errorf("line %d: %w", n+1, err)
			}
		case f[0] == "path" && len(f) == 3:
			*rules = append(*rules, rbacv1.PolicyRule{NonResourceURLs: list(f[1]), Verbs: verbs(f[2])})
		case len(f) == 3 || len(f) == 4:
			r := rbacv1.PolicyRule{APIGroups: groups(f[0]), Resources: list(f[1]), Verbs: verbs(f[2])}
			if len(f) == 4 {
				r.ResourceNames = list(f[3])
			}
			*rules = append(*rules, r)
		default:
			return fmt.Errorf("line %d: cannot read %q", n+1, line)
		}
	}
	return nil
}

// words are those of a line, none of a comment. No line has only one.
func words(line string) ([]string, error) {
	f := strings.Fields(line)
	if len(f) == 0 || strings.HasPrefix(f[0], "#") {
		return nil, nil
	}
	if len(f) == 1 {
		return nil, fmt.Errorf("%q alone says nothing", f[0])
	}
	return f, nil
}

func options(r *rbacv1.ClusterRole, f []string) error {
	for ; len(f) >= 2; f = f[2:] {
		switch f[0] {
		case "aggregates":
			r.AggregationRule = &rbacv1.AggregationRule{
				ClusterRoleSelectors: []metav1.LabelSelector{{MatchLabels: map[string]string{aggregateTo + f[1]: "true"}}},
			}
		case "joins":
			r.Labels[aggregateTo+f[1]] = "true"
		default:
			return fmt.Errorf("unknown option %q", f[0])
		}
	}
	if len(f) > 0 {
		return fmt.Errorf("option %q has no value", f[0])
	}
	return nil
}

// bind reads "SUBJECTS [as NAME]".
func (p *Policy) bind(namespace string, role rbacv1.RoleRef, f []string) error {
	name := role.Name
	if len(f) == 3 && f[1] == "as" {
		name = f[2]
	} else if len(f) != 1 {
		return fmt.Errorf("cannot read binding %q", f)
	}
	var subjects []rbacv1.Subject
	for _, s := range list(f[0]) {
		kind, who, _ := strings.Cut(s, ":")
		switch kind {
		case rbacv1.UserKind, rbacv1.GroupKind:
			subjects = append(subjects, rbacv1.Subject{Kind: kind, APIGroup: rbacv1.GroupName, Name: who})
		case rbacv1.ServiceAccountKind:
			ns, account, _ := strings.Cut(who, "/")
			subjects = append(subjects, rbacv1.Subject{Kind: kind, Namespace: ns, Name: account})
		case "nobody":
		default:
			return fmt.Errorf("unknown kind of subject %q", kind)
		}
	}
	if role.Kind == "ClusterRole" {
		p.ClusterRoleBindings = append(p.ClusterRoleBindings, &rbacv1.ClusterRoleBinding{ObjectMeta: object("", name), RoleRef: role, Subjects: subjects})
	} else {
		p.RoleBindings = append(p.RoleBindings, &rbacv1.RoleBinding{ObjectMeta: object(namespace, name), RoleRef: role, Subjects: subjects})
	}
	return nil
}

// aggregate fills the roles that have an aggregation rule. view joins edit and
// edit joins admin, so it repeats until nothing is added.
func (p *Policy) aggregate() {
	for range p.ClusterRoles {
		before := p.ruleCount()
		for _, sum := range p.ClusterRoles {
			if sum.AggregationRule == nil {
				continue
			}
			sum.Rules = nil
			for _, part := range p.ClusterRoles {
				if part != sum && joins(part, sum) {
					sum.Rules = append(sum.Rules, part.Rules...)
				}
			}
			slices.SortStableFunc(sum.Rules, func(a, b rbacv1.PolicyRule) int { return cmp.Compare(a.String(), b.String()) })
			sum.Rules = slices.CompactFunc(sum.Rules, func(a, b rbacv1.PolicyRule) bool { return a.String() == b.String() })
		}
		if p.ruleCount() == before {
			return
		}
	}
}

func (p *Policy) ruleCount() int {
	n := 0
	for _, r := range p.ClusterRoles {
		n += len(r.Rules)
	}
	return n
}

func joins(part, sum *rbacv1.ClusterRole) bool {
	for _, s := range sum.AggregationRule.ClusterRoleSelectors {
		for k, v := range s.MatchLabels {
			if part.Labels[k] == v {
				return true
			}
		}
	}
	return false
}

func object(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace, Name: name,
		Labels:      map[string]string{"kubernetes.io/bootstrapping": "rbac-defaults"},
		Annotations: map[string]string{rbacv1.AutoUpdateAnnotationKey: "true"},
	}
}

func list(s string) []string { return strings.Split(s, ",") }

func groups(s string) []string {
	out := list(s)
	for i := range out {
		if out[i] == "core" {
			out[i] = ""
		}
	}
	return out
}

func verbs(s string) []string {
	var out []string
	for _, v := range list(s) {
		switch v {
		case "read":
			out = append(out, "get", "list", "watch")
		case "write":
			out = append(out, "create", "delete", "deletecollection", "patch", "update")
		default:
			out = append(out, v)
		}
	}
	return out
}
