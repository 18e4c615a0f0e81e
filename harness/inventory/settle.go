package inventory

import (
	"context"
	"fmt"
	"time"

	"github.com/seatrial/seatrial/steps/client"
	"github.com/seatrial/seatrial/steps/wait"
)

// lookAgain is how long to wait before the next look at what is on its way.
const lookAgain = time.Second

// TakeSettled takes inventory when what the run has deleted is gone, or when the limit is reached. Namespaces, and what is in them, are
// not waited for. Some kinds go a while after they were deleted: a ServiceCIDR, after 10 seconds in which late requests end.
func TakeSettled(ctx context.Context, cluster *client.Cluster, runID string, limit time.Duration) (Snapshot, error) {
	var snapshot Snapshot
	var failed error
	observe := wait.Probe(lookAgain, func(ctx context.Context) error {
		taken, err := Take(ctx, cluster)
		if err == nil || snapshot.Taken.IsZero() {
			snapshot, failed = taken, err
		}
		if err != nil {
			return fmt.Errorf("look again: %w", err)
		}
		return taken.leaving(runID)
	})
	// What did not settle is in the snapshot; what comes of it is for Compare to say.
	_ = wait.Within(ctx, observe, limit)
	return snapshot, failed
}

// leaving names an object outside of Namespaces that the run has made and that is being deleted.
func (s Snapshot) leaving(runID string) error {
	for key, m := range s.objects {
		if m.run == runID && m.deleting && key.namespace == "" && key.kind != "Namespace" {
			return wait.Notf("%s %q is being deleted", key.kind, key.name)
		}
	}
	return nil
}
