package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/seatrial/seatrial/harness/cleanup"
	"github.com/seatrial/seatrial/harness/run"
	"github.com/seatrial/seatrial/harness/verdict"
	"github.com/seatrial/seatrial/steps/client"
)

// cleanupFlags are the flags of seatrial cleanup.
type cleanupFlags struct {
	kubeconfig, context string
	run                 string
	all                 bool
	older               time.Duration
}

func (e *env) cleanup() *cobra.Command {
	var flags cleanupFlags
	cmd := &cobra.Command{
		Use:   "cleanup",
		Short: "Remove what an interrupted run has left in a cluster",
		Long: "Remove everything that a run has made in the cluster, and wait until it is gone: Namespaces with\n" +
			"all that is in them, and whatever else bears the label seatrial.dev/run. Without --run and --all,\n" +
			"only show what there is.\n\n" +
			"The exit code is 0 when everything is gone, 2 when something is left, 5 when no cluster answered.",
		Example: "  seatrial cleanup --kubeconfig demo.kubeconfig\n" +
			"  seatrial cleanup --kubeconfig demo.kubeconfig --run 20260102-150405-c0de\n" +
			"  seatrial cleanup --kubeconfig demo.kubeconfig --all --older-than 2h",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return e.clean(cmd.Context(), flags) },
	}
	f := cmd.Flags()
	f.StringVar(&flags.kubeconfig, "kubeconfig", "", "the cluster (default $KUBECONFIG, or else ~/.kube/config)")
	f.StringVar(&flags.context, "context", "", "context of the kubeconfig (default its current one)")
	f.StringVar(&flags.run, "run", "", "the id of the run, which its first line and its journal tell")
	f.BoolVar(&flags.all, "all", false, "all runs that have made nothing for the time of --older-than")
	f.DurationVar(&flags.older, "older-than", time.Hour, "with --all: leave runs alone that may still go on")
	cmd.MarkFlagsMutuallyExclusive("run", "all")
	return cmd
}

func (e *env) clean(ctx context.Context, flags cleanupFlags) error {
	config, err := run.Connect(flags.kubeconfig, flags.context)
	if err != nil {
		return clusterError(err, nil)
	}
	cluster, err := client.Open(config, client.Images{})
	if err != nil {
		return err
	}
	if err := cluster.Alive(ctx); err != nil {
		return clusterError(&run.Unreachable{Cause: err}, nil)
	}
	found, err := cleanup.Find(ctx, cluster, flags.run)
	if err != nil {
		return err
	}
	for _, kind := range found.Unlisted {
		e.say("could not look for %s", kind)
	}
	runs := found.Runs()
	var left []string
	for _, id := range slices.Sorted(maps.Keys(runs)) {
		age := time.Since(cleanup.Newest(runs[id])).Round(time.Second)
		switch {
		case flags.run == "" && !flags.all:
			e.print("run %s: %s, the newest %s old", id, kinds(runs[id]), age)
		case flags.all && age < flags.older:
			e.say("run %s is left alone: it made something %s ago (--older-than)", id, age)
		default:
			gone := 0
			left = append(left, cleanup.Remove(ctx, cluster, runs[id], func(o cleanup.Object) {
				gone++
				e.print("removed %s", o.Name())
			})...)
			e.print("run %s: removed %d objects", id, gone)
		}
	}
	return e.cleaned(flags, len(runs), left)
}

// cleaned tells how it ended.
func (e *env) cleaned(flags cleanupFlags, runs int, left []string) error {
	switch {
	case runs == 0 && flags.run != "":
		e.print("nothing of run %s is in the cluster", flags.run)
	case runs == 0:
		e.print("nothing of any run is in the cluster")
	case flags.run == "" && !flags.all:
		e.say("to remove it: seatrial cleanup --run ID, or --all")
	}
	for _, what := range left {
		e.say("left: %s", what)
	}
	if len(left) > 0 {
		return codeError(verdict.ExitPartial)
	}
	return nil
}

// kinds counts objects by their kind: "2 Namespace, 1 ClusterRole".
func kinds(objects []cleanup.Object) string {
	counts := map[string]int{}
	for _, o := range objects {
		counts[o.Kind.Kind]++
	}
	text := ""
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		if text != "" {
			text += ", "
		}
		text += fmt.Sprintf("%d %s", counts[kind], kind)
	}
	return text
}

func (e *env) print(format string, args ...any) { _, _ = fmt.Fprintf(e.out, format+"\n", args...) }
