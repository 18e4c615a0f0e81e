package api

import (
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// rbacResources are the rows of rbac.authorization.k8s.io/v1. The check that a
// writer may grant what it writes is the registry's.
func rbacResources() []Resource {
	rbac := in(rbacv1.SchemeGroupVersion)
	return []Resource{
		row[rbacv1.Role, rbacv1.RoleList](Resource{
			Served: rbac, Plural: "roles", CreateOnUpdate: true,
		}, hooks[rbacv1.Role]{
			validate: validation.Role, validateUpdate: validation.RoleUpdate,
		}),

		row[rbacv1.RoleBinding, rbacv1.RoleBindingList](Resource{
			Served: rbac, Plural: "rolebindings", CreateOnUpdate: true,
			Columns: columns.RoleBinding(),
		}, hooks[rbacv1.RoleBinding]{
			validate: validation.RoleBinding, validateUpdate: validation.RoleBindingUpdate,
		}),

		row[rbacv1.ClusterRole, rbacv1.ClusterRoleList](Resource{
			Served: rbac, Plural: "clusterroles", Scope: Cluster, CreateOnUpdate: true,
		}, hooks[rbacv1.ClusterRole]{
			validate: validation.ClusterRole, validateUpdate: validation.ClusterRoleUpdate,
		}),

		row[rbacv1.ClusterRoleBinding, rbacv1.ClusterRoleBindingList](Resource{
			Served: rbac, Plural: "clusterrolebindings", Scope: Cluster, CreateOnUpdate: true,
			Columns: columns.ClusterRoleBinding(),
		}, hooks[rbacv1.ClusterRoleBinding]{
			validate: validation.ClusterRoleBinding, validateUpdate: validation.ClusterRoleBindingUpdate,
		}),
	}
}
