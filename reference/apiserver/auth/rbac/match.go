package rbac

import (
	"fmt"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// subject is a user, a group or a service account ("namespace/name").
type subject struct{ kind, name, display string }

func (s subject) String() string {
	if s.display != "" {
		return fmt.Sprintf("%s %q", s.kind, s.display)
	}
	return fmt.Sprintf("%s %q", s.kind, s.name)
}

// key is the key of the index of bindings; namespace is "" for ClusterRoleBindings.
func (s subject) key(namespace string) string {
	return namespace + "\x00" + s.kind + "\x00" + s.name
}

func roleBindingSubjects(obj any) ([]string, error) {
	b, ok := obj.(*rbacv1.RoleBinding)
	if !ok {
		return nil, fmt.Errorf("index role binding: got %T", obj)
	}
	return subjectKeys(b.Subjects, b.Namespace), nil
}

func clusterRoleBindingSubjects(obj any) ([]string, error) {
	b, ok := obj.(*rbacv1.ClusterRoleBinding)
	if !ok {
		return nil, fmt.Errorf("index cluster role binding: got %T", obj)
	}
	return subjectKeys(b.Subjects, ""), nil
}

func subjectKeys(subjects []rbacv1.Subject, namespace string) []string {
	keys := make([]string, 0, len(subjects))
	for _, s := range subjects {
		is := subject{kind: s.Kind, name: s.Name}
		if s.Kind == rbacv1.ServiceAccountKind {
			ns := s.Namespace
			if ns == "" { // in a RoleBinding: the namespace of the binding
				ns = namespace
			}
			if ns == "" {
				continue
			}
			is.name = ns + "/" + s.Name
		}
		keys = append(keys, is.key(namespace))
	}
	return keys
}

// RuleAllows reports whether one rule allows one request.
func RuleAllows(r *rbacv1.PolicyRule, a authorizer.Attributes) bool {
	if !has(r.Verbs, a.GetVerb()) {
		return false
	}
	if !a.IsResourceRequest() {
		return slices.ContainsFunc(r.NonResourceURLs, func(p string) bool { return pathMatches(p, a.GetPath()) })
	}
	return has(r.APIGroups, a.GetAPIGroup()) &&
		slices.ContainsFunc(r.Resources, func(p string) bool { return resourceMatches(p, a.GetResource(), a.GetSubresource()) }) &&
		(len(r.ResourceNames) == 0 || slices.Contains(r.ResourceNames, a.GetName()))
}

func has(set []string, v string) bool {
	return slices.ContainsFunc(set, func(s string) bool { return s == v || s == "*" })
}

// pathMatches: "*" is everything, "/healthz/*" everything below.
func pathMatches(pattern, path string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(path, prefix)
	}
	return pattern == path
}

// resourceMatches: "*" is everything, "pods/log" one subresource, "*/scale" one
// subresource of every resource.
func resourceMatches(pattern, resource, sub string) bool {
	if pattern == "*" {
		return true
	}
	r, s, _ := strings.Cut(pattern, "/")
	return s == sub && (r == resource || r == "*" && sub != "")
}
