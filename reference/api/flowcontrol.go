package api

import (
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"

	"github.com/seatrial/seatrial/reference/api/columns"
	"github.com/seatrial/seatrial/reference/api/prepare"
	"github.com/seatrial/seatrial/reference/api/validation"
)

// flowcontrolResources are the rows of flowcontrol.apiserver.k8s.io/v1.
func flowcontrolResources() []Resource {
	flowcontrol := in(flowcontrolv1.SchemeGroupVersion)
	return []Resource{
		row[flowcontrolv1.FlowSchema, flowcontrolv1.FlowSchemaList](Resource{
			Served: flowcontrol, Plural: "flowschemas", Scope: Cluster, Status: true,
			StatusResets: names("metadata"),
			Columns:      columns.FlowSchema(),
		}, hooks[flowcontrolv1.FlowSchema]{
			status:   prepare.FlowSchemaStatusUpdate,
			validate: validation.FlowSchema, validateUpdate: validation.FlowSchemaUpdate, validateStatus: validation.FlowSchemaStatusUpdate,
		}),

		row[flowcontrolv1.PriorityLevelConfiguration, flowcontrolv1.PriorityLevelConfigurationList](Resource{
			Served: flowcontrol, Plural: "prioritylevelconfigurations", Scope: Cluster, Status: true,
			StatusResets: names("metadata"),
			Columns:      columns.PriorityLevel(),
		}, hooks[flowcontrolv1.PriorityLevelConfiguration]{
			status:   prepare.PriorityLevelStatusUpdate,
			validate: validation.PriorityLevel, validateUpdate: validation.PriorityLevelUpdate, validateStatus: validation.PriorityLevelStatusUpdate,
		}),
	}
}
