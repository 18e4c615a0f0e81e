package api

import (
	coordinationv1 "k8s.io/api/coordination/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// coordinationResources are the rows of coordination.k8s.io/v1.
func coordinationResources() []Resource {
	return []Resource{
		row[coordinationv1.Lease, coordinationv1.LeaseList](Resource{
			Served: in(coordinationv1.SchemeGroupVersion), Plural: "leases", NoGeneration: true,
			CreateOnUpdate: true, ConditionalUpdate: true,
			Columns: columns.Lease(),
		}, hooks[coordinationv1.Lease]{
			create: prepare.LeaseCreate, update: prepare.LeaseUpdate,
			validate: validation.Lease, validateUpdate: validation.LeaseUpdate,
		}),
	}
}
