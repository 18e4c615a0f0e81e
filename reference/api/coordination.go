package api

import (
	coordinationv1 "k8s.io/api/coordination/v1"
)

// coordinationResources are the rows of coordination.k8s.io/v1.
func coordinationResources() []Resource {
	return []Resource{
		row[coordinationv1.Lease, coordinationv1.LeaseList](Resource{
			Served: in(coordinationv1.SchemeGroupVersion), Plural: "leases", NoGeneration: true,
			CreateOnUpdate: true, ConditionalUpdate: true,
		}, hooks[coordinationv1.Lease]{}),
	}
}
