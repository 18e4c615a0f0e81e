package prepare

import (
	"context"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// LeaseCreate drops the fields of a feature that is off in v1.36: coordinated leader election (KEP-4355).
func LeaseCreate(_ context.Context, lease *coordinationv1.Lease) {
	lease.Spec.Strategy, lease.Spec.PreferredHolder = nil, nil
}

// LeaseUpdate drops the same, except of leases that have them.
func LeaseUpdate(lease, old *coordinationv1.Lease) {
	if old.Spec.Strategy == nil && old.Spec.PreferredHolder == nil {
		lease.Spec.Strategy, lease.Spec.PreferredHolder = nil, nil
	}
}
