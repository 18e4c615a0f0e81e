package claims

import (
	"context"
	"errors"
	"testing"

	corev1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"

	"github.com/seatrial/seatrial/reference/api"
)

func claim(access bool) *resourcev1.ResourceClaim {
	return &resourcev1.ResourceClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "admins", ResourceVersion: "1"},
		Spec: resourcev1.ResourceClaimSpec{Devices: resourcev1.DeviceClaim{Requests: []resourcev1.DeviceRequest{{
			Name:    "r",
			Exactly: &resourcev1.ExactDeviceRequest{DeviceClassName: "d", AllocationMode: resourcev1.DeviceAllocationModeAll, AdminAccess: &access},
		}}}},
	}
}

func withAllocation(c *resourcev1.ResourceClaim, access bool) *resourcev1.ResourceClaim {
	c.Status.Allocation = &resourcev1.AllocationResult{Devices: resourcev1.DeviceAllocationResult{
		Results: []resourcev1.DeviceRequestAllocationResult{{Request: "r", Driver: "d", Pool: "p", Device: "d0", AdminAccess: &access}},
	}}
	return c
}

func guarded(t *testing.T, plural string, find Namespaces) api.Resource {
	t.Helper()
	for _, row := range Guarded(api.Resources(), find) {
		if row.Plural == plural {
			return row
		}
	}
	t.Fatalf("no row %q", plural)
	return api.Resource{}
}

func TestAdministratorsAccessNeedsALabelOfTheNamespace(t *testing.T) {
	const message = ": Forbidden: admin access to devices requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace"
	ctx := genericapirequest.WithNamespace(t.Context(), "admins")
	template := &resourcev1.ResourceClaimTemplate{ObjectMeta: metav1.ObjectMeta{Name: "t", Namespace: "admins"}, Spec: resourcev1.ResourceClaimTemplateSpec{Spec: claim(true).Spec}}
	tests := map[string]struct {
		plural, label string
		obj, old      runtime.Object // old makes it a write of the status
		want          string
	}{
		"a claim":                        {plural: "resourceclaims", obj: claim(true), want: "spec.devices.requests[0].adminAccess" + message},
		"a claim with another label":     {plural: "resourceclaims", label: "True", obj: claim(true), want: "spec.devices.requests[0].adminAccess" + message},
		"a claim with the label":         {plural: "resourceclaims", label: "true", obj: claim(true)},
		"a claim without access":         {plural: "resourceclaims", obj: claim(false)},
		"a template":                     {plural: "resourceclaimtemplates", obj: template, want: "spec.devices.requests[0].adminAccess" + message},
		"a template with the label":      {plural: "resourceclaimtemplates", label: "true", obj: template},
		"an allocation":                  {plural: "resourceclaims", obj: withAllocation(claim(true), true), old: claim(true), want: "status.allocation.devices.results[0].adminAccess" + message},
		"an allocation with the label":   {plural: "resourceclaims", label: "true", obj: withAllocation(claim(true), true), old: claim(true)},
		"an allocation without access":   {plural: "resourceclaims", obj: withAllocation(claim(true), false), old: claim(true)},
		"an allocation that was granted": {plural: "resourceclaims", obj: withAllocation(claim(true), true), old: withAllocation(claim(true), true)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			row := guarded(t, tt.plural, func(_ context.Context, name string) (*corev1.Namespace, error) {
				return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{resourcev1.DRAAdminNamespaceLabelKey: tt.label}}}, nil
			})
			var errs field.ErrorList
			if tt.old == nil {
				errs = row.Validate(ctx, tt.obj)
			} else {
				errs = row.ValidateStatusUpdate(ctx, tt.obj, tt.old)
			}
			if got := text(errs); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestNoAccessWithoutTheNamespace(t *testing.T) {
	row := guarded(t, "resourceclaims", func(context.Context, string) (*corev1.Namespace, error) { return nil, errors.New("gone") })
	if errs := row.Validate(t.Context(), claim(true)); len(errs) != 1 || errs[0].Type != field.ErrorTypeInternal {
		t.Errorf("got %v", errs)
	}
}

func text(errs field.ErrorList) string {
	if len(errs) == 0 {
		return ""
	}
	return errs.ToAggregate().Error()
}
