package columns

import (
	"strings"

	coordinationv1 "k8s.io/api/coordination/v1"
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
	resourcev1 "k8s.io/api/resource/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
)

// Lease are the columns of leases.
func Lease() []Column {
	return named[coordinationv1.Lease](
		text("Holder", "Who holds the lease.", func(l *coordinationv1.Lease) string { return deref(l.Spec.HolderIdentity) }),
		age[coordinationv1.Lease](),
	)
}

// PriorityClass are the columns of priority classes.
func PriorityClass() []Column {
	return named[schedulingv1.PriorityClass](
		number("Value", "Priority of the pods.", func(c *schedulingv1.PriorityClass) int32 { return c.Value }),
		boolean("Global-Default", "Whether pods without a class get it.", func(c *schedulingv1.PriorityClass) bool { return c.GlobalDefault }),
		age[schedulingv1.PriorityClass](),
		text("PreemptionPolicy", "Whether the pods push out others.", func(c *schedulingv1.PriorityClass) string { return string(deref(c.PreemptionPolicy)) }),
	)
}

// FlowSchema are the columns of flow schemas.
func FlowSchema() []Column {
	return named[flowcontrolv1.FlowSchema](
		text("PriorityLevel", "Priority level of the requests.", func(f *flowcontrolv1.FlowSchema) string { return f.Spec.PriorityLevelConfiguration.Name }),
		declared("string", number("MatchingPrecedence", "Schemas with a lower number match first.", func(f *flowcontrolv1.FlowSchema) int32 { return f.Spec.MatchingPrecedence })),
		text("DistinguisherMethod", "How flows are told apart.", func(f *flowcontrolv1.FlowSchema) string {
			if f.Spec.DistinguisherMethod == nil {
				return none
			}
			return string(f.Spec.DistinguisherMethod.Type)
		}),
		age[flowcontrolv1.FlowSchema](),
		text("MissingPL", "Whether the priority level does not exist.", func(f *flowcontrolv1.FlowSchema) string {
			for _, c := range f.Status.Conditions {
				if c.Type == flowcontrolv1.FlowSchemaConditionDangling {
					return string(c.Status)
				}
			}
			return "?"
		}),
	)
}

// PriorityLevel are the columns of priority levels.
func PriorityLevel() []Column {
	queuing := func(get func(*flowcontrolv1.QueuingConfiguration) int32) func(*flowcontrolv1.PriorityLevelConfiguration) any {
		return func(p *flowcontrolv1.PriorityLevelConfiguration) any {
			if p.Spec.Limited == nil || p.Spec.Limited.LimitResponse.Queuing == nil {
				return none
			}
			return int64(get(p.Spec.Limited.LimitResponse.Queuing))
		}
	}
	return named[flowcontrolv1.PriorityLevelConfiguration](
		text("Type", "Whether requests are limited.", func(p *flowcontrolv1.PriorityLevelConfiguration) string { return string(p.Spec.Type) }),
		column("NominalConcurrencyShares", "string", "Share of the server's concurrency.", func(p *flowcontrolv1.PriorityLevelConfiguration) any {
			if p.Spec.Limited == nil || p.Spec.Limited.NominalConcurrencyShares == nil {
				return none
			}
			return int64(*p.Spec.Limited.NominalConcurrencyShares)
		}),
		column("Queues", "string", "Number of queues.", queuing(func(q *flowcontrolv1.QueuingConfiguration) int32 { return q.Queues })),
		column("HandSize", "string", "Queues that a flow may use.", queuing(func(q *flowcontrolv1.QueuingConfiguration) int32 { return q.HandSize })),
		column("QueueLengthLimit", "string", "Requests that a queue holds.", queuing(func(q *flowcontrolv1.QueuingConfiguration) int32 { return q.QueueLengthLimit })),
		age[flowcontrolv1.PriorityLevelConfiguration](),
	)
}

// DeviceClass are the columns of device classes.
func DeviceClass() []Column { return named[resourcev1.DeviceClass](age[resourcev1.DeviceClass]()) }

// ResourceClaimTemplate are the columns of resource claim templates.
func ResourceClaimTemplate() []Column {
	return named[resourcev1.ResourceClaimTemplate](age[resourcev1.ResourceClaimTemplate]())
}

// ResourceClaim are the columns of resource claims.
func ResourceClaim() []Column {
	return named[resourcev1.ResourceClaim](
		text("State", "What has been done for the claim.", func(c *resourcev1.ResourceClaim) string {
			var states []string
			if c.DeletionTimestamp != nil {
				states = append(states, "deleted")
			}
			if c.Status.Allocation == nil && c.DeletionTimestamp == nil {
				states = append(states, "pending")
			}
			if c.Status.Allocation != nil {
				states = append(states, "allocated")
			}
			if len(c.Status.ReservedFor) > 0 {
				states = append(states, "reserved")
			}
			return strings.Join(states, ",")
		}),
		age[resourcev1.ResourceClaim](),
	)
}

// ResourceSlice are the columns of resource slices.
func ResourceSlice() []Column {
	return named[resourcev1.ResourceSlice](
		text("Node", "Node of the devices.", func(s *resourcev1.ResourceSlice) string { return deref(s.Spec.NodeName) }),
		text("Driver", "Driver of the devices.", func(s *resourcev1.ResourceSlice) string { return s.Spec.Driver }),
		text("Pool", "Pool of the devices.", func(s *resourcev1.ResourceSlice) string { return s.Spec.Pool.Name }),
		age[resourcev1.ResourceSlice](),
	)
}
