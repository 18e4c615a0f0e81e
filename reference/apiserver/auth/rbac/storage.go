package rbac

import (
	"context"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
)

// Storage returns s with the checks of the guard before every create and update.
func (g Guard) Storage(s GuardedStorage) GuardedStorage {
	return guarded{GuardedStorage: s, guard: g}
}

// GuardedStorage is what a store of RBAC objects can do. The library asks a
// store by type for each of these.
type GuardedStorage interface {
	rest.StandardStorage
	rest.Scoper
	rest.ShortNamesProvider
	rest.CategoriesProvider
	rest.SingularNameProvider
	rest.ResetFieldsStrategy
	rest.StorageVersionProvider
	rest.StorageWithReadiness
}

type guarded struct {
	GuardedStorage
	guard Guard
}

func (s guarded) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, opts *metav1.CreateOptions) (runtime.Object, error) {
	if err := s.guard.check(ctx, obj, nil); err != nil {
		return nil, err
	}
	return s.GuardedStorage.Create(ctx, obj, validate, opts)
}

func (s guarded) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc, update rest.ValidateObjectUpdateFunc, force bool, opts *metav1.UpdateOptions) (runtime.Object, bool, error) {
	checked := rest.WrapUpdatedObjectInfo(info, func(ctx context.Context, obj, old runtime.Object) (runtime.Object, error) {
		if isNew(old) {
			old = nil
		}
		return obj, s.guard.check(ctx, obj, old)
	})
	return s.GuardedStorage.Update(ctx, name, checked, create, update, force, opts)
}

// isNew reports whether an update creates: the store then passes an empty old object.
func isNew(old runtime.Object) bool {
	o, ok := old.(metav1.Object)
	return !ok || o.GetUID() == ""
}

func sameRules(a, b []rbacv1.PolicyRule) bool { return equality.Semantic.DeepEqual(a, b) }

func sameSubjects(a, b []rbacv1.Subject) bool { return equality.Semantic.DeepEqual(a, b) }

func sameAggregation(a, b *rbacv1.ClusterRole) bool {
	return equality.Semantic.DeepEqual(a.AggregationRule, b.AggregationRule)
}
