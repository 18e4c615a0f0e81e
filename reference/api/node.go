package api

import (
	nodev1 "k8s.io/api/node/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// nodeResources are the rows of node.k8s.io/v1; the Node itself is in core/v1.
func nodeResources() []Resource {
	return []Resource{
		row[nodev1.RuntimeClass, nodev1.RuntimeClassList](Resource{
			Served: in(nodev1.SchemeGroupVersion), Plural: "runtimeclasses", Scope: Cluster,
			CreateOnUpdate: true, ConditionalUpdate: true,
			Columns: columns.RuntimeClass(),
		}, hooks[nodev1.RuntimeClass]{
			validate: validation.RuntimeClass, validateUpdate: validation.RuntimeClassUpdate,
		}),
	}
}
