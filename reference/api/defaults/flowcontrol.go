package defaults

import (
	flowcontrolv1 "k8s.io/api/flowcontrol/v1"
)

func priorityLevel(p *flowcontrolv1.PriorityLevelConfiguration) {
	if exempt := p.Spec.Exempt; exempt != nil {
		pointer(&exempt.NominalConcurrencyShares, 0)
		pointer(&exempt.LendablePercent, 0)
	}
	limited := p.Spec.Limited
	if limited == nil {
		return
	}
	pointer(&limited.NominalConcurrencyShares, 30)
	pointer(&limited.LendablePercent, 0)
	if queuing := limited.LimitResponse.Queuing; queuing != nil {
		value(&queuing.Queues, 64)
		value(&queuing.HandSize, 8)
		value(&queuing.QueueLengthLimit, 50)
	}
}
