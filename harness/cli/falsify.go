package cli

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/seatrial/seatrial/harness/falsify"
	"github.com/seatrial/seatrial/harness/journal"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
)

// dropWhenFlag adds the flag of those who work on the specification. It is not shown to those who use it.
func dropWhenFlag(f *pflag.FlagSet, drop *bool) {
	f.BoolVar(drop, "drop-when", false, "leave the When out of every scenario; the run succeeds when no scenario passes")
	_ = f.MarkHidden("drop-when") // the flag exists
}

// survivors judges a run in which nothing may pass. The names of what passed go to standard output.
func (e *env) survivors(result run.Result) error {
	if result.Interrupted || result.ClusterLost {
		return codeOf(result)
	}
	j, err := journal.Read(result.ReportDir)
	if err != nil {
		return err
	}
	ids := falsify.Survivors(j)
	for _, id := range ids {
		fmt.Fprintln(e.out, id)
	}
	unproven := falsify.Unproven(j)
	for _, id := range unproven {
		e.say("not proven, since it does not get as far as a Then: %s", id)
	}
	e.say("%d of %d scenarios pass without their When; %d are not proven", len(ids), len(j.Order), len(unproven))
	if len(ids) > 0 {
		return codeError(verdict.ExitFailure)
	}
	return nil
}
