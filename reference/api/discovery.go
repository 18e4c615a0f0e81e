package api

import (
	discoveryv1 "k8s.io/api/discovery/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
	"github.com/seatrial/seatrial/reference/api/warnings"
)

// discoveryResources are the rows of discovery.k8s.io/v1.
func discoveryResources() []Resource {
	return []Resource{
		row[discoveryv1.EndpointSlice, discoveryv1.EndpointSliceList](Resource{
			Served: in(discoveryv1.SchemeGroupVersion), Plural: "endpointslices",
			Columns: columns.EndpointSlice(),
		}, hooks[discoveryv1.EndpointSlice]{
			create: prepare.EndpointSliceCreate, update: prepare.EndpointSliceUpdate,
			validate: validation.EndpointSlice, validateUpdate: validation.EndpointSliceUpdate,
			warnings: warnings.EndpointSlice,
		}),
	}
}
