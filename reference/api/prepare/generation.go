package prepare

import (
	"context"
	"reflect"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// The kinds below count generations although they have no spec.

// EndpointSliceCreate counts the first generation.
func EndpointSliceCreate(_ context.Context, slice *discoveryv1.EndpointSlice) {
	slice.Generation = 1
	dropTopology(slice)
}

// dropTopology forgets what v1 shows but can not be written through it.
func dropTopology(slice *discoveryv1.EndpointSlice) {
	for i := range slice.Endpoints {
		slice.Endpoints[i].DeprecatedTopology = nil
	}
}

// EndpointSliceUpdate counts a change of anything but metadata, and of labels.
func EndpointSliceUpdate(slice, old *discoveryv1.EndpointSlice) {
	dropTopology(slice)
	a, b := *slice, *old
	a.ObjectMeta, b.ObjectMeta = metav1.ObjectMeta{}, metav1.ObjectMeta{}
	a.TypeMeta, b.TypeMeta = metav1.TypeMeta{}, metav1.TypeMeta{}
	if !equality.Semantic.DeepEqual(a, b) || !equality.Semantic.DeepEqual(slice.Labels, old.Labels) {
		slice.Generation = old.Generation + 1
	}
}

// CSIDriverCreate forgets the field of a feature that is off in v1.36 (KEP-5030).
func CSIDriverCreate(_ context.Context, d *storagev1.CSIDriver) {
	d.Spec.PreventPodSchedulingIfMissing = nil
}

// CSIDriverUpdate counts a change of the spec; a new driver has no generation.
func CSIDriverUpdate(d, old *storagev1.CSIDriver) {
	d.Spec.PreventPodSchedulingIfMissing = old.Spec.PreventPodSchedulingIfMissing
	if !equality.Semantic.DeepEqual(d.Spec, old.Spec) {
		d.Generation = old.Generation + 1
	}
}

// PriorityClassCreate counts the only generation there is.
func PriorityClassCreate(_ context.Context, c *schedulingv1.PriorityClass) { c.Generation = 1 }

// ValidatingWebhooksCreate counts the first generation.
func ValidatingWebhooksCreate(_ context.Context, c *admissionregistrationv1.ValidatingWebhookConfiguration) {
	c.Generation = 1
}

// ValidatingWebhooksUpdate counts a change of the webhooks; an empty list is not the same as none.
func ValidatingWebhooksUpdate(c, old *admissionregistrationv1.ValidatingWebhookConfiguration) {
	if !reflect.DeepEqual(c.Webhooks, old.Webhooks) {
		c.Generation = old.Generation + 1
	}
}

// MutatingWebhooksCreate counts the first generation.
func MutatingWebhooksCreate(_ context.Context, c *admissionregistrationv1.MutatingWebhookConfiguration) {
	c.Generation = 1
}

// MutatingWebhooksUpdate counts a change of the webhooks; an empty list is not the same as none.
func MutatingWebhooksUpdate(c, old *admissionregistrationv1.MutatingWebhookConfiguration) {
	if !reflect.DeepEqual(c.Webhooks, old.Webhooks) {
		c.Generation = old.Generation + 1
	}
}
