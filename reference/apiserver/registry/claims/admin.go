// Package claims guards the access of administrators to devices: a claim asks for it, or gets it, only in a namespace that is labelled for it.
package claims

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/seatrial/seatrial/reference/api"
)

// Namespaces finds a namespace, or says that it is not there.
type Namespaces func(ctx context.Context, name string) (*corev1.Namespace, error)

// Guarded returns the rows, of which those of claims and their templates refuse what the namespace does not allow.
func Guarded(rows []api.Resource, find Namespaces) []api.Resource {
	rows = slices.Clone(rows)
	for i := range rows {
		row := &rows[i]
		if row.Served[0].Group != resourcev1.GroupName || (row.Plural != "resourceclaims" && row.Plural != "resourceclaimtemplates") {
			continue
		}
		validate, validateStatus := row.Validate, row.ValidateStatusUpdate
		row.Validate = func(ctx context.Context, obj runtime.Object) field.ErrorList {
			return append(find.check(ctx, requested(obj)), validate(ctx, obj)...)
		}
		if validateStatus != nil {
			row.ValidateStatusUpdate = func(ctx context.Context, obj, old runtime.Object) field.ErrorList {
				return append(find.check(ctx, allocated(obj, old)), validateStatus(ctx, obj, old)...)
			}
		}
	}
	return rows
}

// requested are the requests for the access. Those of a template are blamed as if they were of a claim, as upstream has it.
func requested(obj runtime.Object) []*field.Path {
	var spec *resourcev1.ResourceClaimSpec
	switch o := obj.(type) {
	case *resourcev1.ResourceClaim:
		spec = &o.Spec
	case *resourcev1.ResourceClaimTemplate:
		spec = &o.Spec.Spec
	default:
		return nil
	}
	var paths []*field.Path
	for i, r := range spec.Devices.Requests {
		if r.Exactly != nil && isTrue(r.Exactly.AdminAccess) {
			paths = append(paths, field.NewPath("spec", "devices", "requests").Index(i))
		}
	}
	return paths
}

// allocated are the devices that a write of the status allocates with the access.
func allocated(obj, old runtime.Object) []*field.Path {
	claim, before := obj.(*resourcev1.ResourceClaim), old.(*resourcev1.ResourceClaim)
	if claim.Status.Allocation == nil || before.Status.Allocation != nil {
		return nil // an allocation stays as it is
	}
	var paths []*field.Path
	for i, r := range claim.Status.Allocation.Devices.Results {
		if isTrue(r.AdminAccess) {
			paths = append(paths, field.NewPath("status", "allocation", "devices", "results").Index(i))
		}
	}
	return paths
}

func isTrue(b *bool) bool { return b != nil && *b }

// check demands that the namespace of the request allows the access.
func (find Namespaces) check(ctx context.Context, paths []*field.Path) field.ErrorList {
	if len(paths) == 0 {
		return nil
	}
	namespace, err := find(ctx, genericapirequest.NamespaceValue(ctx))
	if err != nil {
		return field.ErrorList{field.InternalError(paths[0].Child("adminAccess"), fmt.Errorf("get namespace: %w", err))}
	}
	if namespace.Labels[resourcev1.DRAAdminNamespaceLabelKey] == "true" {
		return nil
	}
	var errs field.ErrorList
	for _, path := range paths {
		errs = append(errs, field.Forbidden(path.Child("adminAccess"),
			fmt.Sprintf("admin access to devices requires the `%s: true` label on the containing namespace", resourcev1.DRAAdminNamespaceLabelKey)))
	}
	return errs
}
