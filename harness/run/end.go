package run

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/seatrial/seatrial/harness/cleanup"
	"github.com/seatrial/seatrial/harness/inventory"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/spec"
	"github.com/seatrial/seatrial/harness/verdict"
)

// before is what was begun ahead of the scenarios, for the end of the run.
type before struct {
	inventory *inventory.Snapshot
	// swept tells what the killed process of a resumed run had left and could not be removed.
	swept <-chan []string
}

// prepare makes the first Namespaces, and meanwhile looks at what is in the cluster before anything else changes it.
func (r *runner) prepare(ctx context.Context, todo []spec.Scenario) before {
	var b before
	if r.past != nil {
		b.swept = r.sweep(ctx)
	}
	r.rooms.prepare(ids(todo))
	if r.inventoried() {
		if snapshot, err := inventory.Take(ctx, r.cluster); err == nil {
			b.inventory = &snapshot
		}
	}
	return b
}

// inventoried reports whether it matters what the run leaves behind.
func (r *runner) inventoried() bool { return !r.NoInventory && r.Throwaway == "" }

// sweep removes, in the background, what the killed process has left. What there is of it is looked up first: later, there is more.
func (r *runner) sweep(ctx context.Context) <-chan []string {
	done := make(chan []string, 1)
	found, err := cleanup.Find(ctx, r.cluster, r.id)
	if err != nil {
		done <- []string{err.Error()}
		return done
	}
	go func() {
		done <- cleanup.Remove(context.WithoutCancel(ctx), r.cluster, found.Objects, func(cleanup.Object) {})
	}()
	return done
}

// end judges the run, and waits until what it made is gone.
func (r *runner) end(ctx context.Context, cause error, b before) journal.End {
	end := journal.End{Outcome: r.folded.Outcome(), Counts: r.folded.Counts(), UnexpectedPasses: r.folded.UnexpectedPasses(), Known: r.known.File}
	var lost *ClusterLost
	end.ClusterLost = errors.As(cause, &lost)
	end.Interrupted = errors.Is(cause, errInterrupted)
	end.Reason = strings.Join(r.reasons(cause, end), "; ")
	if !end.ClusterLost && r.Throwaway == "" {
		r.leave(context.WithoutCancel(ctx), &end, b)
	}
	end.Throttled = int(r.cluster.Throttled())
	end.Seconds = time.Since(r.start).Seconds()
	return end
}

// leave waits until the Namespaces are gone, and compares the cluster with how it was.
func (r *runner) leave(ctx context.Context, end *journal.End, b before) {
	limit := leave
	if end.Interrupted {
		limit = leaveInHaste
	}
	r.rooms.drop()
	end.Left = r.rooms.await(ctx, limit)
	if b.swept != nil {
		end.Left = append(end.Left, <-b.swept...)
	}
	if b.inventory == nil {
		return
	}
	after, err := inventory.TakeSettled(ctx, r.cluster, r.id, limit)
	if err != nil {
		return
	}
	isolation := inventory.Compare(*b.inventory, after, r.id)
	if r.past != nil {
		isolation.Unlisted = append(isolation.Unlisted, "what was there before the run was resumed")
	}
	r.record(journal.Record{Isolation: &isolation})
}

// reasons says what made the run end early, or keeps it from success without a failure.
func (r *runner) reasons(cause error, end journal.End) []string {
	var reasons []string
	switch {
	case cause != nil:
		reasons = append(reasons, cause.Error())
	case end.Outcome == verdict.Invalid:
		reasons = append(reasons, "invalid run: no behaviour was judged")
	}
	for _, id := range end.UnexpectedPasses {
		reasons = append(reasons, fmt.Sprintf("%s passed, which %s says it does not: remove it from there", id, end.Known))
	}
	if unfit := len(r.folded.Unfit); unfit > 0 {
		reasons = append(reasons, fmt.Sprintf("the budget of %s had no room for %d of %d behaviours", seconds(r.folded.Run.Budget), unfit, len(r.folded.Order)))
	}
	if missing := r.folded.Missing(); r.folded.Run.Profile != "" && len(missing) > 0 {
		reasons = append(reasons, fmt.Sprintf("%d behaviours that the profile %s requires were not judged: %s", len(missing), r.folded.Run.Profile, few(missing)))
	}
	return reasons
}
