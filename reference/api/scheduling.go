package api

import (
	schedulingv1 "k8s.io/api/scheduling/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// schedulingResources are the rows of scheduling.k8s.io/v1.
func schedulingResources() []Resource {
	return []Resource{
		row[schedulingv1.PriorityClass, schedulingv1.PriorityClassList](Resource{
			Served: in(schedulingv1.SchemeGroupVersion), Plural: "priorityclasses", Scope: Cluster, Short: names("pc"),
			Columns: columns.PriorityClass(),
		}, hooks[schedulingv1.PriorityClass]{
			create:   prepare.PriorityClassCreate,
			validate: validation.PriorityClass, validateUpdate: validation.PriorityClassUpdate,
		}),
	}
}
