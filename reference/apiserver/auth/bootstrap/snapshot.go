package bootstrap

import (
	"fmt"

	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/component-helpers/auth/rbac/reconciliation"
)

type key struct{ namespace, name string }

// snapshot is what was there before, by kind.
type snapshot struct {
	roles    map[string]map[key]reconciliation.RuleOwner
	bindings map[string]map[key]reconciliation.RoleBinding
}

func newSnapshot() *snapshot {
	return &snapshot{roles: map[string]map[key]reconciliation.RuleOwner{}, bindings: map[string]map[key]reconciliation.RoleBinding{}}
}

func (s *snapshot) addRole(o reconciliation.RuleOwner) {
	kind := kindOf(o)
	if s.roles[kind] == nil {
		s.roles[kind] = map[key]reconciliation.RuleOwner{}
	}
	s.roles[kind][key{o.GetNamespace(), o.GetName()}] = o
}

func (s *snapshot) addBinding(o reconciliation.RoleBinding) {
	kind := kindOf(o)
	if s.bindings[kind] == nil {
		s.bindings[kind] = map[key]reconciliation.RoleBinding{}
	}
	s.bindings[kind][key{o.GetNamespace(), o.GetName()}] = o
}

func kindOf(o any) string { return fmt.Sprintf("%T", o) }

// listedRole answers the first Get from the snapshot and later ones, after a
// conflict, from the API.
type listedRole struct {
	reconciliation.RuleOwnerModifier
	all   map[key]reconciliation.RuleOwner
	asked bool
}

func (l *listedRole) Get(namespace, name string) (reconciliation.RuleOwner, error) {
	if l.asked {
		return l.RuleOwnerModifier.Get(namespace, name)
	}
	l.asked = true
	if o, ok := l.all[key{namespace, name}]; ok {
		return o, nil
	}
	return nil, apierrors.NewNotFound(rbacv1.Resource("roles"), name)
}

// listedBinding is listedRole for bindings.
type listedBinding struct {
	reconciliation.RoleBindingModifier
	all   map[key]reconciliation.RoleBinding
	asked bool
}

func (l *listedBinding) Get(namespace, name string) (reconciliation.RoleBinding, error) {
	if l.asked {
		return l.RoleBindingModifier.Get(namespace, name)
	}
	l.asked = true
	if o, ok := l.all[key{namespace, name}]; ok {
		return o, nil
	}
	return nil, apierrors.NewNotFound(rbacv1.Resource("rolebindings"), name)
}
