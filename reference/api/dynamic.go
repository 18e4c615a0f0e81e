package api

import (
	resourcev1 "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/fields"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// dynamicResources are the rows of resource.k8s.io/v1 (dynamic resource allocation).
func dynamicResources() []Resource {
	dynamic := in(resourcev1.SchemeGroupVersion)
	return []Resource{
		row[resourcev1.DeviceClass, resourcev1.DeviceClassList](Resource{
			Served: dynamic, Plural: "deviceclasses", DeleteReturnsObject: true, Scope: Cluster,
			Columns: columns.DeviceClass(),
		}, hooks[resourcev1.DeviceClass]{
			validate: validation.DeviceClass, validateUpdate: validation.DeviceClassUpdate,
		}),

		row[resourcev1.ResourceClaim, resourcev1.ResourceClaimList](Resource{
			Served: dynamic, Plural: "resourceclaims", DeleteReturnsObject: true, Status: true, NoGeneration: true,
			StatusResets: names("metadata"),
			Columns:      columns.ResourceClaim(),
		}, hooks[resourcev1.ResourceClaim]{
			status:   prepare.ResourceClaimStatus,
			validate: validation.ResourceClaim, validateUpdate: validation.ResourceClaimUpdate, validateStatus: validation.ResourceClaimStatusUpdate,
		}),

		row[resourcev1.ResourceClaimTemplate, resourcev1.ResourceClaimTemplateList](Resource{
			Served: dynamic, Plural: "resourceclaimtemplates", DeleteReturnsObject: true, NoGeneration: true,
			Columns: columns.ResourceClaimTemplate(),
		}, hooks[resourcev1.ResourceClaimTemplate]{
			validate: validation.ResourceClaimTemplate, validateUpdate: validation.ResourceClaimTemplateUpdate,
		}),

		row[resourcev1.ResourceSlice, resourcev1.ResourceSliceList](Resource{
			Served: dynamic, Plural: "resourceslices", DeleteReturnsObject: true, Scope: Cluster, FieldNames: names("spec.nodeName", "spec.driver"),
			Columns: columns.ResourceSlice(),
		}, hooks[resourcev1.ResourceSlice]{
			fields:   resourceSliceFields,
			validate: validation.ResourceSlice, validateUpdate: validation.ResourceSliceUpdate,
		}),
	}
}

func resourceSliceFields(slice *resourcev1.ResourceSlice) fields.Set {
	set := fields.Set{"spec.driver": slice.Spec.Driver, "spec.nodeName": ""}
	if slice.Spec.NodeName != nil {
		set["spec.nodeName"] = *slice.Spec.NodeName
	}
	return set
}
