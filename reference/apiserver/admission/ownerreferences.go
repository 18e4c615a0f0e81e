package admission

import (
	"context"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/authorization/authorizer"
)

// ownerReferencesPermissionEnforcement lets only those change the owners of an
// object who may delete it, since the garbage collector would do it for them,
// and only those hold up the deletion of an owner who may set its finalizers.
// Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#ownerreferencespermissionenforcement
type ownerReferencesPermissionEnforcement struct {
	*admission.Handler
	authorizer authorizer.Authorizer
	mapper     apimeta.RESTMapper
}

func newOwnerReferencesPermissionEnforcement(e env) (admission.Interface, error) {
	return &ownerReferencesPermissionEnforcement{admission.NewHandler(admission.Create, admission.Update), e.authorizer, e.mapper}, nil
}

// Validate implements admission.ValidationInterface.
func (p *ownerReferencesPermissionEnforcement) Validate(ctx context.Context, a admission.Attributes, _ admission.ObjectInterfaces) error {
	if is(a, "", "pods/status") { // kubelets may not delete the pods of which they write the status
		return nil
	}
	old := ownersOf(a.GetOldObject())
	now := ownersOf(a.GetObject())
	if apiequality.Semantic.DeepEqual(old, now) {
		return nil
	}
	if a.GetOperation() != admission.Create {
		decision, reason, err := p.authorizer.Authorize(ctx, authorizer.AttributesRecord{
			User: a.GetUserInfo(), Verb: "delete", ResourceRequest: true, Namespace: a.GetNamespace(), Name: a.GetName(),
			APIGroup: a.GetResource().Group, APIVersion: a.GetResource().Version, Resource: a.GetResource().Resource, Subresource: a.GetSubresource(),
		})
		if decision != authorizer.DecisionAllow {
			return forbid(a, "cannot set an ownerRef on a resource you can't delete: %v, %v", reason, err)
		}
	}
	return p.checkBlocking(ctx, a, newlyBlocking(old, now))
}

// checkBlocking: who sets blockOwnerDeletion must be allowed to set finalizers
// on the owner.
func (p *ownerReferencesPermissionEnforcement) checkBlocking(ctx context.Context, a admission.Attributes, refs []metav1.OwnerReference) error {
	if len(refs) == 0 {
		return nil
	}
	anything := finalizers(a, schema.GroupVersionResource{Group: "*", Version: "*", Resource: "*"}, "*")
	if decision, _, _ := p.authorizer.Authorize(ctx, anything); decision == authorizer.DecisionAllow { // an error is no permission
		return nil // without a look at the kinds: they may be gone
	}
	for _, ref := range refs {
		gv, err := schema.ParseGroupVersion(ref.APIVersion)
		if err != nil {
			return forbid(a, "cannot set blockOwnerDeletion in this case because cannot parse APIVersion %v: %w", ref.APIVersion, err)
		}
		mapping, err := p.mapper.RESTMapping(schema.GroupKind{Group: gv.Group, Kind: ref.Kind}, gv.Version)
		if err != nil {
			return forbid(a, "cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion %v Kind %v: %w", ref.APIVersion, ref.Kind, err)
		}
		update := finalizers(a, mapping.Resource, ref.Name)
		if mapping.Scope.Name() == apimeta.RESTScopeNameRoot {
			update.Namespace = ""
		}
		decision, reason, err := p.authorizer.Authorize(ctx, update)
		if decision != authorizer.DecisionAllow {
			return forbid(a, "cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: %v, %v", reason, err)
		}
	}
	return nil
}

// finalizers is the question whether the user may set the finalizers of an
// owner in the namespace of the request.
func finalizers(a admission.Attributes, owner schema.GroupVersionResource, name string) authorizer.AttributesRecord {
	return authorizer.AttributesRecord{
		User: a.GetUserInfo(), Verb: "update", ResourceRequest: true, Namespace: a.GetNamespace(), Name: name,
		APIGroup: owner.Group, APIVersion: owner.Version, Resource: owner.Resource, Subresource: "finalizers",
	}
}

// ownersOf returns the owners of an object; of none, none.
func ownersOf(o runtime.Object) []metav1.OwnerReference {
	if o == nil {
		return nil
	}
	m, err := apimeta.Accessor(o)
	if err != nil {
		return nil
	}
	return m.GetOwnerReferences()
}

// newlyBlocking returns the references that block the deletion of the owner
// and did not before.
func newlyBlocking(old, now []metav1.OwnerReference) []metav1.OwnerReference {
	blocked := map[string]bool{}
	for _, r := range old {
		blocked[string(r.UID)] = r.BlockOwnerDeletion != nil && *r.BlockOwnerDeletion
	}
	var out []metav1.OwnerReference
	for _, r := range now {
		if r.BlockOwnerDeletion != nil && *r.BlockOwnerDeletion && !blocked[string(r.UID)] {
			out = append(out, r)
		}
	}
	return out
}
