package defaults

import (
	rbacv1 "k8s.io/api/rbac/v1"
)

func roleBinding(b *rbacv1.RoleBinding) {
	value(&b.RoleRef.APIGroup, rbacv1.GroupName)
	subjects(b.Subjects)
}

func clusterRoleBinding(b *rbacv1.ClusterRoleBinding) {
	value(&b.RoleRef.APIGroup, rbacv1.GroupName)
	subjects(b.Subjects)
}

// subjects names the group of users and groups; service accounts are of the core group.
func subjects(list []rbacv1.Subject) {
	for i := range list {
		if list[i].Kind == rbacv1.UserKind || list[i].Kind == rbacv1.GroupKind {
			value(&list[i].APIGroup, rbacv1.GroupName)
		}
	}
}
